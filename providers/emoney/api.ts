import { z } from 'zod';
import { parseDecimal, parseJsonNumbersAsText } from '../../src/provider-kit/decimal';

/**
 * What of the account pages the adapter uses. Both pages' shapes are read: the one with `accountDetails` around
 * everything and amounts as strings, and the flat one with amounts as numbers. Nothing is required: what is missing
 * or of another type than documented is unknown.
 * Sources: https://developer.pagonxtpayments.com/apidocs/get-account-details,
 * https://developer.pagonxtpayments.com/apidocs/get-account
 */

const text = z.string().min(1).max(255).optional().catch(undefined);
/** What is there and cannot be read is told from what is not there: an amount that nobody could read may be any. */
export const UNREADABLE = 'unreadable';
const unreadable = z.unknown().transform((): typeof UNREADABLE => UNREADABLE);
const decimal = z.string().transform((value, context) => {
  const parsed = parseDecimal(value);
  if (!parsed) context.addIssue('not a decimal number');
  return parsed ?? z.NEVER;
});

const balance = z
  .object({ amount: z.object({ amount: decimal, currency: z.string().regex(/^[A-Z]{3}$/).optional().catch(undefined) }) })
  .transform(({ amount }) => amount)
  .nullish()
  .or(unreadable);

const balances = z
  .object({ available: balance, current: balance, pendingConsolidation: balance, withholding: balance })
  .nullish()
  .or(unreadable);

const identifier = z.object({ accountIdType: text, accountId: text, country: text });
const identifiers = z
  .array(z.unknown())
  .max(100)
  .transform((entries) => entries.flatMap((entry) => identifier.safeParse(entry).data ?? []))
  .optional()
  .catch(undefined);

const account = z.object({
  status: text,
  baseCurrency: text,
  accountIdentifiersList: identifiers,
  accountIdentifiers: identifiers,
  balances,
});
const answer = z.union([z.object({ accountDetails: account }).transform((value) => value.accountDetails), account]);

export type WireAccount = z.output<typeof account>;
export type WireBalance = z.output<typeof balance>;
export type WireIdentifier = z.output<typeof identifier>;

/** An account as the provider answers a read, amounts exact; undefined when the body is no JSON object. */
export function parseAccount(body: Buffer): WireAccount | undefined {
  try {
    return answer.safeParse(parseJsonNumbersAsText(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
