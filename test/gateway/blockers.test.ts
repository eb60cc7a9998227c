import { randomUUID } from 'node:crypto';
import { LIST_SCOPES } from '../../providers/upvest/api';
import type { AccountPreset } from '../../providers/upvest/sandbox/accounts';
import { MAGIC_ACCOUNTS } from '../../providers/upvest/sandbox/magic';
import type { EmoneySandbox } from '../../providers/emoney/sandbox';
import { startTestGateway, type TestGateway } from '../support/gateway';

interface BlockerView {
  code: string;
  stage: string;
  resolvableBy: string;
  selfResolving: boolean;
  amount: string | null;
  currency: string | null;
  relatedIds: string[];
}
interface EligibilityView {
  eligible: boolean | null;
  providerStatus: string | null;
  blockers: BlockerView[];
  error: { code: string; retry: string } | null;
}
interface Account {
  provider: string;
  kind?: string;
  id: string;
}

const BLOCKERS = 'blockers { code stage resolvableBy selfResolving amount currency relatedIds }';
const ELIGIBILITY = `query ($account: AccountInput!) { closureEligibility(account: $account) { eligible providerStatus ${BLOCKERS} error { code retry } } }`;
const SHOWN = `query ($id: ID!) { closureStatus(closureId: $id) { status version ${BLOCKERS} } }`;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.dispose());

const magicId = (name: string): string => MAGIC_ACCOUNTS.find((magic) => magic.name === name)?.id ?? '';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function eligibility(account: Account, at = gateway): Promise<EligibilityView> {
  return (await at.client.graphql<{ closureEligibility: EligibilityView }>(ELIGIBILITY, { account })).closureEligibility;
}

/** Results are given again for a second: asks until the answer is another one. */
async function eligibilityAfter(account: Account, isSo: (view: EligibilityView) => boolean): Promise<EligibilityView> {
  for (;;) {
    const view = await eligibility(account);
    if (isSo(view)) return view;
    await pause(50);
  }
}

async function shown(id: string, isSo: (closure: { status: string; blockers: BlockerView[] }) => boolean) {
  for (;;) {
    const { closureStatus } = await gateway.client.graphql<{ closureStatus: { status: string; version: number; blockers: BlockerView[] } }>(SHOWN, { id });
    if (isSo(closureStatus)) return closureStatus;
    await pause(20);
  }
}

const codes = ({ blockers }: { blockers: { code: string }[] }): string[] => blockers.map(({ code }) => code);

