import { z } from 'zod';
import { parseDecimal } from '../../src/provider-kit/decimal';

/** The provider's wire format, as far as it is used. Unknown members are ignored: minor versions add some. */

/** `GET /accounts/{id}` and `GET /account_groups/{id}`. https://docs.upvest.co/api/Accounts */
export const accountSchema = z.object({
  id: z.string(),
  status: z.string(),
  /** Of an account. */
  account_group_id: z.string().regex(/^[\w-]{1,64}$/).optional().catch(undefined),
  /** Whose it is; that there are any is a condition for finding a group's accounts, and for selling an account's positions. */
  users: z.array(z.object({ id: z.string().regex(/^[\w-]{1,64}$/), type: z.string().optional().catch(undefined) })).min(1).optional().catch(undefined),
});
export type WireAccount = z.output<typeof accountSchema>;

/** https://docs.upvest.co/api/access-tokens */
export const TOKEN_PATH = '/auth/token';
/** Covers closing accounts and account groups; there is no scope of its own for groups. */
export const CLOSE_SCOPE = 'accounts:admin';
export const READ_SCOPE = 'accounts:read';

/** Names the request in every answer; problem bodies repeat it. */
export const REQUEST_ID_HEADER = 'upvest-request-id';

/** The values of `closure_reason`. https://docs.upvest.co/api/account-groups/account_group_closure.md */
export const CLOSURE_REASON_WORDS = [
  'dunning',
  'power_of_attorney',
  'loss_of_legal_capacity',
  'aml',
  'risk_based',
  'contract_breach',
  'user_initiated',
] as const;
export type ClosureReasonWord = (typeof CLOSURE_REASON_WORDS)[number];

/** What a signature covers where the request has it. https://docs.upvest.co/products/omnibus/concepts/api_concepts/http_signatures/v15/v15_signature_components */
export const SIGNED_COMPONENTS = [
  '@method',
  '@path',
  '@query',
  'accept',
  'authorization',
  'content-type',
  'content-length',
  'content-digest',
  'digest',
  'idempotency-key',
  'upvest-client-id',
  'upvest-api-version',
] as const;

/** The public keys that webhooks are signed with, a JWKS. https://docs.upvest.co/api/Webhooks */
export const VERIFY_KEYS_PATH = '/auth/verify_keys';
export const WEBHOOKS_SCOPE = 'webhooks:read';

/** Epoch ms, from RFC 3339 with any fraction of a second. */
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
/** Canonical: lower case. */
const uuid = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** What every webhook event has. https://docs.upvest.co/api/release/upvest-investment-api.v1-1/accounts/account_event */
export const eventHeadSchema = z.object({ id: z.string(), type: z.string() });

/** `ACCOUNT.*` and `ACCOUNT_GROUP.*`; `object` is the account or the group as it was then. */
export const accountEventSchema = z.object({
  created_at: instant,
  object: z.object({ id: uuid, status: z.string().optional() }),
});

/** `REPORT.CREATED`. https://docs.upvest.co/documentation/guides/reports/user_reports_access */
export const reportEventSchema = z.object({ object: z.object({ type: z.string() }) });
/** The type of the statement that ends a closed account. */
export const CLOSING_REPORT = 'ACCOUNT_CLOSING';
export const closingReportEventSchema = z.object({
  object: z.object({
    id: z.string().min(1).max(128),
    created_at: instant,
    type: z.string(),
    data: z.object({ account: z.object({ id: uuid }) }),
  }),
});

/** A token for each list that may stand in the way: a scope that is refused hides that list alone. */
export const LIST_SCOPES = {
  /** Cash balances too. */
  positions: 'positions:read',
  orders: 'orders:read',
  payments: 'payments:read',
  fees: 'fees:read',
  accounts: READ_SCOPE,
} as const;

/** The envelope of every list, a page at a time. */
export const pageSchema = z.object({
  meta: z.object({ total_count: z.number().int().nonnegative().optional() }).optional(),
  data: z.array(z.unknown()),
});

const id = z.string().regex(/^[\w-]{1,64}$/);
/** Exact: an amount is text on the wire and stays text. */
const decimal = z.string().transform((text, context) => {
  const parsed = parseDecimal(text);
  if (!parsed) context.addIssue('not a decimal number');
  return parsed ?? z.NEVER;
});
const currency = z.string().regex(/^[A-Z]{3}$/);

/** `GET /accounts/{account_id}/positions` */
export const positionSchema = z.object({
  instrument: z.object({ isin: z.string().regex(/^[A-Z]{2}[A-Z0-9]{9}\d$/).optional(), uuid: id.optional() }),
  quantity: decimal,
  pending_settlement: decimal.optional(),
});
/** `GET /accounts/{account_id}/orders`, `GET /fees/collections` */
export const listedSchema = z.object({ id, status: z.string() });
/** `GET /account_groups/{account_group_id}/payments/withdrawals` */
export const withdrawalSchema = listedSchema.extend({
  amount: decimal.optional().catch(undefined),
  currency: currency.optional().catch(undefined),
});
/**
 * `GET /account_groups/{account_group_id}/payments/cash_balances`, one entry for each currency.
 * https://docs.upvest.co/documentation/guides/payments/cash_balances/cash_balances_retrieving
 */
export const cashSchema = z.object({
  balance: decimal,
  locked_for_trading: decimal.optional(),
  pending_settlement: decimal.optional(),
  currency,
});
/** `GET /users/{user_id}/accounts` */
export const userAccountSchema = z.object({ id: uuid, status: z.string(), account_group_id: uuid });

/** To have positions sold, and to see what became of it: a token for each, so that neither stands in the other's way. */
export const SELL_SCOPE = 'account_liquidations:admin';
export const SALES_SCOPE = 'account_liquidations:read';
/**
 * The answer to `POST /accounts/{account_id}/liquidations`, and an entry of the list under the same path.
 * https://docs.upvest.co/api/release/upvest-investment-api.v1-1/liquidations
 */
export const liquidationSchema = listedSchema.extend({ account_id: z.string(), created_at: instant });
export type WireLiquidation = z.output<typeof liquidationSchema>;
