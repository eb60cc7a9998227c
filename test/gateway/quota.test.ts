import { randomUUID } from 'node:crypto';
import { type ErrorView, freshKey, startTestGateway, type TestGateway } from '../support/gateway';
import { type Issuer, startIssuer } from '../support/issuer';

/** MAX_CLOSES_PER_HOUR_BY_SUBJECT and _BY_TENANT, as callers of the API meet them. */

const CLOSE = `mutation ($input: CloseAccountInput!) {
  closeAccount(input: $input) { closure { id status } error { code message retry retryAfterSeconds field provider } replayed }
}`;

let issuer: Issuer;
let gateway: TestGateway;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterEach(() => gateway.dispose());
afterAll(() => issuer.close());

async function serve(env: Record<string, string>): Promise<void> {
  gateway = await startTestGateway({ ...issuer.env, AUTHORIZE: 'claim', UPVEST_TENANTS: 'acme,globex', EMONEY_TENANTS: 'acme,globex', ...env });
}

interface Who {
  sub: string;
  tenant?: string;
}

interface Closed {
  closure: { id: string; status: string } | null;
  error: Pick<ErrorView, 'code' | 'message' | 'retry' | 'retryAfterSeconds' | 'field' | 'provider'> | null;
  replayed: boolean;
}

interface Request {
  idempotencyKey: string;
  account: { provider: string; id: string };
}

const newRequest = (provider = 'emoney'): Request => ({ idempotencyKey: freshKey(), account: { provider, id: randomUUID() } });