describe('what only delays the end of a closing', () => {
  const children = [...(MAGIC_ACCOUNTS.find(({ name }) => name === 'children')?.preset.accounts ?? [])];
  const rows: [name: string, kind: string, blockers: Partial<BlockerView>[], relief: AccountPreset, of?: readonly string[]][] = [
    ['positions', 'ACCOUNT', [{ code: 'OPEN_POSITIONS', resolvableBy: 'HOLDER', relatedIds: ['US0378331005'] }], { positions: [] }],
    ['orders', 'ACCOUNT', [{ code: 'OPEN_ORDERS', resolvableBy: 'TIME', selfResolving: true }], { orders: [] }],
    ['cash', 'ACCOUNT_GROUP', [{ code: 'POSITIVE_BALANCE', amount: '12.50', currency: 'EUR', resolvableBy: 'HOLDER' }], { cash: [] }],
    ['overdrawn', 'ACCOUNT_GROUP', [{ code: 'NEGATIVE_BALANCE', amount: '-3.10', currency: 'EUR' }], { cash: [{ currency: 'EUR', balance: '0.00' }] }],
    ['pending-cash', 'ACCOUNT_GROUP', [{ code: 'PENDING_FUNDS', amount: '7.00', currency: 'EUR', resolvableBy: 'TIME' }], { cash: [] }],
    ['reserved-cash', 'ACCOUNT_GROUP', [{ code: 'POSITIVE_BALANCE' }, { code: 'RESERVED_FUNDS', amount: '2.00', currency: 'EUR' }], { cash: [] }],
    ['fees', 'ACCOUNT_GROUP', [{ code: 'OUTSTANDING_FEES', resolvableBy: 'PROVIDER' }], { fees: [] }],
    ['children', 'ACCOUNT_GROUP', [{ code: 'OPEN_CHILD_ACCOUNTS', resolvableBy: 'PARTNER', relatedIds: children }], { status: 'CLOSED' }, children],
  ];

  it.each(rows)('%s: is seen beforehand and on the CLOSING %s, and goes', async (name, kind, blockers, relief, of = [magicId(name)]) => {
    const account = { provider: 'upvest', kind, id: magicId(name) };
    const expected = blockers.map((blocker) => ({ stage: 'COMPLETION', ...blocker }));
    expect(await eligibility(account)).toMatchObject({ eligible: true, providerStatus: 'ACTIVE', error: null, blockers: expected });

    const { closure, error } = await gateway.client.close({ account });
    expect({ error, status: closure?.status }).toEqual({ error: null, status: 'CLOSING' });
    const id = closure?.id ?? '';
    expect(await shown(id, (now) => now.blockers.length > 0)).toMatchObject({ status: 'CLOSING', blockers: expected });
    const filter = { filter: { blocker: [blockers[0]?.code], account } };
    const listed = await gateway.client.graphql<{ closures: { edges: unknown[] } }>('query ($filter: ClosureFilter) { closures(filter: $filter) { edges { node { id } } } }', filter);
    expect(listed.closures.edges).toEqual([{ node: { id } }]);

    for (const each of of) gateway.sandboxes.upvest.change(each, relief);
    const done = await gateway.client.until(id, 'CLOSED');
    expect(done.history.map(({ to }) => to)).toEqual(['REQUESTED', 'CLOSING', 'CLOSED']);
    expect(await shown(id, () => true)).toMatchObject({ blockers: [] });
  });

  it('goes from a closing that goes on', async () => {
    const id = randomUUID();
    gateway.sandboxes.upvest.change(id, { closingMs: null, positions: [{ isin: 'US0378331005', quantity: '1' }], orders: [{ id: 'order-1', status: 'NEW' }] });
    const { closure } = await gateway.client.close({ account: { provider: 'upvest', id } });
    const closureId = closure?.id ?? '';
    expect(codes(await shown(closureId, ({ blockers }) => blockers.length === 2))).toEqual(['OPEN_POSITIONS', 'OPEN_ORDERS']);
    gateway.sandboxes.upvest.change(id, { orders: [{ id: 'order-1', status: 'FILLED' }] });
    expect(codes(await shown(closureId, ({ blockers }) => blockers.length === 1))).toEqual(['OPEN_POSITIONS']);
    gateway.sandboxes.upvest.change(id, { positions: [{ isin: 'US0378331005', quantity: '0' }] });
    expect(await shown(closureId, ({ blockers }) => blockers.length === 0)).toMatchObject({ status: 'CLOSING' });
  });

  it('may be a withdrawal that came after the closing was accepted', async () => {
    const id = randomUUID();
    gateway.sandboxes.upvest.change(id, { closingMs: null });
    const { closure } = await gateway.client.close({ account: { provider: 'upvest', kind: 'ACCOUNT_GROUP', id } });
    const closureId = closure?.id ?? '';
    gateway.sandboxes.upvest.change(id, { withdrawals: MAGIC_ACCOUNTS.find(({ name }) => name === 'withdrawals')?.preset.withdrawals });
    expect(await shown(closureId, ({ blockers }) => blockers.length > 0)).toMatchObject({ status: 'CLOSING', blockers: [{ code: 'OUTSTANDING_WITHDRAWALS', amount: '150.00', resolvableBy: 'TIME' }] });
    gateway.sandboxes.upvest.change(id, { withdrawals: [] });
    expect(await shown(closureId, ({ blockers }) => blockers.length === 0)).toMatchObject({ status: 'CLOSING' });
  });
});

