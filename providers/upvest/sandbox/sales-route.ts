import { jsonAnswer, jsonBody, type SandboxReply, type SandboxRequest, type SandboxRoute } from '../../../src/provider-kit/sandbox';
import { SELL_SCOPE } from '../api';
import type { SandboxBank } from './bank';
import type { Gate } from './gate';
import { Refusal, withRequestId } from './problems';
import { saleOnTheWire } from './sales';

const PATH = /^\/accounts\/([^/]+)\/liquidations$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `POST /accounts/{id}/liquidations`; undefined: the request is another one. The list under the same path is in `lists.ts`. */
export function salesRoute(request: SandboxRequest, bank: SandboxBank, gate: Gate): SandboxRoute | undefined {
  const accountId = PATH.exec(request.path)?.[1];
  if (request.method !== 'POST' || accountId === undefined) return undefined;
  const fault = bank.accounts.preset(accountId).sale?.lost ? 'reset-after' : undefined;
  return { operation: 'liquidate', accountId, fault, process: () => begin(request, accountId, bank, gate) };
}

function begin(request: SandboxRequest, id: string, bank: SandboxBank, gate: Gate): SandboxReply {
  const now = Date.now();
  gate.checkToken(request, SELL_SCOPE, now);
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') throw new Refusal('missing_idempotency_key', 'The header idempotency-key is missing.');
  if (!UUID.test(key)) throw new Refusal('invalid_request', 'The idempotency key is not a UUID.');
  if (request.query !== '') throw new Refusal('invalid_request', 'The request takes no query.');
  const userId = userIn(request);
  if (!UUID.test(id) || !bank.accounts.visible(id, now)) throw new Refusal('not_found', 'There is no such account.');
  if (!bank.ownersOf(id).includes(userId)) throw new Refusal('invalid_request', 'The account is not of this user.');
  const before = bank.sales.byKey(key);
  if (before && before.accountId !== id) throw new Refusal('invalid_request', 'The key was used for another account.');
  if (before) return withRequestId(jsonAnswer(202, saleOnTheWire(before, before.begunAt)));

  const { sale: fate = {} } = bank.accounts.preset(id);
  if (fate.refusal) throw new Refusal(fate.refusal, 'The positions cannot be sold.');
  const status = bank.accounts.status(id, now);
  if (status !== 'ACTIVE' && status !== 'CLOSING') throw new Refusal('invalid_request', 'The account takes no orders.');
  const sale = bank.sales.begin(id, userId, key, bank.positionsOf(id, now), fate, now);
  return { ...withRequestId(jsonAnswer(202, saleOnTheWire(sale, now))), effect: true };
}

function userIn({ headers, body }: SandboxRequest): string {
  if (headers['content-type'] !== 'application/json') throw new Refusal('invalid_request', 'JSON is wanted.');
  const value = jsonBody(body);
  const isForm = typeof value === 'object' && value !== null && Object.keys(value).join() === 'user_id';
  const userId = isForm && 'user_id' in value ? value.user_id : undefined;
  if (typeof userId !== 'string') throw new Refusal('invalid_request', 'The body has other fields than it should.');
  return userId;
}
