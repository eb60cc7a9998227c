import { randomUUID } from 'node:crypto';
import { LIST_SCOPES, SALES_SCOPE, SELL_SCOPE } from '../../providers/upvest/api';
import { MAGIC_ACCOUNTS } from '../../providers/upvest/sandbox/magic';
import { type CloseInput, type ClosurePayload, type ClosureView, freshKey, startTestGateway, type TestGateway } from '../support/gateway';

const SELLS = 'The provider sells the positions.';
const SETTLED = 'The positions are sold, and the sale is settled.';
const POSITIONS = [{ isin: 'US0378331005', quantity: '1.5' }];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({}, { upvest: { sellingMs: 150 } });
});
afterAll(() => gateway.dispose());

const magicId = (name: string): string => MAGIC_ACCOUNTS.find((magic) => magic.name === name)?.id ?? '';
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** An account that cannot be closed before its positions are sold. */
function newAccount(at = gateway): string {
  const id = randomUUID();
  at.sandboxes.upvest.change(id, { positions: POSITIONS });
  return id;
}

function sell(id: string, more: Partial<CloseInput> = {}, at = gateway): Promise<ClosurePayload> {
  return at.client.close({ account: { provider: 'upvest', id }, liquidatePositions: true, ...more });
}

async function when(id: string, isSo: (closure: ClosureView) => boolean): Promise<ClosureView> {
  for (;;) {
    const closure = await gateway.client.status(id);
    if (closure && isSo(closure)) return closure;
    await pause();
  }
}

/** The account is closed and its sale is over, in whichever order. */
const over = (id: string): Promise<ClosureView> => when(id, ({ status, nextCheckAt }) => status === 'CLOSED' && nextCheckAt === null);

/** Requests to sell that reached the provider, and how many of them began a sale. */
function sales(id: string, at = gateway): { requests: number; begun: number } {
  const requests = at.sandboxes.upvest.ledger.filter(({ operation, accountId }) => operation === 'liquidate' && accountId === id);
  return { requests: requests.length, begun: requests.filter(({ effect }) => effect).length };
}

/** The account was read so many times more, and its sales with it. */
async function polls(id: string, count: number): Promise<void> {
  const reads = (): number => gateway.sandboxes.upvest.ledger.filter(({ operation, accountId }) => operation === 'read' && accountId === id).length;
  const before = reads();
  while (reads() < before + count) await pause();
}

const lines = ({ history }: ClosureView): string[] => history.slice(1).map(({ to, detail }) => (detail === null ? to : `${to}: ${detail}`));

