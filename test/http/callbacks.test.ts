import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { callbackGate } from '../../src/config/callback-hosts';
import type { Closure } from '../../src/domain/closure';
import { type Api, startApi } from '../support/api';
import { type Callback, type FakeRouter, startFakeRouter } from '../support/fake-router';
import { byToken, changeClosure, resolveClosure, WATCH } from '../support/watching';

let api: Api;
let router: FakeRouter;
let closure: Closure;
beforeEach(async () => {
  router = await startFakeRouter();
  api = await startApi({ authenticate: byToken, mayCallBack: callbackGate([router.host]) });
  closure = await api.seed();
});
afterEach(async () => {
  await api.close();
  await router.close();
});

interface Asked {
  query?: string;
  id?: unknown;
  token?: string;
  url?: string;
  subscription?: Record<string, unknown>;
}

/** Asks as a router does. */
async function ask({ query = WATCH, id = closure.id, token = 'default/someone', url = api.url, subscription = {} }: Asked = {}) {
  const extensions = {
    subscription: { callbackUrl: `${router.url}/callback/1`, subscriptionId: 'one', verifier: 'secret', heartbeatIntervalMs: 0, ...subscription },
  };
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json;callbackSpec=1.0', authorization: token },
    body: JSON.stringify({ query, variables: { id }, extensions }),
  });
  return { status: response.status, body: (await response.json()) as { data?: unknown; errors?: { message: string; extensions: Record<string, unknown> }[] } };
}

function statusOf(payload: Callback['payload']): string | undefined {
  return (payload?.data?.['closureUpdated'] as { status: string } | undefined)?.status;
}

const change = (status: Closure['status']) => changeClosure(api, closure.id, { status });

it('a router is called once to see that it is there, then with each state, then with the end', async () => {
  expect(await ask()).toEqual({ status: 200, body: { data: null } });
  await router.atLeast(1, 'next');
  await change('CLOSING');
  await router.atLeast(2, 'next');
  await change('CLOSED');
  await router.atLeast(1, 'complete');
  expect(router.calls.map(({ action }) => action)).toEqual(['check', 'next', 'next', 'next', 'complete']);
  expect(router.calls.map(({ payload }) => statusOf(payload))).toEqual([undefined, 'REQUESTED', 'CLOSING', 'CLOSED', undefined]);
  for (const call of router.calls) expect(call).toMatchObject({ path: '/callback/1', kind: 'subscription', id: 'one', verifier: 'secret' });
  expect(router.calls[0]?.protocol).toBe('callback/1.0');
  expect(router.calls.at(-1)?.errors).toBeUndefined();
  expect(api.logged).toEqual([]);
});

it('it is told of one that waits for a person, and of what the person decided', async () => {
  await change('CLOSING');
  await ask();
  await router.atLeast(1, 'next');
  await change('NEEDS_REVIEW');
  await router.atLeast(2, 'next');
  await wait(300);
  expect(router.calls.at(-1)?.action).toBe('next');
  await resolveClosure(api, closure.id);
  await router.atLeast(1, 'complete');
  expect(router.calls.map(({ payload }) => statusOf(payload))).toEqual([undefined, 'CLOSING', 'NEEDS_REVIEW', 'CLOSED', undefined]);
});

it('it is called again and again where it wishes, and no more once it does not know the subscription', async () => {
  await ask({ subscription: { heartbeatIntervalMs: 1_000 } });
  await router.atLeast(2, 'check');
  router.answer = () => 404;
  await router.atLeast(3, 'check');
  // Until the gateway has read that answer.
  await wait(200);
  const calls = router.calls.length;
  await change('CLOSING');
  await wait(1_200);
  expect(router.calls).toHaveLength(calls);
});

