import { randomUUID } from 'node:crypto';
import { type ClosurePayload, startTestGateway, type TestGateway } from '../support/gateway';

interface Family {
  status: string;
  blockers: { code: string; stage: string; relatedIds: string[] }[];
  error: { code: string; blockers: { code: string; relatedIds: string[] }[] } | null;
  reports: { id: string }[];
  children: { id: string; status: string; error: { code: string } | null; account: { id: string }; parent: { id: string } }[];
}

const FAMILY = `query ($id: ID!) { closureStatus(closureId: $id) {
  status blockers { code stage relatedIds } error { code blockers { code relatedIds } } reports { id }
  children { id status error { code } account { id } parent { id } }
} }`;

const SLOW_DOWN = {
  status: 429,
  headers: { 'content-type': 'application/problem+json' },
  body: '{"type":"https://docs.upvest.co/errors/too_many_requests","title":"Too many requests","status":429}',
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.dispose());

async function closeGroup(id: string): Promise<ClosurePayload> {
  return gateway.client.close({ account: { provider: 'upvest', kind: 'ACCOUNT_GROUP', id }, includeAccounts: true });
}

async function family(id: string): Promise<Family> {
  return (await gateway.client.graphql<{ closureStatus: Family }>(FAMILY, { id })).closureStatus;
}

async function familyWhen(id: string, isSo: (found: Family) => boolean): Promise<Family> {
  for (;;) {
    const found = await family(id);
    if (isSo(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const closes = (ids: string[]): number[] => ids.map((id) => gateway.sandboxes.upvest.effectiveCloses(id));

describe('an account group with its accounts', () => {
  it('ends CLOSED with its three children CLOSED, each closed once', async () => {
    const group = gateway.sandboxes.upvest.openGroup({ accounts: 3, users: 2 });
    const { closure } = await closeGroup(group.id);
    await gateway.client.until(closure!.id, 'CLOSED');
    const found = await familyWhen(closure!.id, ({ children }) => children.every(({ status }) => status === 'CLOSED'));
    expect(found.children.map(({ account }) => account.id).toSorted()).toEqual(group.accounts.toSorted());
    expect(found.children.map(({ parent }) => parent.id)).toEqual(Array.from({ length: 3 }, () => closure!.id));
    expect(closes([group.id, ...group.accounts])).toEqual([1, 1, 1, 1]);
  });

  it('says which accounts it waits for', async () => {
    const group = gateway.sandboxes.upvest.openGroup({ accounts: 2 });
    for (const id of group.accounts) gateway.sandboxes.upvest.script(id, 'close', [SLOW_DOWN, SLOW_DOWN]);
    const { closure } = await closeGroup(group.id);
    expect(await family(closure!.id)).toMatchObject({
      status: 'REQUESTED',
      blockers: [{ code: 'OPEN_CHILD_ACCOUNTS', stage: 'REQUEST', relatedIds: group.accounts.toSorted() }],
    });
    await gateway.client.until(closure!.id, 'CLOSED');
  });

  it('is rejected with an account that cannot be closed, and a new request goes on from there', async () => {
    const blocked = randomUUID();
    const other = randomUUID();
    const id = randomUUID();
    gateway.sandboxes.upvest.change(id, { accounts: [blocked, other] });
    gateway.sandboxes.upvest.change(blocked, { status: 'LOCKED' });
    const { closure } = await closeGroup(id);
    const found = await familyWhen(closure!.id, ({ status }) => status === 'REJECTED');
    expect(found.error).toMatchObject({ code: 'CLOSURE_BLOCKED', blockers: [{ code: 'OPEN_CHILD_ACCOUNTS', relatedIds: [blocked] }] });
    expect(found.children.find(({ account }) => account.id === blocked)).toMatchObject({ status: 'REJECTED', error: { code: 'CLOSURE_BLOCKED' } });
    expect(closes([id])).toEqual([0]);

    gateway.sandboxes.upvest.change(blocked, { status: 'ACTIVE' });
    const again = await closeGroup(id);
    await gateway.client.until(again.closure!.id, 'CLOSED');
    expect(closes([id, blocked, other])).toEqual([1, 1, 1]);
  });

  it('has the positions of its accounts sold', async () => {
    const { upvest } = gateway.sandboxes;
    const group = upvest.openGroup({ accounts: 2 });
    upvest.change(group.accounts[0]!, { positions: [{ isin: 'US0378331005', quantity: '1.5' }] });
    const account = { provider: 'upvest', kind: 'ACCOUNT_GROUP', id: group.id };
    const { closure } = await gateway.client.close({ account, includeAccounts: true, liquidatePositions: true });
    await gateway.client.until(closure!.id, 'CLOSED');
    const { children } = await familyWhen(closure!.id, (found) => found.children.every(({ status }) => status === 'CLOSED'));
    const sold = children.find((child) => child.account.id === group.accounts[0])!;
    const { history } = (await gateway.client.status(sold.id))!;
    expect(history.map(({ detail }) => detail)).toContain('The positions are sold, and the sale is settled.');
  });

  it('lists a group of several pages', async () => {
    const group = gateway.sandboxes.upvest.openGroup({ accounts: 130 });
    const { closure } = await closeGroup(group.id);
    await gateway.client.until(closure!.id, 'CLOSED');
    expect((await family(closure!.id)).children).toHaveLength(130);
    expect(closes(group.accounts).every((count) => count === 1)).toBe(true);
  });

  it('shows what the provider offers', async () => {
    const query = '{ closureProviders { id accountKinds { kind includeAccounts } } }';
    const { closureProviders } = await gateway.client.graphql<{ closureProviders: object[] }>(query);
    expect(closureProviders).toEqual([
      { id: 'upvest', accountKinds: [{ kind: 'ACCOUNT', includeAccounts: false }, { kind: 'ACCOUNT_GROUP', includeAccounts: true }] },
      { id: 'emoney', accountKinds: [{ kind: 'ACCOUNT', includeAccounts: false }, { kind: 'VIRTUAL_ACCOUNT', includeAccounts: false }] },
    ]);
    const refused = await gateway.client.close({ account: { provider: 'emoney', id: randomUUID() }, includeAccounts: true });
    expect(refused).toMatchObject({ closure: null, error: { code: 'UNSUPPORTED_BY_PROVIDER', field: ['input', 'includeAccounts'] } });
  });
});
