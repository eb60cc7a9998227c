import { z } from 'zod';

/** The provider's wire format, as far as it is used. Unknown members are ignored: minor versions add some. */

/** `GET /accounts/{id}` and `GET /account_groups/{id}`. https://docs.upvest.co/api/Accounts */
export const accountSchema = z.object({ id: z.string(), status: z.string() });

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
