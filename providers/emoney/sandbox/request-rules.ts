import { jsonBody, type SandboxRequest } from '../../../src/provider-kit/sandbox';
import type { SandboxAnswer } from '../../../src/provider-kit/sandbox-faults';
import { type AccountName, isWellFormed } from './accounts';
import { fixtureAnswer } from './answers';
import type { SandboxTokens } from './tokens';

/**
 * What the bank asks of a request before it looks at the account, as strictly as the page says.
 * Source: https://developer.pagonxtpayments.com/apidocs/closes-an-account-if-the-balance-is-zero
 */

const CLIENT_ID = /^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$/;
const DEVICE = /^[a-zA-Z]{0,255}$/;
const COUNTRY = /^[A-Z]{2}$/;
/** The page's pattern, its range from "+" to "_" included. */
const REASON = /^[a-z "#&'+-_]{0,255}$/;
const LONGEST_TARGET = 2048;

const ID_TYPES = ['uuid', 'iban', 'bban'] as const;
const ACCOUNT_PATH = /^\/accounts\/([^/]+)(\/close)?$/;

export interface AccountRequest {
  operation: 'close' | 'read';
  name: AccountName;
}

/** The account that a request is about; undefined: the bank cannot tell. Looks at the address alone. */
export function accountRequest({ method, path, params }: SandboxRequest): AccountRequest | undefined {
  const match = ACCOUNT_PATH.exec(path);
  const type = ID_TYPES.find((word) => word === params.get('account_id_type'));
  if (!match || !type || method !== (match[2] ? 'POST' : 'GET')) return undefined;
  // No identifier has a character that needs percent-encoding, so one that came encoded is not well-formed.
  const name = { type, id: match[1] ?? '', country: params.get('account_id_country') ?? undefined };
  return isWellFormed(name) ? { operation: match[2] ? 'close' : 'read', name } : undefined;
}

/** The refusal of a request that breaks a rule, or null for one that may go on. */
export function refusal(request: SandboxRequest, tokens: SandboxTokens, clientId: string): SandboxAnswer | null {
  const { method, path, query, headers } = request;
  const match = ACCOUNT_PATH.exec(path);
  if (path.length + query.length > LONGEST_TARGET) return fixtureAnswer('414-request-uri-too-long');
  if (!match) return fixtureAnswer('404-not-found');
  const isClose = match[2] !== undefined;
  if (method !== (isClose ? 'POST' : 'GET')) return fixtureAnswer('405-method-not-allowed');

  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (!token) return fixtureAnswer('401-unauthorized');
  const scopes = tokens.scopesOf(token);
  if (!scopes) return fixtureAnswer('403-invalid-auth-token');
  if (!scopes.includes(isClose ? 'accounts.delete' : 'accounts.read')) return fixtureAnswer('403-operation-not-allowed');

  if (headers.accept !== 'application/json') return fixtureAnswer('406-not-acceptable');
  if (isClose && headers['content-type'] !== 'application/json') return fixtureAnswer('415-unsupported-media-type');
  const sentClientId = String(headers['x-client-id'] ?? '');
  if (!CLIENT_ID.test(sentClientId)) return fixtureAnswer('400-invalid-schema');
  if (sentClientId !== clientId) return fixtureAnswer('403-forbidden');
  if (!DEVICE.test(String(headers['x-device'] ?? '')) || !areParamsRight(request.params) || !accountRequest(request)) {
    return fixtureAnswer('400-invalid-schema');
  }
  return isClose && !isReasonBody(request.body) ? fixtureAnswer('400-invalid-schema') : null;
}

function areParamsRight(params: URLSearchParams): boolean {
  const names = [...params.keys()];
  const known = names.every((name) => name === 'account_id_type' || name === 'account_id_country');
  const country = params.get('account_id_country');
  return known && new Set(names).size === names.length && (country === null || COUNTRY.test(country));
}

function isReasonBody(body: Buffer): boolean {
  const value = jsonBody(body);
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'closureReason') return false;
  const { closureReason } = value as { closureReason: unknown };
  return typeof closureReason === 'string' && REASON.test(closureReason);
}
