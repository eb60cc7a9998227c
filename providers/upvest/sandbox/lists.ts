import { jsonAnswer, type SandboxReply, type SandboxRequest, type SandboxRoute } from '../../../src/provider-kit/sandbox';
import { LIST_SCOPES, SALES_SCOPE } from '../api';
import type { SandboxBank } from './bank';
import type { Gate } from './gate';
import { Refusal, withRequestId } from './problems';
import { saleOnTheWire } from './sales';

interface ListRoute {
  /** What the list is scripted by, together with the id it is about. */
  name: string;
  scope: string;
  pattern: RegExp;
  entries(bank: SandboxBank, id: string, now: number): readonly object[];
}

const LISTS: readonly ListRoute[] = [
  {
    name: 'positions',
    scope: LIST_SCOPES.positions,
    pattern: /^\/accounts\/([^/]+)\/positions$/,
    entries: (bank, id, now) =>
      bank.positionsOf(id, now).map(({ isin, quantity, pending_settlement = '0' }) => ({
        account_id: id,
        instrument: { isin },
        quantity,
        available_for_trading: quantity,
        locked_for_trading: '0',
        pending_settlement,
      })),
  },
  {
    name: 'liquidations',
    scope: SALES_SCOPE,
    pattern: /^\/accounts\/([^/]+)\/liquidations$/,
    entries: (bank, id, now) => bank.sales.ofAccount(id, now - bank.readLagMs).map((sale) => saleOnTheWire(sale, now - bank.readLagMs)),
  },
  {
    name: 'orders',
    scope: LIST_SCOPES.orders,
    pattern: /^\/accounts\/([^/]+)\/orders$/,
    entries: (bank, id) => bank.accounts.holdings(id).orders ?? [],
  },
  {
    name: 'withdrawals',
    scope: LIST_SCOPES.payments,
    pattern: /^\/account_groups\/([^/]+)\/payments\/withdrawals$/,
    entries: (bank, id) => bank.withdrawalsOf(id),
  },
  {
    name: 'cash',
    scope: LIST_SCOPES.positions,
    pattern: /^\/account_groups\/([^/]+)\/payments\/cash_balances$/,
    entries: (bank, id) =>
      (bank.account_groups.holdings(id).cash ?? []).map((cash) => ({ account_group_id: id, locked_for_trading: '0.00', pending_settlement: '0.00', ...cash })),
  },
  {
    name: 'users',
    scope: LIST_SCOPES.accounts,
    pattern: /^\/users\/([^/]+)\/accounts$/,
    entries: (bank, userId, now) =>
      bank.accountsOfUser(userId).map((id) => ({ id, account_group_id: bank.groupOf(id), status: bank.accounts.visible(id, now)?.status ?? 'CLOSED' })),
  },
];

const FEES: Omit<ListRoute, 'pattern'> = {
  name: 'fees',
  scope: LIST_SCOPES.fees,
  entries: (bank, id) => bank.account_groups.holdings(id).fees ?? [],
};
const FEES_PATH = '/fees/collections';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** A list of the provider, a page at a time; undefined: the path is of none. Scripts name it "positions <account id>". */
export function listRoute(request: SandboxRequest, bank: SandboxBank, gate: Gate): SandboxRoute | undefined {
  const { path, params, method } = request;
  const found = path === FEES_PATH ? { list: FEES, id: params.get('account_group_id') ?? '' } : byPath(path);
  if (!found || method !== 'GET') return undefined;
  const { list, id } = found;
  const filters = path === FEES_PATH ? ['account_group_id'] : [];
  const process = (): SandboxReply => {
    const now = Date.now();
    gate.checkToken(request, list.scope, now);
    const { offset, limit } = pageAsked(params, filters);
    const all = list.entries(bank, id, now);
    const data = all.slice(offset, offset + limit);
    return withRequestId(jsonAnswer(200, { meta: { offset, limit, count: data.length, total_count: all.length }, data }));
  };
  return { operation: 'list', accountId: `${list.name} ${id}`, process };
}

function byPath(path: string): { list: ListRoute; id: string } | undefined {
  for (const list of LISTS) {
    const id = list.pattern.exec(path)?.[1];
    if (id !== undefined) return { list, id };
  }
  return undefined;
}

function pageAsked(params: URLSearchParams, filters: readonly string[]): { offset: number; limit: number } {
  for (const name of params.keys()) {
    const fine = ['offset', 'limit', ...filters].includes(name) && params.getAll(name).length === 1;
    if (!fine) throw new Refusal('invalid_request', 'The query is not understood.');
  }
  const [offset, limit] = [params.get('offset') ?? '0', params.get('limit') ?? String(DEFAULT_LIMIT)];
  if (!/^\d{1,9}$/.test(offset) || !/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_LIMIT) {
    throw new Refusal('invalid_request', 'There is no such page.');
  }
  return { offset: Number(offset), limit: Number(limit) };
}
