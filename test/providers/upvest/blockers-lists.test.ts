import { randomUUID } from 'node:crypto';
import type { AccountKind } from '../../../src/domain/account';
import type { AccountSeen } from '../../../src/domain/outcome';
import type { ReadContext } from '../../../src/ports/provider';
import type { Telemetry } from '../../../src/ports/telemetry';
import { jsonAnswer, type SandboxStep } from '../../../src/provider-kit/sandbox';
import { LIST_SCOPES } from '../../../providers/upvest/api';
import { MAGIC_ACCOUNTS } from '../../../providers/upvest/sandbox/magic';
import { account, closeRequest, context, openBench, openPair, type Pair, send, SILENT } from './support';

let pair: Pair;
beforeEach(async () => {
  pair = await openPair();
});
afterEach(() => pair.dispose());

const magicId = (name: string): string => MAGIC_ACCOUNTS.find((magic) => magic.name === name)?.id ?? '';

async function seen(id: string, kind: AccountKind = 'ACCOUNT', given: Partial<ReadContext> = {}): Promise<AccountSeen> {
  const read = await pair.adapter.readAccount(account(id, kind), { ...context, ...given });
  if (!read.ok) throw new Error(`${read.code}: ${read.message}`);
  return read;
}

const lists = (): string[] => pair.sandbox.ledger.filter(({ operation }) => operation === 'list').map(({ accountId = '' }) => accountId.split(' ')[0] ?? '');

describe('lists', () => {
  it.each([0, 99, 100, 101, 250])('of %i entries are read to their end', async (count) => {
    const [id, groupId] = [randomUUID(), randomUUID()];
    const ids = Array.from({ length: count }, () => randomUUID());
    pair.sandbox.change(id, { orders: ids.map((order) => ({ id: order, status: 'NEW' })) });
    pair.sandbox.change(groupId, { accounts: ids });
    expect((await seen(id)).blockers.flatMap(({ relatedIds }) => relatedIds)).toEqual(ids.toSorted());
    expect((await seen(groupId, 'ACCOUNT_GROUP')).blockers.flatMap(({ relatedIds }) => relatedIds)).toEqual(ids.toSorted());
    expect(lists().filter((name) => name === 'orders')).toHaveLength(Math.max(1, Math.ceil(count / 100)));
  });

  it('are left alone where nobody asks for blockers, or where nothing can be in the way any more', async () => {
    await seen(magicId('positions'), 'ACCOUNT', { blockers: false });
    await seen(magicId('closed'));
    await seen(magicId('undocumented-status'));
    expect(lists()).toEqual([]);
  });

  it('are read while the account is closing, or locked', async () => {
    const request = closeRequest({ account: account(magicId('positions')) });
    await pair.adapter.requestClosure(request, send);
    expect(await seen(request.account.id)).toMatchObject({ state: 'CLOSING', blockers: [{ code: 'OPEN_POSITIONS' }] });
    const id = randomUUID();
    pair.sandbox.change(id, { status: 'LOCKED', orders: [{ id: randomUUID(), status: 'NEW' }] });
    expect((await seen(id)).blockers.map(({ code }) => code)).toEqual(['ACCOUNT_RESTRICTED', 'OPEN_ORDERS']);
  });

  it('for a poll go ahead of those for callers who asked before', async () => {
    const patient = openBench(pair.sandbox.settings, { timeoutMs: 60_000 });
    const done: string[] = [];
    async function read(purpose: ReadContext['purpose']): Promise<void> {
      const answer = await patient.adapter.readAccount(account(), { ...context, purpose });
      if (answer.ok && !answer.blockersUnknown) done.push(purpose);
    }
    await read('POLL');
    await Promise.all([...Array.from({ length: 20 }, () => read('ELIGIBILITY')), read('POLL')]);
    await patient.dispose();
    expect(done.slice(0, 2)).toEqual(['POLL', 'POLL']);
  });

  it('change nothing at the provider', async () => {
    await seen(magicId('children'), 'ACCOUNT_GROUP');
    expect(pair.sandbox.ledger.filter(({ operation, method }) => operation !== 'token' && method !== 'GET')).toEqual([]);
    expect(pair.sandbox.ledger.filter(({ effect }) => effect)).toEqual([]);
  });
});

