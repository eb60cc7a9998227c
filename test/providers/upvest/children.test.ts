import { randomUUID } from 'node:crypto';
import type { ChildrenRead } from '../../../src/ports/provider';
import { jsonAnswer, type SandboxStep } from '../../../src/provider-kit/sandbox';
import { account, closeRequest, context, openBench, openPair, type Pair, send } from './support';

let pair: Pair;
beforeEach(async () => {
  pair = await openPair({ closingMs: 0 });
});
afterEach(() => pair.dispose());

async function list(groupId: string, adapter = pair.adapter): Promise<ChildrenRead> {
  if (!adapter.listChildren) throw new Error('The adapter lists no accounts.');
  return adapter.listChildren(account(groupId, 'ACCOUNT_GROUP'), { correlationId: 'correlation-1', purpose: 'RECONCILE' });
}

/** By id. */
async function statesOf(groupId: string): Promise<Record<string, string>> {
  const read = await list(groupId);
  if (!read.ok) throw new Error(`${read.code}: ${read.message}`);
  return Object.fromEntries(read.children.map(({ account: { id }, state }) => [id, state]));
}

const idsOf = async (groupId: string): Promise<string[]> => Object.keys(await statesOf(groupId)).toSorted();
const listRequests = (userId: string): number => pair.sandbox.ledger.filter(({ accountId }) => accountId === `users ${userId}`).length;
const page = (data: unknown[], total?: number): SandboxStep => jsonAnswer(200, { meta: { total_count: total }, data });

describe('the accounts of a group', () => {
  it.each([0, 1, 100, 101, 205])('are all listed: %i of them', async (accounts) => {
    const group = pair.sandbox.openGroup({ accounts });
    const read = await list(group.id);
    expect(read).toMatchObject({ ok: true, httpStatus: 200, requestId: expect.any(String) });
    const listed = read.ok ? read.children : [];
    const byId = (one: { account: { id: string } }, other: { account: { id: string } }) => one.account.id.localeCompare(other.account.id);
    expect(listed.toSorted(byId)).toEqual(group.accounts.map((id) => ({ account: account(id), state: 'OPEN' })).toSorted(byId));
    expect(listRequests(group.users[0]!)).toBe(Math.max(1, Math.ceil(accounts / 100)));
  });

  it('are those of every user, each once', async () => {
    const group = pair.sandbox.openGroup({ accounts: 103, users: 3 });
    const [first, second, third] = group.users as [string, string, string];
    pair.sandbox.change(group.accounts[0]!, { owners: [first] });
    pair.sandbox.change(group.accounts[1]!, { owners: [third] });
    pair.sandbox.change(group.accounts[2]!, { owners: [second, third] });
    const read = await list(group.id);
    expect(read.ok && read.children.map((child) => child.account.id).toSorted()).toEqual(group.accounts.toSorted());
    expect(group.users.map(listRequests)).toEqual([2, 2, 2]);
  });

  it('are asked for once where a user is named twice', async () => {
    const group = pair.sandbox.openGroup();
    const [user] = group.users as [string];
    pair.sandbox.change(group.id, { users: [user, user] });
    expect(await idsOf(group.id)).toEqual(group.accounts.toSorted());
    expect(listRequests(user)).toBe(1);
  });

  it('are none of another group of the same users', async () => {
    const [group, other] = [pair.sandbox.openGroup({ accounts: 3, users: 2 }), pair.sandbox.openGroup({ accounts: 150 })];
    pair.sandbox.change(other.id, { users: group.users });
    expect(await idsOf(group.id)).toEqual(group.accounts.toSorted());
    expect(await idsOf(other.id)).toEqual(other.accounts.toSorted());
  });

  it('are one more when one is opened, and one less when it moves to another group', async () => {
    const [group, other] = [pair.sandbox.openGroup(), pair.sandbox.openGroup({ accounts: 0 })];
    const opened = randomUUID();
    pair.sandbox.change(group.id, { accounts: [...group.accounts, opened] });
    expect(await idsOf(group.id)).toEqual([...group.accounts, opened].toSorted());
    pair.sandbox.change(other.id, { accounts: [opened] });
    expect(await idsOf(group.id)).toEqual(group.accounts.toSorted());
    expect(await idsOf(other.id)).toEqual([opened]);
  });

  it('have the states that their words mean; a word that is not documented is reported once', async () => {
    const words = { ACTIVE: 'OPEN', PENDING_APPROVAL: 'OPEN', LOCKED: 'OPEN', CLOSING: 'CLOSING', CLOSED: 'CLOSED', FROZEN: 'UNKNOWN' } as const;
    const statuses = [...Object.keys(words), 'FROZEN'] as (keyof typeof words)[];
    const group = pair.sandbox.openGroup({ accounts: statuses.length });
    for (const [index, status] of statuses.entries()) pair.sandbox.change(group.accounts[index]!, { status });
    expect(await statesOf(group.id)).toEqual(Object.fromEntries(statuses.map((status, index) => [group.accounts[index], words[status]])));
    expect(pair.unmapped).toEqual([{ provider: 'bank', what: 'status', word: 'FROZEN', correlationId: 'correlation-1' }]);
  });

  it('have canonical ids, whatever the case on the wire', async () => {
    const group = pair.sandbox.openGroup({ accounts: 1 });
    const entry = { id: group.accounts[0]!.toUpperCase(), account_group_id: group.id.toUpperCase(), status: 'ACTIVE' };
    pair.sandbox.script(`users ${group.users[0]}`, 'list', [page([entry], 1)]);
    expect(await idsOf(group.id)).toEqual(group.accounts);
  });

  it('are listed whether the group is open, closing or closed, and by reads alone', async () => {
    const group = pair.sandbox.openGroup();
    for (const status of ['ACTIVE', 'LOCKED', 'CLOSING', 'CLOSED'] as const) {
      pair.sandbox.change(group.id, { status });
      expect(await idsOf(group.id)).toEqual(group.accounts.toSorted());
    }
    const changing = pair.sandbox.ledger.filter(({ operation, method, effect }) => operation !== 'token' && (method !== 'GET' || effect));
    expect(changing).toEqual([]);
    expect(pair.sandbox.ledger.filter(({ accountId = '' }) => /^(positions|orders|withdrawals|cash|fees) /.test(accountId))).toEqual([]);
  });

  it('hold their group back at the provider until each of them is closed', async () => {
    const group = pair.sandbox.openGroup({ accounts: 3 });
    const close = (id: string, kind: 'ACCOUNT' | 'ACCOUNT_GROUP') => pair.adapter.requestClosure(closeRequest({ account: account(id, kind) }), send);
    const stateOfGroup = () => pair.adapter.readAccount(account(group.id, 'ACCOUNT_GROUP'), { ...context, blockers: false });
    expect(await close(group.id, 'ACCOUNT_GROUP')).toMatchObject({ kind: 'accepted' });
    for (const id of group.accounts) {
      expect(await stateOfGroup()).toMatchObject({ state: 'CLOSING' });
      expect(await close(id, 'ACCOUNT')).toMatchObject({ kind: 'accepted' });
    }
    expect(await statesOf(group.id)).toEqual(Object.fromEntries(group.accounts.map((id) => [id, 'CLOSED'])));
    expect(await stateOfGroup()).toMatchObject({ state: 'CLOSED' });
    expect([group.id, ...group.accounts].map((id) => pair.sandbox.effectiveCloses(id))).toEqual([1, 1, 1, 1]);
  });
});

