import { z } from 'zod';

/** How the texts of variables are read that several settings have in common. */

/** Node fires a timer at once when it is asked to wait longer than this, ms (about 24 days). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const wholeMilliseconds = z
  .string()
  .regex(/^[1-9]\d{0,12}$/, 'Must be a whole number of milliseconds above 0, in digits alone.')
  .transform(Number);

export const duration = (defaultMs: number) => wholeMilliseconds.default(defaultMs);

/** A duration that a timer waits. */
export const timer = (defaultMs: number) =>
  wholeMilliseconds.refine((ms) => ms <= LONGEST_TIMER_MS, `Must not be above ${LONGEST_TIMER_MS}.`).default(defaultMs);

/** A compose file passes on what nobody set as an empty text. */
export const orUnset = <Schema extends z.ZodType>(schema: Schema) => z.preprocess((text) => text || undefined, schema);

const wholeNumber = (smallest: number, largest: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `Must be a whole number from ${smallest} to ${largest}, in digits alone.`)
    .transform(Number)
    .refine((number) => number >= smallest && number <= largest, `Must be a whole number from ${smallest} to ${largest}, in digits alone.`);

export const count = (smallest: number, largest: number, unset: number) => wholeNumber(smallest, largest).default(unset);

/** Undefined when it is unset or empty. */
export const optionalCount = (smallest: number, largest: number) => orUnset(wholeNumber(smallest, largest).optional());

export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, { error: `Must be one of ${words.join(', ')}.` });
