import { z } from 'zod';
import { jsonErrors } from '../../../src/provider-kit/error-body';

/** The bank's wire format, as far as it is used. Unknown members are ignored. */

/** Goes with every request. */
export const KEY_HEADER = 'x-atlantis-key';
/** Go with every webhook: when it was sealed, in Unix seconds, and the seal. */
export const TIDE_HEADER = 'x-atlantis-tide';
export const SEAL_HEADER = 'x-atlantis-seal';

/** RFC 3339, as epoch ms. */
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** The answer to a closing: `status` says what became of it. */
export const closeSchema = z.object({
  id: z.string(),
  status: z.string(),
  effective: instant.optional(),
  sign: z.object({ url: z.url({ protocol: /^https$/ }), until: instant }).optional(),
});

/** An account. */
export const accountSchema = z.object({
  id: z.string(),
  standing: z.string(),
  closes: instant.optional(),
  pearls: z.string().regex(/^\d+$/).optional(),
});

const name = z.string().regex(/^[\w-]{1,64}$/);

/** A webhook. */
export const eventSchema = z.object({ id: name, what: name, vault: z.string().regex(/^ATL-\d{8}$/), at: instant });

const errorSchema = z.object({ error: z.object({ code: z.string(), text: z.string().optional().catch(undefined) }) });

/** `{ "error": { "code", "text" } }`: the bank names one error at a time. */
export const atlantisErrors = jsonErrors((value) => {
  const error = errorSchema.safeParse(value).data?.error;
  return error ? { errors: [{ code: error.code, message: error.text }] } : null;
});
