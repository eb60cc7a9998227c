import { randomUUID } from 'node:crypto';
import { webhookEvent } from '../../providers/upvest/sandbox/webhook-events';
import { startTestGateway, type TestGateway } from '../support/gateway';

/** Reads come too late to matter here: what settles a closure is the provider's webhook. */
const ONLY_WEBHOOKS = { POLL_MIN_MS: '600000', POLL_MAX_MS: '600000' };

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway(ONLY_WEBHOOKS, { upvest: { closingMs: 100 } });
  gateway.sandboxes.upvest.subscribe(`${gateway.client.url}/webhooks/upvest`);
});
afterAll(() => gateway.dispose());

const REPORTS = 'query ($id: ID!) { closureStatus(closureId: $id) { reports { id type createdAt } } }';
const OF_ACCOUNT = `query ($account: AccountInput!) { closures(filter: { account: $account }) {
  edges { node { id status initiator reason attempts idempotencyKey } } } }`;

describe('webhooks of the investment provider', () => {
  it.each(['ACCOUNT', 'ACCOUNT_GROUP'] as const)('close an %s without a poll', async (kind) => {
    const { closure } = await gateway.client.close({ account: { provider: 'upvest', kind, id: randomUUID() } });
    const done = await gateway.client.until(closure?.id ?? '', 'CLOSED');
    expect(done.history.map(({ to, cause }) => `${to} by ${cause}`)).toEqual(['REQUESTED by REQUEST', 'CLOSING by RESPONSE', 'CLOSED by WEBHOOK']);
  });

  it('bring the closing report', async () => {
    const { closure } = await gateway.client.close({ account: { provider: 'upvest', id: randomUUID() } });
    type Answer = { closureStatus: { reports: object[] } };
    let reports: object[] = [];
    while (reports.length === 0) ({ reports } = (await gateway.client.graphql<Answer>(REPORTS, { id: closure?.id })).closureStatus);
    expect(reports).toEqual([{ id: expect.any(String), type: 'ACCOUNT_CLOSING', createdAt: expect.any(String) }]);
  });

  it('bring the reports of its accounts to a group, which they close without a poll', async () => {
    const { upvest } = gateway.sandboxes;
    const group = upvest.openGroup({ accounts: 3 });
    const account = { provider: 'upvest', kind: 'ACCOUNT_GROUP', id: group.id };
    const { closure } = await gateway.client.close({ account, includeAccounts: true });
    await gateway.client.until(closure!.id, 'CLOSED');
    type Answer = { closureStatus: { reports: object[]; children: { status: string; reports: object[] }[] } };
    const query = 'query ($id: ID!) { closureStatus(closureId: $id) { reports { id } children { status reports { id } } } }';
    const ask = async () => (await gateway.client.graphql<Answer>(query, { id: closure!.id })).closureStatus;
    let found = await ask();
    while (found.reports.length < 3) found = await ask();
    expect(found.children.map(({ status }) => status)).toEqual(['CLOSED', 'CLOSED', 'CLOSED']);
    expect(found.children.flatMap(({ reports }) => reports)).toEqual(expect.arrayContaining(found.reports));
  });

  it('settle a closing whose answer was lost and whose reads fail', async () => {
    const id = randomUUID();
    const { upvest } = gateway.sandboxes;
    upvest.script(id, 'close', ['reset-after']);
    upvest.script(id, 'read', Array.from({ length: 50 }, () => 'reset-before' as const));
    const { closure } = await gateway.client.close({ account: { provider: 'upvest', id } });
    await gateway.client.until(closure?.id ?? '', 'CLOSED');
    expect(upvest.closeRequests(id)).toBe(1);
  });

  it('make a closing that the provider starts a closure of its own', async () => {
    const id = randomUUID();
    const { upvest } = gateway.sandboxes;
    upvest.script(id, 'close', [{ status: 403, headers: { 'content-type': 'application/problem+json' }, body: '{"type":"https://docs.upvest.co/errors/forbidden","title":"Forbidden","status":403}' }]);
    const refused = await gateway.client.close({ account: { provider: 'upvest', id } });
    expect(refused.error?.code).toBe('PROVIDER_PERMISSION_DENIED');
    upvest.startClosing(id);
    type Answer = { closures: { edges: { node: { id: string; status: string } }[] } };
    const newest = async () => (await gateway.client.graphql<Answer>(OF_ACCOUNT, { account: { provider: 'upvest', id } })).closures.edges[0]?.node;
    let own = await newest();
    while (own?.id === refused.closure?.id) own = await newest();
    expect(own).toMatchObject({ initiator: 'PROVIDER', reason: 'PROVIDER_DECISION', attempts: 0, idempotencyKey: null });
    await gateway.client.until(own?.id ?? '', 'CLOSED');
  });
});