describe('an account with positions that are to be sold', () => {
  it.each([
    ['sale-slow', { code: 'OPEN_POSITIONS', resolvableBy: 'TIME', selfResolving: true }],
    ['sale-forbidden', { code: 'OPEN_POSITIONS', resolvableBy: 'HOLDER', selfResolving: false }],
  ])('says who can do something about them: %s', async (name, expected) => {
    const id = randomUUID();
    gateway.sandboxes.upvest.change(id, MAGIC_ACCOUNTS.find((magic) => magic.name === name)?.preset ?? {});
    const { closure } = await sell(id);
    type Answer = { closureStatus: { blockers: object[] } };
    const query = 'query ($id: ID!) { closureStatus(closureId: $id) { blockers { code resolvableBy selfResolving } } }';
    let blockers: object[] = [];
    while (!blockers.some((blocker) => JSON.stringify(blocker) === JSON.stringify(expected))) {
      ({ blockers } = (await gateway.client.graphql<Answer>(query, { id: closure?.id })).closureStatus);
      await pause();
    }
    expect(blockers).toEqual([expected]);
  });

  it('is CLOSING, has them sold once, and is CLOSED', async () => {
    const id = newAccount();
    const { closure, error } = await sell(id);
    expect({ error, troubled: closure?.error }).toEqual({ error: null, troubled: null });
    const done = await over(closure!.id);
    expect(lines(done).slice(0, 2)).toEqual(['CLOSING', `CLOSING: ${SELLS}`]);
    // The account may be closed between a look at the sale and the look at the account.
    expect(lines(done).slice(2)).toEqual(expect.arrayContaining(['CLOSED', expect.stringContaining(SETTLED)]));
    expect(done.history.map(({ cause }) => cause)).toEqual(['REQUEST', 'RESPONSE', 'RESPONSE', 'POLL', 'POLL']);
    expect(done.attempts).toBe(1);
    expect(sales(id)).toEqual({ requests: 1, begun: 1 });
  });

  it('stays CLOSING where nobody asked for a sale', async () => {
    const id = newAccount();
    const { closure } = await sell(id, { liquidatePositions: false });
    await polls(id, 2);
    expect((await gateway.client.status(closure!.id))?.status).toBe('CLOSING');
    expect(sales(id)).toEqual({ requests: 0, begun: 0 });
  });

  it('is the same closure under the same key, and another input is not', async () => {
    const id = newAccount();
    const idempotencyKey = freshKey();
    const { closure } = await sell(id, { idempotencyKey });
    expect(await sell(id, { idempotencyKey })).toMatchObject({ replayed: true, error: null, closure: { id: closure?.id } });
    const other = await sell(id, { idempotencyKey, liquidatePositions: false });
    expect(other).toMatchObject({ error: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    await gateway.client.until(closure!.id, 'CLOSED');
    expect(await sell(id, { idempotencyKey })).toMatchObject({ replayed: true, closure: { id: closure?.id, status: 'CLOSED' } });
    expect(sales(id)).toEqual({ requests: 1, begun: 1 });
  });

  it.each([
    ['the connection is cut', 'reset-after'],
    ['a 500 comes instead', 'applied-500'],
  ] as const)('has them sold once where %s after the sale was begun', async (_what, fault) => {
    const id = newAccount();
    gateway.sandboxes.upvest.script(id, 'liquidate', [fault]);
    const { closure } = await sell(id);
    const done = await over(closure!.id);
    expect(done.history.map(({ detail }) => detail)).toContainEqual(expect.stringMatching(/^The provider sells the positions: its answer was lost, and its list shows the sale/));
    expect(sales(id)).toEqual({ requests: 1, begun: 1 });
  });

  it('has them sold once at the account whose answers are always lost', async () => {
    const { closure } = await sell(magicId('sale-lost'));
    await gateway.client.until(closure!.id, 'CLOSED');
    expect(sales(magicId('sale-lost'))).toEqual({ requests: 1, begun: 1 });
  });

  it.each(['throttled-seconds', { status: 401 }] as const)('is asked for again after an answer that proves it was not applied: %j', async (step) => {
    const id = newAccount();
    gateway.sandboxes.upvest.script(id, 'liquidate', [step]);
    const { closure } = await sell(id);
    await gateway.client.until(closure!.id, 'CLOSED');
    expect(sales(id)).toEqual({ requests: 2, begun: 1 });
  });

  it('of a group is sold from as its accounts are closed', async () => {
    const group = gateway.sandboxes.upvest.openGroup({ accounts: 2 });
    for (const id of group.accounts) gateway.sandboxes.upvest.change(id, { positions: POSITIONS });
    const query = 'mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure { id } error { code } } }';
    const account = { provider: 'upvest', kind: 'ACCOUNT_GROUP', id: group.id };
    const input = { idempotencyKey: freshKey(), account, reason: 'CUSTOMER_REQUEST', includeAccounts: true, liquidatePositions: true };
    const { closeAccount } = await gateway.client.graphql<{ closeAccount: { closure: { id: string } } }>(query, { input });
    await gateway.client.until(closeAccount.closure.id, 'CLOSED');
    expect([group.id, ...group.accounts].map((id) => sales(id).begun)).toEqual([0, 1, 1]);
  });
});

describe('a sale that does not come about', () => {
  it.each([
    ['sale-invalid', 'PROVIDER_REJECTED_REQUEST', 400],
    ['sale-forbidden', 'PROVIDER_PERMISSION_DENIED', 403],
    ['sale-not-acceptable', 'PROVIDER_REJECTED_REQUEST', 406],
  ])('%s: shows in the error and the history, and the closing goes on without it', async (name, code, httpStatus) => {
    const id = magicId(name);
    const { closure, error } = await sell(id);
    expect(error).toBeNull();
    expect(closure).toMatchObject({ status: 'CLOSING', error: { code, provider: 'upvest', providerErrors: [{ httpStatus }] } });
    await polls(id, 2);
    const later = await gateway.client.status(closure!.id);
    expect(later).toMatchObject({ status: 'CLOSING', error: { code } });
    expect(lines(later!)).toEqual(['CLOSING', expect.stringMatching(/^CLOSING: The positions are not sold\. /)]);
    expect(sales(id)).toEqual({ requests: 1, begun: 0 });
    gateway.sandboxes.upvest.change(id, { positions: [] });
    expect(await gateway.client.until(closure!.id, 'CLOSED')).toMatchObject({ error: null });
  });

  it('is told as cancelled, and the closing goes on without it', async () => {
    const id = magicId('sale-cancelled');
    const { closure } = await sell(id);
    const cancelled = await when(closure!.id, ({ error }) => error !== null);
    expect(cancelled).toMatchObject({ status: 'CLOSING', error: { code: 'ACCOUNT_STATE_CONFLICT', message: 'The provider cancelled the sale of the positions.' } });
    expect(lines(cancelled)).toEqual(['CLOSING', `CLOSING: ${SELLS}`, 'CLOSING: The provider cancelled the sale of the positions.']);
    gateway.sandboxes.upvest.change(id, { positions: [] });
    await gateway.client.until(closure!.id, 'CLOSED');
    expect(sales(id)).toEqual({ requests: 1, begun: 1 });
  });

  it.each([
    ['to sell', [SALES_SCOPE]],
    ['to list sales', [SELL_SCOPE]],
  ])('for want of the scope %s shows, and nothing is sent', async (_what, some) => {
    const other = await startTestGateway({}, { upvest: { scopes: ['accounts:admin', ...some, ...Object.values(LIST_SCOPES)] } });
    try {
      const id = newAccount(other);
      const { closure } = await sell(id, {}, other);
      expect(closure).toMatchObject({ status: 'CLOSING', error: { code: 'PROVIDER_AUTHENTICATION_FAILED' } });
      expect(lines(closure!)).toEqual(['CLOSING', expect.stringMatching(/^CLOSING: The positions are not sold so far\. /)]);
      expect(sales(id, other)).toEqual({ requests: 0, begun: 0 });
      other.sandboxes.upvest.change(id, { positions: [] });
      await other.client.until(closure!.id, 'CLOSED');
    } finally {
      await other.dispose();
    }
  });
});

describe('a sale that takes its time', () => {
  it('raises no version, and is followed on when the account is closed before it is over', async () => {
    const id = magicId('sale-slow');
    const { closure } = await sell(id);
    await polls(id, 2);
    const { version } = (await gateway.client.status(closure!.id))!;
    await polls(id, 2);
    expect((await gateway.client.status(closure!.id))?.version).toBe(version);
    gateway.sandboxes.upvest.change(id, { positions: [] });
    const closed = await gateway.client.until(closure!.id, 'CLOSED');
    expect(closed.nextCheckAt).not.toBeNull();
    await polls(id, 2);
    expect(await gateway.client.status(closure!.id)).toMatchObject({ status: 'CLOSED', version: closed.version, closedAt: closed.closedAt });
    const shown = [{ account_id: id, id: randomUUID(), status: 'SETTLED', created_at: new Date().toISOString() }];
    // Another sale on the account is not this one.
    const page = { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ data: shown }) };
    gateway.sandboxes.upvest.script(`liquidations ${id}`, 'list', [page]);
    await polls(id, 2);
    expect((await gateway.client.status(closure!.id))?.version).toBe(closed.version);
  });
});

describe('a sale that cannot be had', () => {
  it.each([
    { provider: 'upvest', kind: 'ACCOUNT_GROUP' },
    { provider: 'emoney', kind: 'ACCOUNT' },
    { provider: 'emoney', kind: 'VIRTUAL_ACCOUNT' },
  ])('is refused before anything is recorded: %j', async (account) => {
    const refused = await sell(randomUUID(), { account: { ...account, id: randomUUID() } });
    expect(refused).toMatchObject({ closure: null, error: { code: 'UNSUPPORTED_BY_PROVIDER', field: ['input', 'liquidatePositions'] } });
  });

  it('is told beforehand', async () => {
    const query = '{ closureProviders { id accountKinds { kind liquidatePositions } } }';
    const { closureProviders } = await gateway.client.graphql<{ closureProviders: { id: string; accountKinds: { kind: string; liquidatePositions: boolean }[] }[] }>(query);
    const able = closureProviders.flatMap(({ id, accountKinds }) => accountKinds.filter((kind) => kind.liquidatePositions).map(({ kind }) => `${id} ${kind}`));
    expect(able).toEqual(['upvest ACCOUNT']);
  });
});