describe('what the request is refused for', () => {
  const rows: [name: string, blocker: Partial<BlockerView>, relief: AccountPreset][] = [
    ['withdrawals', { code: 'OUTSTANDING_WITHDRAWALS', resolvableBy: 'TIME', selfResolving: true, amount: '150.00', currency: 'EUR' }, { withdrawals: [] }],
    ['locked', { code: 'ACCOUNT_RESTRICTED', resolvableBy: 'PROVIDER', selfResolving: false }, { status: 'ACTIVE' }],
    ['pending-approval', { code: 'ACCOUNT_NOT_ACTIVE', resolvableBy: 'PROVIDER', selfResolving: true }, { status: 'ACTIVE' }],
  ];

  it.each(rows.flatMap(([name, blocker, relief]) => (['ACCOUNT', 'ACCOUNT_GROUP'] as const).map((kind) => [name, kind, blocker, relief] as const)))(
    '%s of upvest, %s: is seen beforehand and in the refusal, and a new request goes on when it is gone',
    async (name, kind, blocker, relief) => {
      const preset = MAGIC_ACCOUNTS.find((magic) => magic.name === name)?.preset ?? {};
      const account = { provider: 'upvest', kind, id: randomUUID() };
      gateway.sandboxes.upvest.change(account.id, preset);
      const expected = { stage: 'REQUEST', ...blocker };
      expect(await eligibility(account)).toMatchObject({ eligible: false, error: null, blockers: [expected] });

      const refused = await gateway.client.close({ account });
      expect(refused).toMatchObject({ closure: { status: 'REJECTED' }, error: { code: 'CLOSURE_BLOCKED', retry: 'AFTER_CHANGE', blockers: [{ code: blocker.code, stage: 'REQUEST' }] } });
      expect(await shown(refused.closure?.id ?? '', () => true)).toMatchObject({ blockers: [expected] });

      gateway.sandboxes.upvest.change(account.id, relief);
      expect(await eligibilityAfter(account, ({ eligible }) => eligible === true)).toMatchObject({ blockers: [] });
      const { closure } = await gateway.client.close({ account });
      await gateway.client.until(closure?.id ?? '', 'CLOSED');
    },
  );

  it('a conflict with nothing in the way stays unexplained', async () => {
    const id = randomUUID();
    gateway.sandboxes.upvest.script(id, 'close', [{ status: 409, headers: { 'content-type': 'application/problem+json' }, body: '{"title":"Conflict"}' }]);
    expect(await gateway.client.close({ account: { provider: 'upvest', id } })).toMatchObject({ error: { code: 'ACCOUNT_STATE_CONFLICT', blockers: [] } });
  });

  it.each([
    [{ available: '12.50' }, ['POSITIVE_BALANCE'], '12.50'],
    [{ available: '-3.10' }, ['NEGATIVE_BALANCE'], '-3.10'],
    [{ available: '1.00', pendingConsolidation: '7.00' }, ['POSITIVE_BALANCE', 'PENDING_FUNDS'], '1.00'],
    [{ available: '5.00', withholding: '2.00' }, ['POSITIVE_BALANCE', 'RESERVED_FUNDS'], '5.00'],
  ])('balances of emoney: %j', async (balances: NonNullable<Parameters<EmoneySandbox['addAccount']>[0]['balances']>, expected, amount) => {
    const account = { provider: 'emoney', id: randomUUID() };
    gateway.sandboxes.emoney.addAccount({ uuid: account.id, balances });
    const view = await eligibility(account);
    expect(view).toMatchObject({ eligible: false, error: null, blockers: expect.arrayContaining([expect.objectContaining({ code: expected[0], stage: 'REQUEST', amount, currency: 'EUR' })]) });
    expect(codes(view).toSorted()).toEqual(expected.toSorted());
    const refused = await gateway.client.close({ account });
    expect(refused.error?.code).toBe('CLOSURE_BLOCKED');
    expect(refused.error?.blockers.map(({ code }) => code).toSorted()).toEqual(expected.toSorted());

    gateway.sandboxes.emoney.addAccount({ uuid: account.id, balances: { available: '0.00' } });
    expect(await eligibilityAfter(account, ({ eligible }) => eligible === true)).toMatchObject({ blockers: [] });
    expect(await gateway.client.close({ account })).toMatchObject({ error: null, closure: { status: 'CLOSED' } });
  });
});