describe('deliveries that prove nothing', () => {
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(gateway.client.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

  it.each([
    ['unsigned', '/webhooks/upvest', '{"payload":[]}', {}, 401],
    ['no JSON', '/webhooks/upvest', 'nonsense', {}, 401],
    ['empty', '/webhooks/upvest', '', {}, 401],
    ['with a coded body', '/webhooks/upvest', '{}', { 'content-encoding': 'gzip' }, 415],
    ['for a provider that sends none', '/webhooks/emoney', '{}', {}, 404],
    ['for no provider', '/webhooks/nobank', '{}', {}, 404],
    ['for a hostile provider', '/webhooks/..%2f..', '{}', {}, 404],
    ['too large', '/webhooks/upvest', 'x'.repeat(2 * 1024 * 1024), {}, 413],
  ])('%s', async (_, path, body, headers, status) => {
    expect((await post(path, body, headers)).status).toBe(status);
  });

  it('signed, and then changed by one bit or delivered long after, are refused and move nothing', async () => {
    const id = randomUUID();
    const { upvest } = gateway.sandboxes;
    upvest.change(id, { closingMs: null });
    const { closure } = await gateway.client.close({ account: { provider: 'upvest', id } });
    const path = '/webhooks/upvest';
    const news = webhookEvent('ACCOUNT.CLOSED', { id, status: 'CLOSED' });
    const send = async ({ headers, body }: ReturnType<typeof upvest.signDelivery>) =>
      (await fetch(gateway.client.url + path, { method: 'POST', headers, body: new Uint8Array(body) })).status;
    const good = upvest.signDelivery([news], { path });
    const flipped = [...good.body.keys()].map((index) => {
      const body = Buffer.from(good.body);
      body.writeUInt8(body.readUInt8(index) ^ (1 << index % 8), index);
      return { headers: good.headers, body };
    });
    const stale = upvest.signDelivery([news], { path, created: Math.floor(Date.now() / 1000) - 3_600 });
    const statuses: number[] = [];
    for (const delivery of [...flipped, stale]) statuses.push(await send(delivery));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(await gateway.client.status(closure!.id)).toMatchObject({ status: 'CLOSING' });
    expect(await send(good)).toBe(200);
    await gateway.client.until(closure!.id, 'CLOSED');
  });

  it('are taken up to 1 MiB, and no further', async () => {
    const path = '/webhooks/upvest';
    const statusOf = async (size: number) => {
      const { headers, body } = gateway.sandboxes.upvest.signDelivery(Buffer.alloc(size, ' '), { path });
      return (await fetch(gateway.client.url + path, { method: 'POST', headers, body: new Uint8Array(body) })).status;
    };
    expect(await statusOf(1024 * 1024)).toBe(200);
    expect(await statusOf(1024 * 1024 + 1)).toBe(413);
  });

  it('by GET there is nothing', async () => {
    expect((await fetch(`${gateway.client.url}/webhooks/upvest`)).status).toBe(404);
  });
});