async function ask<Data>(who: Who, query: string, variables: object, claims: object): Promise<Data> {
  const response = await fetch(`${gateway.client.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await issuer.token({ ...who, ...claims })}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

async function close(who: Who, request: Request): Promise<Closed> {
  const { provider, id } = request.account;
  const input = { ...request, reason: 'CUSTOMER_REQUEST' };
  return (await ask<{ closeAccount: Closed }>(who, CLOSE, { input }, { accounts: [`${provider}:ACCOUNT:UUID:${id}`] })).closeAccount;
}

/** Ids of all closures of the tenant, as its operators see them. */
async function recorded(tenant = 'acme'): Promise<string[]> {
  const { closures } = await ask<{ closures: { edges: { node: { id: string } }[] } }>(
    { sub: 'olga', tenant },
    '{ closures { edges { node { id } } } }',
    {},
    { scope: 'closures:read closures:operate' },
  );
  return closures.edges.map(({ node }) => node.id);
}

const ANNA: Who = { sub: 'anna' };

/** That the request was turned away, and left nothing behind, neither in the store nor at the provider. */
async function expectTurnedAway(who: Who, request: Request): Promise<Closed> {
  const before = await recorded(who.tenant);
  const refused = await close(who, request);
  expect(refused).toEqual({
    closure: null,
    error: {
      code: 'OVERLOADED',
      message: 'As many closings as are allowed in an hour were asked for. Nothing was recorded; the same key may be sent again.',
      retry: 'SAFE_NOW',
      retryAfterSeconds: expect.any(Number),
      field: null,
      provider: null,
    },
    replayed: false,
  });
  // A whole hour after the oldest of those that fill it, which were asked for a moment ago.
  expect(refused.error?.retryAfterSeconds).toBeGreaterThan(3_000);
  expect(refused.error?.retryAfterSeconds).toBeLessThanOrEqual(3_600);
  expect(await recorded(who.tenant)).toEqual(before);
  for (const sandbox of Object.values(gateway.sandboxes)) expect(sandbox.closeRequests(request.account.id)).toBe(0);
  return refused;
}

async function expectClosed(who: Who, request: Request): Promise<string> {
  const { closure, error, replayed } = await close(who, request);
  expect({ error, replayed }).toEqual({ error: null, replayed: false });
  expect(gateway.sandboxes.emoney.closeRequests(request.account.id) + gateway.sandboxes.upvest.closeRequests(request.account.id)).toBe(1);
  return closure?.id ?? '';
}

describe('MAX_CLOSES_PER_HOUR_BY_SUBJECT', () => {
  beforeEach(() => serve({ MAX_CLOSES_PER_HOUR_BY_SUBJECT: '2' }));

  it('turns away one more, at whatever provider, and no other subject', async () => {
    const ids = [await expectClosed(ANNA, newRequest('emoney')), await expectClosed(ANNA, newRequest('upvest'))];
    for (const provider of ['emoney', 'upvest']) await expectTurnedAway(ANNA, newRequest(provider));
    ids.push(await expectClosed({ sub: 'bert' }, newRequest()));
    ids.push(await expectClosed({ sub: 'bert' }, newRequest()));
    await expectTurnedAway({ sub: 'bert' }, newRequest());
    // A subject of the same name in another tenant is somebody else.
    await expectClosed({ sub: 'anna', tenant: 'globex' }, newRequest());
    expect(await recorded()).toEqual(ids.toReversed());
  });

  it('answers a request that comes again, and binds no key of one that was turned away', async () => {
    const first = newRequest();
    const id = await expectClosed(ANNA, first);
    await expectClosed(ANNA, newRequest());
    const refused = newRequest();
    await expectTurnedAway(ANNA, refused);
    await expectTurnedAway(ANNA, refused);
    expect(await close(ANNA, first)).toMatchObject({ closure: { id }, error: null, replayed: true });
    expect(gateway.sandboxes.emoney.closeRequests(first.account.id)).toBe(1);
    // The key is bound still, and so it is not free for another account.
    expect((await close(ANNA, { ...newRequest(), idempotencyKey: first.idempotencyKey })).error).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    await expectClosed({ sub: 'bert' }, refused);
  });

  it('lets no more through of those that ask at the same moment', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => close(ANNA, newRequest())));
    expect(all.map(({ error }) => error?.code ?? 'closed').toSorted()).toEqual([...Array(8).fill('OVERLOADED'), 'closed', 'closed']);
    expect(await recorded()).toHaveLength(2);
    const { emoney } = gateway.sandboxes;
    expect(emoney.closeRequests()).toBe(2);
  });
});

describe('MAX_CLOSES_PER_HOUR_BY_TENANT', () => {
  it('turns away one more, whoever asks, and no other tenant', async () => {
    await serve({ MAX_CLOSES_PER_HOUR_BY_TENANT: '2' });
    const first = newRequest();
    const ids = [await expectClosed(ANNA, first), await expectClosed({ sub: 'bert' }, newRequest())];
    for (const sub of ['anna', 'bert', 'carl']) await expectTurnedAway({ sub }, newRequest());
    expect(await close(ANNA, first)).toMatchObject({ closure: { id: ids[0] }, error: null, replayed: true });
    await expectClosed({ sub: 'anna', tenant: 'globex' }, newRequest());
    expect(await recorded()).toEqual(ids.toReversed());
  });

  it('goes with the one by subject: the fuller of the two decides', async () => {
    await serve({ MAX_CLOSES_PER_HOUR_BY_SUBJECT: '1', MAX_CLOSES_PER_HOUR_BY_TENANT: '2' });
    await expectClosed(ANNA, newRequest());
    await expectTurnedAway(ANNA, newRequest());
    await expectClosed({ sub: 'bert' }, newRequest());
    await expectTurnedAway({ sub: 'carl' }, newRequest());
  });
});

it('is one of the ways in which the gateway says that it has no room', async () => {
  await serve({ MAX_CLOSES_PER_HOUR_BY_SUBJECT: '1' });
  await expectClosed(ANNA, newRequest());
  await expectTurnedAway(ANNA, newRequest());
  expect(await (await fetch(`${gateway.client.url}/metrics`)).text()).toContain('closure_overloaded_total{provider="emoney"} 1');
});