it('two with one address have each its own calls and its own end', async () => {
  const other = await api.seed();
  await ask({ subscription: { subscriptionId: 'one', heartbeatIntervalMs: 1_000 } });
  await ask({ id: other.id, subscription: { subscriptionId: 'two', heartbeatIntervalMs: 1_000 } });
  const checks = (id: string) => router.calls.filter((call) => call.id === id && call.action === 'check').length;
  await router.atLeast(6, 'check');
  await changeClosure(api, other.id, { status: 'CLOSED' });
  await router.atLeast(1, 'complete');
  const [goesOn, ended] = [checks('one'), checks('two')];
  expect(Math.min(goesOn, ended)).toBeGreaterThan(1);
  await wait(1_500);
  expect(checks('two')).toBe(ended);
  expect(checks('one')).toBeGreaterThan(goesOn);
  await change('CLOSED');
  const ends = await router.atLeast(2, 'complete');
  expect(ends.map(({ id }) => id)).toEqual(['two', 'one']);
  expect(new Set(router.calls.map(({ path }) => path))).toEqual(new Set(['/callback/1']));
  expect(api.logged).toEqual([]);
});

it('the names of before are taken, too', async () => {
  const former = { callbackUrl: undefined, subscriptionId: undefined, callback_url: `${router.url}/former`, subscription_id: 'former' };
  await ask({ subscription: former });
  const [call] = await router.atLeast(1, 'next');
  expect(call).toMatchObject({ path: '/former', id: 'former' });
});

it.each([
  ['unknown', '01890000-0000-7000-8000-000000000000', 'default/someone'],
  ['of another tenant', null, 'other/someone'],
])('a closure that is %s completes without a word', async (_what, id, token) => {
  await ask({ id: id ?? closure.id, token });
  await router.atLeast(1, 'complete');
  expect(router.calls.map(({ action, errors }) => [action, errors])).toEqual([['check', undefined], ['complete', undefined]]);
});

it('an expired token ends it', async () => {
  await ask({ token: `default/someone/${Date.now() + 400}` });
  await router.atLeast(1, 'complete');
  expect(router.calls.map(({ action }) => action)).toEqual(['check', 'next', 'complete']);
});

