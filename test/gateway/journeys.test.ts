import { randomUUID } from 'node:crypto';
import { startTestGateway, type TestGateway } from '../support/gateway';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.dispose());

describe('closing accounts at both providers through one mutation', () => {
  it.each([
    ['ACCOUNT', 'NOT_SENT'],
    ['ACCOUNT_GROUP', 'EXACT'],
  ] as const)('upvest %s: accepted, closing, closed', async (kind, reasonMapping) => {
    const id = randomUUID();
    const { closure, error, replayed } = await gateway.client.close({ account: { provider: 'upvest', kind, id: id.toUpperCase() } });
    expect({ error, replayed }).toEqual({ error: null, replayed: false });
    expect(closure).toMatchObject({
      status: 'CLOSING',
      terminal: false,
      reasonMapping,
      providerStatus: 'CLOSING',
      attempts: 1,
      account: { provider: 'upvest', kind, id, idType: 'UUID', closureRef: `upvest:${kind}:UUID:${id}`, displayId: `••••${id.slice(-4)}` },
    });
    const done = await gateway.client.until(closure?.id ?? '', 'CLOSED');
    expect(done).toMatchObject({ terminal: true, providerStatus: 'CLOSED', error: null, nextCheckAt: null, closedAt: expect.any(String) });
    expect(done.history).toEqual([
      { from: null, to: 'REQUESTED', cause: 'REQUEST', detail: null },
      { from: 'REQUESTED', to: 'CLOSING', cause: 'RESPONSE', detail: null },
      { from: 'CLOSING', to: 'CLOSED', cause: 'POLL', detail: null },
    ]);
    expect(gateway.sandboxes.upvest.effectiveCloses(id)).toBe(1);
  });

  it.each([
    ['ACCOUNT', 'UUID', undefined, randomUUID(), undefined],
    ['ACCOUNT', 'UUID', 'UUID', randomUUID(), undefined],
    ['ACCOUNT', 'IBAN', 'IBAN', 'ES09 6722 2000 4900 0000 2360', undefined],
    ['ACCOUNT', 'BBAN', 'BBAN', 'PNXT 0999 1100 0000 10', 'GB'],
    ['VIRTUAL_ACCOUNT', 'UUID', undefined, randomUUID(), undefined],
  ] as const)('emoney %s by %s (asked as %s): closed at once', async (kind, stored, idType, id, country) => {
    const { closure, error } = await gateway.client.close({ account: { provider: 'emoney', kind, id, idType, country } });
    expect(error).toBeNull();
    expect(closure).toMatchObject({ status: 'CLOSED', terminal: true, reasonMapping: 'EXACT', attempts: 1, account: { kind, idType: stored } });
    expect((await gateway.client.status(closure?.id ?? ''))?.history).toEqual([
      { from: null, to: 'REQUESTED', cause: 'REQUEST', detail: null },
      { from: 'REQUESTED', to: 'CLOSED', cause: 'RESPONSE', detail: null },
    ]);
  });

  it('an announcement closes nothing', async () => {
    const id = randomUUID();
    const { closure } = await gateway.client.close({ account: { provider: 'upvest', kind: 'ACCOUNT_GROUP', id }, announceOnly: true });
    expect(closure).toMatchObject({ status: 'ANNOUNCED', terminal: true });
    expect(gateway.sandboxes.upvest.effectiveCloses(id)).toBe(0);
    expect(await gateway.client.close({ account: { provider: 'upvest', kind: 'ACCOUNT_GROUP', id } })).toMatchObject({ error: null });
  });

  it('closureStatus knows nothing of an unknown id', async () => {
    expect(await gateway.client.status(randomUUID())).toBeNull();
  });

  it('an account that is told by its reads to have other names is found by each of them', async () => {
    const uuid = 'acc00000-0000-4000-8000-000000000010';
    const { closure } = await gateway.client.close({ account: { provider: 'emoney', id: uuid } });
    expect(closure).toMatchObject({ status: 'CLOSED' });
    await gateway.client.graphql('mutation ($id: ID!) { refreshClosure(closureId: $id) { error { code } } }', { id: closure?.id });
    const again = await gateway.client.close({ account: { provider: 'emoney', idType: 'IBAN', id: 'ES8299999999530000000096' } });
    expect(again).toMatchObject({ error: { code: 'ACCOUNT_ALREADY_CLOSED' }, closure: { id: closure?.id } });
  });
});

describe('100 concurrent calls', () => {
  it('with one key: one closure, one close request', async () => {
    const id = randomUUID();
    const idempotencyKey = `one-key-${id}`;
    const results = await Promise.all(
      Array.from({ length: 100 }, () => gateway.client.close({ idempotencyKey, account: { provider: 'upvest', id } })),
    );
    expect(new Set(results.map(({ closure }) => closure?.id)).size).toBe(1);
    expect(results.filter(({ replayed }) => replayed)).toHaveLength(99);
    expect(results.filter(({ error }) => error)).toHaveLength(0);
    expect(gateway.sandboxes.upvest.closeRequests(id)).toBe(1);
  });

  it('for one account with different keys: one close request, 99 times CLOSURE_IN_PROGRESS with the running closure', async () => {
    const id = randomUUID();
    const results = await Promise.all(Array.from({ length: 100 }, () => gateway.client.close({ account: { provider: 'upvest', id } })));
    const [winner] = results.filter(({ error }) => error === null);
    const refused = results.filter(({ error }) => error?.code === 'CLOSURE_IN_PROGRESS');
    expect(refused).toHaveLength(99);
    expect(new Set(refused.map(({ closure }) => closure?.id))).toEqual(new Set([winner?.closure?.id]));
    expect(refused[0]?.error?.retry).toBe('READ_FIRST');
    await gateway.client.until(winner!.closure!.id, 'CLOSED');
    expect(gateway.sandboxes.upvest.closeRequests(id)).toBe(1);
  });
});