describe('a list that cannot be read', () => {
  const everything = { positions: [{ isin: 'US0378331005', quantity: '1' }], orders: [{ id: 'order-1', status: 'NEW' }] };
  const page = (data: unknown, total?: number): SandboxStep => jsonAnswer(200, { meta: { offset: 0, limit: 100, total_count: total }, data });
  const position = { instrument: { isin: 'DE0007164600' }, quantity: '3' };

  it.each<[string, SandboxStep[], string]>([
    ['a problem 403', [{ status: 403, headers: { 'content-type': 'application/problem+json' }, body: '{"title":"t"}' }], 'PROVIDER_PERMISSION_DENIED'],
    ['401 with a fresh token too', [{ status: 401 }, { status: 401 }], 'PROVIDER_AUTHENTICATION_FAILED'],
    ['429', ['throttled-seconds'], 'PROVIDER_RATE_LIMITED'],
    ['503', ['down-seconds'], 'PROVIDER_UNAVAILABLE'],
    ['a reset', ['reset-before'], 'PROVIDER_UNAVAILABLE'],
    ['silence', ['hang-before'], 'PROVIDER_TIMEOUT'],
    ['HTML', ['html-200'], 'PROVIDER_PROTOCOL_ERROR'],
    ['a redirect', ['redirect-302'], 'PROVIDER_PROTOCOL_ERROR'],
    ['no list', [jsonAnswer(200, { positions: [] })], 'PROVIDER_PROTOCOL_ERROR'],
    ['null', [jsonAnswer(200, null)], 'PROVIDER_PROTOCOL_ERROR'],
    ['an amount that is a number', [page([{ ...position, quantity: 3 }], 1)], 'PROVIDER_PROTOCOL_ERROR'],
    ['an amount that is none', [page([{ ...position, quantity: '1e3' }], 1)], 'PROVIDER_PROTOCOL_ERROR'],
    ['fewer entries than it says', [page([], 1)], 'PROVIDER_PROTOCOL_ERROR'],
    ['404', [{ status: 404, headers: { 'content-type': 'application/problem+json' }, body: '{"title":"t"}' }], 'PROVIDER_PROTOCOL_ERROR'],
  ])('because of %s is unknown, and the others are there', async (_what, steps, code) => {
    const id = randomUUID();
    pair.sandbox.change(id, everything);
    pair.sandbox.script(`positions ${id}`, 'list', steps);
    expect(await seen(id)).toMatchObject({
      state: 'OPEN',
      blockers: [{ code: 'OPEN_ORDERS' }],
      blockersUnknown: { ok: false, code, codes: ['OPEN_POSITIONS'] },
    });
    expect(pair.calls.filter(({ operation }) => operation === 'read').map(({ outcome }) => outcome).toSorted()).toEqual(['OPEN', code, 'listed', 'listed'].toSorted());
  });

  it('in the time of two requests is unknown too', async () => {
    // On this clock the account's own read takes up the time.
    let aheadMs = 0;
    const clock = { now: () => Date.now(), monotonic: () => performance.now() + aheadMs };
    const providerCall: Telemetry['providerCall'] = ({ operation }) => void (operation === 'read' && (aheadMs = 60_000));
    const hasty = openBench(pair.sandbox.settings, { clock, telemetry: { ...SILENT, providerCall } });
    const read = await hasty.adapter.readAccount(account(magicId('positions')), context);
    await hasty.dispose();
    const codes = ['OUTSTANDING_WITHDRAWALS', 'OPEN_POSITIONS', 'OPEN_ORDERS'];
    expect(read).toMatchObject({ state: 'OPEN', blockers: [], blockersUnknown: { code: 'PROVIDER_TIMEOUT', codes } });
  });

  it('to its end shows what came before', async () => {
    const id = randomUUID();
    const second = { ...position, quantity: 'many', instrument: { isin: 'US0378331005' } };
    pair.sandbox.script(`positions ${id}`, 'list', [page([position, second], 300), 'down-seconds']);
    expect(await seen(id)).toMatchObject({
      blockers: [{ code: 'OPEN_POSITIONS', relatedIds: ['DE0007164600'] }],
      blockersUnknown: { code: 'PROVIDER_UNAVAILABLE', retryAfterMs: 1_000, codes: ['OPEN_POSITIONS'] },
    });
  });

  it('without saying how long it is goes on while its pages are full', async () => {
    const id = randomUUID();
    const done = Array.from({ length: 100 }, () => ({ id: randomUUID(), status: 'FILLED' }));
    pair.sandbox.script(`orders ${id}`, 'list', [page(done), page([{ id: 'order-101', status: 'NEW' }])]);
    const read = await seen(id);
    expect(read.blockers).toMatchObject([{ code: 'OPEN_ORDERS', relatedIds: ['order-101'] }]);
    expect(read).not.toHaveProperty('blockersUnknown');
  });

  it('with a withdrawal that moved to the next page shows it once', async () => {
    const id = randomUUID();
    const done = Array.from({ length: 99 }, () => ({ id: randomUUID(), status: 'CONFIRMED' }));
    const moved = { id: randomUUID(), status: 'NEW', amount: '1.00', currency: 'EUR' };
    pair.sandbox.script(`withdrawals ${id}`, 'list', [page([...done, moved], 101), page([moved], 101)]);
    expect((await seen(id, 'ACCOUNT_GROUP')).blockers).toMatchObject([{ code: 'OUTSTANDING_WITHDRAWALS', relatedIds: [moved.id] }]);
  });

  it('says when it passes by itself, before what does not', async () => {
    const id = randomUUID();
    pair.sandbox.script(`withdrawals ${id}`, 'list', ['html-200']);
    pair.sandbox.script(`fees ${id}`, 'list', ['throttled-seconds']);
    expect((await seen(id, 'ACCOUNT_GROUP')).blockersUnknown).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', codes: ['OUTSTANDING_WITHDRAWALS', 'OUTSTANDING_FEES'] });
  });

  it('because the account does not say whose it is leaves the others', async () => {
    const id = randomUUID();
    const bare = jsonAnswer(200, { id, status: 'ACTIVE' });
    pair.sandbox.script(id, 'read', [bare, bare]);
    expect((await seen(id)).blockersUnknown).toMatchObject({ code: 'PROVIDER_PROTOCOL_ERROR', codes: ['OUTSTANDING_WITHDRAWALS'] });
    expect((await seen(id, 'ACCOUNT_GROUP')).blockersUnknown).toMatchObject({ code: 'PROVIDER_PROTOCOL_ERROR', codes: ['OPEN_CHILD_ACCOUNTS'] });
  });

  it('with an endless number of entries is given up', async () => {
    const id = randomUUID();
    pair.sandbox.script(`orders ${id}`, 'list', Array.from({ length: 200 }, () => page([{ id: 'order-1', status: 'NEW' }], 1_000_000)));
    // A hundred pages take a busy machine longer than the time for two requests.
    const patient = openBench(pair.sandbox.settings, { timeoutMs: 60_000 });
    const read = await patient.adapter.readAccount(account(id), context);
    await patient.dispose();
    expect(read).toMatchObject({ blockers: [{ code: 'OPEN_ORDERS' }], blockersUnknown: { codes: ['OPEN_ORDERS'] } });
    expect(lists().filter((name) => name === 'orders').length).toBeLessThanOrEqual(100);
  });

  it('shows no text of the provider as it came', async () => {
    const id = randomUUID();
    const body = JSON.stringify({ title: 'ES9121000418450200051332', detail: 'anna@example.com' });
    pair.sandbox.script(`orders ${id}`, 'list', [{ status: 403, headers: { 'content-type': 'application/problem+json' }, body }]);
    const { blockersUnknown } = await seen(id);
    expect(blockersUnknown).toMatchObject({ code: 'PROVIDER_PERMISSION_DENIED', providerErrors: [expect.anything()] });
    expect(JSON.stringify(blockersUnknown)).not.toMatch(/ES9121000418450200051332|anna@example/);
  });
});