describe('without a call', () => {
  it.each([
    ['nobody known', { token: '' }, 401, 'UNAUTHENTICATED'],
    ['a host that was not named', { subscription: { callbackUrl: 'https://169.254.169.254/latest' } }, 400, 'BAD_REQUEST'],
    ['an address that is none', { subscription: { callbackUrl: 'callback' } }, 400, 'BAD_REQUEST'],
    ['no verifier', { subscription: { verifier: undefined } }, 400, 'BAD_REQUEST'],
    ['calls without a pause', { subscription: { heartbeatIntervalMs: 1 } }, 400, 'BAD_REQUEST'],
    ['a query', { query: 'query ($id: ID!) { closureStatus(closureId: $id) { id } }' }, 400, 'BAD_REQUEST'],
    ['a mutation', { query: 'mutation ($id: ID!) { cancelClosure(closureId: $id) { error { code } } }' }, 400, 'BAD_REQUEST'],
    ['a document that is not valid', { query: 'subscription { closureUpdate { id } }' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a document that does not parse', { query: 'subscription {' }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['a document that is too large', { query: `{ ${Array.from({ length: 501 }, (_, i) => `a${i}: __typename`).join(' ')} }` }, 400, 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s is refused', async (_what, asked, status, code) => {
    const { status: found, body } = await ask(asked);
    expect([found, body.errors?.map(({ extensions }) => extensions['code'])]).toEqual([status, [code]]);
    const [stored] = await api.watched.store.closures('default', [closure.id]);
    expect(stored?.status).toBe('REQUESTED');
    expect(router.calls).toEqual([]);
    expect(api.logged).toEqual([]);
  });

  it('every callback is refused where no host was named', async () => {
    const closed = await startApi({ authenticate: byToken });
    const { body } = await ask({ url: closed.url });
    expect(body.errors).toMatchObject([{ message: expect.stringContaining('callback URL'), extensions: { code: 'BAD_REQUEST' } }]);
    await closed.close();
    expect(router.calls).toEqual([]);
  });
});

describe('what is sent is as it is elsewhere', () => {
  it.each([
    ['a scope that lacks', { token: 'default/someone//closures:write' }, 'FORBIDDEN', 'closures:read'],
    ['a variable of the wrong type', { id: ['DE89370400440532013000'] }, 'BAD_USER_INPUT', 'invalid value'],
  ])('%s', async (_what, asked, code, message) => {
    await ask({ ...asked, subscription: { heartbeatIntervalMs: 1_000 } });
    const [end] = await router.atLeast(1, 'complete');
    expect(end?.errors).toMatchObject([{ message: expect.stringContaining(message), extensions: { code, correlationId: expect.any(String) } }]);
    expect(JSON.stringify(end)).not.toContain('DE8937');
    const calls = router.calls.length;
    // It is not called on after its end.
    await wait(1_200);
    expect(router.calls).toHaveLength(calls);
  });

  it('what breaks is masked', async () => {
    await ask();
    await router.atLeast(1, 'next');
    api.watched.fail('events', new Error('The disk says DE89370400440532013000.'));
    await change('CLOSING');
    await router.atLeast(2, 'next');
    api.watched.fail('events', null);
    api.watched.fail('closures', new Error('The disk says DE89370400440532013000.'));
    const [, broken] = router.calls.filter(({ action }) => action === 'next');
    expect(broken?.payload?.errors).toMatchObject([{ message: 'Internal error', extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: expect.any(String) } }]);
    await api.watched.store.commit({ id: closure.id, guard: { version: 2 }, set: { status: 'CLOSED' }, visible: true, lease: 'release' });
    const [end] = await router.atLeast(1, 'complete');
    expect(end?.errors).toMatchObject([{ message: 'Internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(JSON.stringify(router.calls)).not.toContain('disk');
    expect(api.logged.map(({ message }) => message)).toEqual(['unexpected error in the API', 'unexpected error in the API']);
  });
});

describe('a router in trouble', () => {
  it('that does not take the first call has its request refused', async () => {
    router.answer = () => 400;
    const { status, body } = await ask();
    expect([status, body.errors?.map(({ extensions }) => extensions['code'])]).toEqual([400, ['BAD_REQUEST']]);
    expect(JSON.stringify(body)).not.toContain('unexpected status');
    await change('CLOSING');
    expect(router.calls.map(({ action }) => action)).toEqual(['check']);
  });

  it('cannot send the gateway elsewhere', async () => {
    const elsewhere = await startFakeRouter();
    router.answer = () => ({ status: 307, location: `${elsewhere.url}/${randomUUID()}` });
    expect((await ask()).status).toBe(400);
    expect(elsewhere.calls).toEqual([]);
    await elsewhere.close();
  });

  it('is tried again for a state, and given the latest of those that came meanwhile', async () => {
    let trouble = 2;
    router.answer = ({ action }) => (action === 'next' && trouble-- > 0 ? 503 : 200);
    await ask();
    await router.atLeast(1, 'next');
    for (const status of ['UNCONFIRMED', 'CLOSING', 'ACTION_REQUIRED', 'CLOSED'] as const) await change(status);
    await router.atLeast(1, 'complete');
    const told = router.calls.filter(({ action }) => action === 'next').map(({ payload }) => statusOf(payload));
    expect(told).toEqual(['REQUESTED', 'REQUESTED', 'REQUESTED', 'CLOSED']);
  });

  it.each([400, 500])('that answers the last call with %s costs nothing but that call', async (status) => {
    router.answer = ({ action }) => (action === 'complete' ? status : 200);
    await ask({ token: 'default/someone//closures:write' });
    await router.atLeast(status === 500 ? 3 : 1, 'complete');
    await wait(300);
    expect(router.calls.filter(({ action }) => action === 'complete')).toHaveLength(status === 500 ? 3 : 1);
    expect(await api.graphql('{ closureProviders { id } }', {}, { authorization: 'default/someone' })).toMatchObject({ status: 200 });
  });
});

it('a drain completes what goes on, and waits until the router has heard it', async () => {
  let trouble = 2;
  router.answer = ({ action }) => (action === 'complete' && trouble-- > 0 ? 503 : 200);
  await ask();
  await router.atLeast(1, 'next');
  await api.server.drain();
  expect(router.calls.map(({ action }) => action)).toEqual(['check', 'next', 'complete', 'complete', 'complete']);
});