describe('closureEligibility', () => {
  it('changes nothing at the provider', async () => {
    const { upvest, emoney } = gateway.sandboxes;
    const before = { upvest: upvest.ledger.length, emoney: emoney.ledger.length };
    const ids = [randomUUID(), magicId('never-done'), magicId('closed')];
    for (const kind of ['ACCOUNT', 'ACCOUNT_GROUP']) for (const id of ids) await eligibility({ provider: 'upvest', kind, id });
    await eligibility({ provider: 'emoney', id: randomUUID() });
    const since = [...upvest.ledger.slice(before.upvest), ...emoney.ledger.slice(before.emoney)].filter(({ operation }) => operation !== 'token');
    expect(since.length).toBeGreaterThan(ids.length * 2);
    expect(since.filter(({ method, effect }) => method !== 'GET' || effect)).toEqual([]);
    for (const id of ids) expect(upvest.closeRequests(id)).toBe(0);
  });

  it('asked a hundred times at once reads the account a few times at most', async () => {
    const id = randomUUID();
    await Promise.all(Array.from({ length: 100 }, () => eligibility({ provider: 'upvest', id })));
    expect(gateway.sandboxes.upvest.ledger.filter(({ operation, accountId }) => operation === 'read' && accountId === id).length).toBeLessThan(10);
  });

  it('cannot tell where a list fails, and says why', async () => {
    const id = randomUUID();
    gateway.sandboxes.upvest.change(id, { orders: [{ id: 'order-1', status: 'NEW' }] });
    gateway.sandboxes.upvest.script(`positions ${id}`, 'list', ['down-seconds']);
    expect(await eligibility({ provider: 'upvest', id })).toMatchObject({
      eligible: null,
      error: { code: 'PROVIDER_UNAVAILABLE', retry: 'SAFE_NOW' },
      blockers: [{ code: 'OPEN_ORDERS' }],
    });
  });
});

describe('at a provider that refuses a scope', () => {
  let poor: TestGateway;
  beforeAll(async () => {
    const scopes = ['accounts:admin', ...Object.values(LIST_SCOPES)].filter((scope) => scope !== 'positions:read');
    poor = await startTestGateway({}, { upvest: { scopes } });
  });
  afterAll(() => poor.dispose());

  it.each(['ACCOUNT', 'ACCOUNT_GROUP'])('eligibility of an %s is unknown, with the error, and the closing goes its way', async (kind) => {
    const account = { provider: 'upvest', kind, id: randomUUID() };
    expect(await eligibility(account, poor)).toMatchObject({ eligible: null, providerStatus: 'ACTIVE', blockers: [], error: { code: 'PROVIDER_AUTHENTICATION_FAILED' } });
    const { closure, error } = await poor.client.close({ account });
    expect({ error, status: closure?.status }).toEqual({ error: null, status: 'CLOSING' });
    expect(await poor.client.until(closure?.id ?? '', 'CLOSED')).toMatchObject({ error: null });
  });

  it('a closing says what may be in the way besides', async () => {
    const { closure } = await poor.client.close({ account: { provider: 'upvest', id: magicId('never-done') } });
    type Answer = { closureStatus: { status: string; blockersUnknown: string[] } };
    const query = 'query ($id: ID!) { closureStatus(closureId: $id) { status blockersUnknown } }';
    let seen: Answer['closureStatus'];
    do seen = (await poor.client.graphql<Answer>(query, { id: closure?.id })).closureStatus;
    while (seen.blockersUnknown.length === 0);
    expect(seen).toEqual({ status: 'CLOSING', blockersUnknown: ['OPEN_POSITIONS'] });
  });

  it('what is known to refuse the request is told all the same', async () => {
    const account = { provider: 'upvest', id: magicId('withdrawals') };
    expect(await eligibility(account, poor)).toMatchObject({ eligible: false, blockers: [{ code: 'OUTSTANDING_WITHDRAWALS' }] });
    expect(await poor.client.close({ account })).toMatchObject({ error: { code: 'CLOSURE_BLOCKED', blockers: [{ code: 'OUTSTANDING_WITHDRAWALS' }] } });
  });
});