describe('a scope that the provider refuses', () => {
  const scopes = ['accounts:admin', ...Object.values(LIST_SCOPES)];

  it.each([
    ['ACCOUNT', 'positions:read', ['OPEN_POSITIONS']],
    ['ACCOUNT', 'orders:read', ['OPEN_ORDERS']],
    ['ACCOUNT', 'payments:read', ['OUTSTANDING_WITHDRAWALS']],
    ['ACCOUNT_GROUP', 'positions:read', ['POSITIVE_BALANCE', 'NEGATIVE_BALANCE', 'PENDING_FUNDS', 'RESERVED_FUNDS']],
    ['ACCOUNT_GROUP', 'fees:read', ['OUTSTANDING_FEES']],
  ] as const)('for %s: %s hides %j and nothing else, neither the state nor the close', async (kind, refused, codes) => {
    await pair.dispose();
    pair = await openPair({ scopes: scopes.filter((scope) => scope !== refused) });
    const id = randomUUID();
    const read = await seen(id, kind);
    expect(read).toMatchObject({ state: 'OPEN', blockers: [], blockersUnknown: { code: 'PROVIDER_AUTHENTICATION_FAILED', codes } });
    expect(await pair.adapter.requestClosure(closeRequest({ account: account(id, kind) }), send)).toMatchObject({ kind: 'accepted' });
    expect(await seen(id, kind)).toMatchObject({ state: 'CLOSING' });
  });
});