describe('a list that may not be whole is none', () => {
  const problem = (status: number, detail = 'd'): SandboxStep => ({
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ title: 't', detail, status }),
  });

  it.each<[string, SandboxStep[], string]>([
    ['a refusal', [problem(403)], 'PROVIDER_PERMISSION_DENIED'],
    ['401 with a fresh token too', [{ status: 401 }, { status: 401 }], 'PROVIDER_AUTHENTICATION_FAILED'],
    ['a user whom nobody knows', [problem(404)], 'PROVIDER_PROTOCOL_ERROR'],
    ['429', ['throttled-seconds'], 'PROVIDER_RATE_LIMITED'],
    ['503', ['down-seconds'], 'PROVIDER_UNAVAILABLE'],
    ['a reset', ['reset-before'], 'PROVIDER_UNAVAILABLE'],
    ['silence', ['hang-before'], 'PROVIDER_TIMEOUT'],
    ['HTML', ['html-200'], 'PROVIDER_PROTOCOL_ERROR'],
    ['a redirect', ['redirect-302'], 'PROVIDER_PROTOCOL_ERROR'],
    ['no list', [jsonAnswer(200, { accounts: [] })], 'PROVIDER_PROTOCOL_ERROR'],
    ['a last page that comes too early', [page([], 150)], 'PROVIDER_PROTOCOL_ERROR'],
    ['an entry without an id', [page([{ status: 'ACTIVE', account_group_id: randomUUID() }], 101)], 'PROVIDER_PROTOCOL_ERROR'],
    ['an id that is none', [page([{ id: 'one', status: 'ACTIVE', account_group_id: randomUUID() }], 101)], 'PROVIDER_PROTOCOL_ERROR'],
    ['an entry without a group', [page([{ id: randomUUID(), status: 'ACTIVE' }], 101)], 'PROVIDER_PROTOCOL_ERROR'],
    ['an entry without a status', [page([{ id: randomUUID(), account_group_id: randomUUID() }], 101)], 'PROVIDER_PROTOCOL_ERROR'],
    ['another length than before', [page([{ id: randomUUID(), status: 'ACTIVE', account_group_id: randomUUID() }], 100)], 'PROVIDER_PROTOCOL_ERROR'],
  ])('%s on a later page of one user', async (_what, steps, code) => {
    const group = pair.sandbox.openGroup({ accounts: 101, users: 2 });
    const first = page(group.accounts.slice(1).map((id) => ({ id, account_group_id: group.id, status: 'ACTIVE' })), 101);
    pair.sandbox.script(`users ${group.users[1]}`, 'list', [first, ...steps]);
    const read = await list(group.id);
    expect(read).toMatchObject({ ok: false, code });
    expect(read).not.toHaveProperty('children');
    expect(pair.sandbox.strayRequests()).toBe(0);
  });

  it('with an account that a later page shows again: another one may have moved past', async () => {
    const group = pair.sandbox.openGroup({ accounts: 101 });
    const entries = group.accounts.map((id) => ({ id, account_group_id: group.id, status: 'ACTIVE' }));
    pair.sandbox.script(`users ${group.users[0]}`, 'list', [page(entries.slice(0, 100), 101), page(entries.slice(0, 1), 101)]);
    expect(await list(group.id)).toMatchObject({ ok: false, code: 'PROVIDER_PROTOCOL_ERROR' });
  });

  const bare = (users: unknown) => (id: string) => jsonAnswer(200, { id, status: 'ACTIVE', users });
  it.each<[string, (id: string) => SandboxStep, string]>([
    ['that is not found', () => problem(404), 'ACCOUNT_NOT_FOUND'],
    ['that the client may not read', () => problem(403), 'PROVIDER_PERMISSION_DENIED'],
    ['that is throttled', () => 'throttled-seconds', 'PROVIDER_RATE_LIMITED'],
    ['that does not answer', () => 'hang-before', 'PROVIDER_TIMEOUT'],
    ['that answers about another one', () => bare([{ id: randomUUID() }])(randomUUID()), 'PROVIDER_PROTOCOL_ERROR'],
    ['that does not say whose it is', bare(undefined), 'PROVIDER_PROTOCOL_ERROR'],
    ['that is nobody\'s', bare([]), 'PROVIDER_PROTOCOL_ERROR'],
    ['with a user who has no id', bare([{ type: 'OWNER' }]), 'PROVIDER_PROTOCOL_ERROR'],
    ['with a user who is a path', bare([{ id: '../account_groups' }]), 'PROVIDER_PROTOCOL_ERROR'],
  ])('a group %s', async (_what, step, code) => {
    const group = pair.sandbox.openGroup();
    pair.sandbox.script(group.id, 'read', [step(group.id)]);
    expect(await list(group.id)).toMatchObject({ ok: false, code });
    expect(pair.sandbox.ledger.filter(({ operation }) => operation === 'list')).toEqual([]);
  });

  it('without the scope', async () => {
    await pair.dispose();
    pair = await openPair({ scopes: ['accounts:admin'] });
    expect(await list(pair.sandbox.openGroup().id)).toMatchObject({ ok: false, code: 'PROVIDER_AUTHENTICATION_FAILED' });
  });

  it('with an endless number of entries', async () => {
    const group = pair.sandbox.openGroup();
    const entry = { id: group.accounts[0], account_group_id: group.id, status: 'ACTIVE' };
    pair.sandbox.script(`users ${group.users[0]}`, 'list', Array.from({ length: 200 }, () => page([entry], 1_000_000)));
    // Time enough, also on a busy machine, for as many pages as it takes.
    const patient = openBench(pair.sandbox.settings, { timeoutMs: 30_000 });
    expect(await list(group.id, patient.adapter)).toMatchObject({ ok: false, code: 'PROVIDER_PROTOCOL_ERROR' });
    expect(listRequests(group.users[0]!)).toBeLessThanOrEqual(100);
    await patient.dispose();
  });

  it('not in the time of two requests, and nothing more is asked for then', async () => {
    const group = pair.sandbox.openGroup({ accounts: 205 });
    // A request each half second: the token, the group, and the first page comes too late.
    const slow = openBench({ ...pair.sandbox.settings, REQUESTS_PER_SECOND: '2' }, { timeoutMs: 350 });
    expect(await list(group.id, slow.adapter)).toMatchObject({ ok: false, code: 'PROVIDER_TIMEOUT' });
    // They wait their turn behind whatever the list would still ask for.
    for (const id of [randomUUID(), randomUUID()]) await slow.adapter.readAccount(account(id), { ...context, blockers: false });
    expect(listRequests(group.users[0]!)).toBeLessThanOrEqual(1);
    await slow.dispose();
  });

  it('shows no text of the provider as it came', async () => {
    const group = pair.sandbox.openGroup();
    pair.sandbox.script(`users ${group.users[0]}`, 'list', [problem(403, `${group.id} ES9121000418450200051332 anna@example.com`)]);
    const read = await list(group.id);
    expect(read).toMatchObject({ ok: false, code: 'PROVIDER_PERMISSION_DENIED', providerErrors: [expect.anything()] });
    expect(JSON.stringify(read)).not.toMatch(new RegExp(`${group.id}|ES9121000418450200051332|anna@example`));
  });
});
