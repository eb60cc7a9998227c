import { randomUUID } from 'node:crypto';
import { type AccountRef, closureRef } from '../../src/domain/account';
import type { Closure } from '../../src/domain/closure';
import { HttpPolicy } from '../../src/policy/http';
import { systemClock } from '../../src/system';
import { type Api, startApi } from '../support/api';
import { decides, type PolicyAnswer, type PolicyServer, startPolicyServer } from '../support/policy-server';
import { closureRecord } from '../support/closure-record';
import { ScriptedProvider } from '../support/scripted-provider';
import { follow, sseClient, wsClient } from '../support/watching';

/**
 * With AUTHORIZE=http: what is not the caller's looks like what is not there, byte by byte, and has the policy asked as often,
 * whatever state the policy endpoint is in. How long it takes follows from that.
 */

const CALLER = { 'x-test-scopes': 'closures:read closures:write', 'x-test-subject': 'anna' };
const TIMEOUT_MS = 250;

const STATES: Record<string, () => PolicyAnswer> = {
  'says no': () => decides(false),
  'says no after a while': () => decides(false, TIMEOUT_MS / 5),
  'answers 503': () => ({ status: 503, body: '' }),
  'answers something else': () => ({ body: '{"allow":false}' }),
  'does not answer': () => null,
};

const bank = new ScriptedProvider();
let policyServer: PolicyServer;
let policy: HttpPolicy;
let api: Api;
beforeAll(async () => {
  policyServer = await startPolicyServer();
  policy = new HttpPolicy({ url: policyServer.url, token: undefined, timeoutMs: TIMEOUT_MS, cacheMs: 0, clock: systemClock });
  api = await startApi({}, [bank.configured()], { policy });
});
afterAll(async () => {
  await api.close();
  await policy.dispose();
  await policyServer.close();
});

const newAccount = (): AccountRef => ({ provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: randomUUID() });
const inputOf = ({ provider, kind, id }: AccountRef) => ({ provider, kind, id });

interface Pair {
  /** Somebody else's, or with something of somebody else's. */
  theirs: Closure;
  /** Recorded nowhere, or with nothing. */
  nothing: Closure;
}

const someoneElses = async (): Promise<Pair> => ({
  theirs: await api.seed({ account: newAccount(), subject: 'bank-officer', status: 'CLOSING' }),
  nothing: closureRecord({ account: newAccount() }),
});
const myGroup = (): Partial<Closure> => ({ account: { ...newAccount(), kind: 'ACCOUNT_GROUP' }, subject: 'anna', includeAccounts: true });
const withChildOfSomebodyElse = async (): Promise<Pair> => ({
  theirs: await api.seed(myGroup(), [closureRecord({ account: newAccount(), subject: 'bank-officer' })]),
  nothing: await api.seed(myGroup()),
});
const withParentOfSomebodyElse = async (): Promise<Pair> => {
  const theirs = closureRecord({ account: newAccount(), subject: 'anna' });
  await api.seed({ ...myGroup(), subject: 'bank-officer' }, [theirs]);
  return { theirs, nothing: await api.seed({ account: newAccount(), subject: 'anna' }) };
};

type Way = (closure: Closure) => Promise<string>;
const post = (query: string, variables: (closure: Closure) => object): Way => async (closure) =>
  (await api.graphql(query, variables(closure), { ...CALLER, 'x-correlation-id': 'not-yours-test' })).text;
const id = (closure: Closure) => ({ id: closure.id });
const entity = (on: string, key: (closure: Closure) => object): Way =>
  post(`query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${on} } }`, (closure) => ({ r: [key(closure)] }));
const payload = (name: string): Way => post(`mutation ($id: ID!) { ${name}(closureId: $id) { closure { id } error { code message } } }`, id);
const watch = (client: () => Parameters<typeof follow>[0] & { dispose(): unknown }): Way => async (closure) => {
  const opened = client();
  const followed = follow(opened, { id: closure.id });
  const end = await followed.end;
  await opened.dispose();
  return JSON.stringify([followed.results, end]);
};

const WAYS: Record<string, { seed: () => Promise<Pair>; way: Way }> = {
  closureStatus: { seed: someoneElses, way: post('query ($id: ID!) { closureStatus(closureId: $id) { id status } }', id) },
  'two of them, one that is there twice': {
    seed: someoneElses,
    way: post('query ($id: ID!, $other: ID!) { a: closureStatus(closureId: $id) { id } b: closureStatus(closureId: $other) { id } }', ({ id: one }) => ({ id: one, other: one })),
  },
  'closures of the account': {
    seed: someoneElses,
    way: post('query ($account: AccountInput!) { closures(filter: { account: $account }) { edges { node { id } } } }', ({ account }) => ({ account: inputOf(account) })),
  },
  'closures by the key': {
    seed: someoneElses,
    way: post('query ($key: String!) { closures(filter: { idempotencyKey: $key }) { edges { node { id } } } }', ({ idempotencyKey }) => ({ key: idempotencyKey })),
  },
  'the entity Closure': { seed: someoneElses, way: entity('Closure { id status }', ({ id: own }) => ({ __typename: 'Closure', id: own })) },
  'the entity Account': {
    seed: someoneElses,
    way: entity('Account { closureRef closure { id } }', ({ account }) => ({ __typename: 'Account', closureRef: closureRef(account) })),
  },
  refreshClosure: { seed: someoneElses, way: payload('refreshClosure') },
  cancelClosure: { seed: someoneElses, way: payload('cancelClosure') },
  closureEligibility: {
    seed: someoneElses,
    way: post('query ($account: AccountInput!) { closureEligibility(account: $account) { eligible error { code message } } }', ({ account }) => ({ account: inputOf(account) })),
  },
  closeAccount: {
    seed: someoneElses,
    way: post('mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure { id } error { code message } } }', ({ account }) => ({
      input: { idempotencyKey: 'not-yours-test-000001', account: inputOf(account), reason: 'CUSTOMER_REQUEST' },
    })),
  },
  'closureUpdated by server-sent events': { seed: someoneElses, way: watch(() => sseClient(api.url, { headers: CALLER })) },
  'closureUpdated by WebSocket': { seed: someoneElses, way: watch(() => wsClient(api.url, {}, CALLER)) },
  "somebody else's account in my group": { seed: withChildOfSomebodyElse, way: post('query ($id: ID!) { closureStatus(closureId: $id) { id children { id } } }', id) },
  "my account in somebody else's group": { seed: withParentOfSomebodyElse, way: post('query ($id: ID!) { closureStatus(closureId: $id) { id parent { id } } }', id) },
};

/** What tells one from the other, and may: what was asked for. */
function unnamed(text: string, closure: Closure): string {
  return text.replaceAll(closure.id, '<id>').replaceAll(closure.account.id, '<account>').replaceAll(/"correlationId":"[^"]*"/g, '"correlationId":"<own>"');
}

describe.each(Object.entries(STATES))('a policy that %s', (_state, answer) => {
  it.each(Object.entries(WAYS))('tells nothing by %s', async (name, { seed, way }) => {
    policyServer.answer = answer;
    const { theirs, nothing } = await seed();
    const looks = async (closure: Closure) => {
      policyServer.asked.length = 0;
      const text = unnamed(await way(closure), closure);
      return { text, questions: policyServer.asked.map(({ action }) => action.name) };
    };
    const [seen, unseen] = [await looks(theirs), await looks(nothing)];
    expect(seen).toEqual(unseen);
    expect(seen.text).not.toContain('INTERNAL_SERVER_ERROR');
    // Not because nobody was asked.
    expect(seen.questions.length).toBe(name === 'closures by the key' ? 0 : 1);
  });
});

it('is shown to those whom the policy lets see it', async () => {
  policyServer.answer = () => decides(true);
  for (const [name, { seed, way }] of Object.entries(WAYS)) {
    // Keys are those of whoever used them, and what is read is no matter of what is stored.
    if (['closures by the key', 'closureEligibility', 'closureUpdated by server-sent events', 'closureUpdated by WebSocket'].includes(name)) continue;
    const { theirs, nothing } = await seed();
    const [seen, unseen] = [unnamed(await way(theirs), theirs), unnamed(await way(nothing), nothing)];
    expect({ name, isSame: seen === unseen }).toEqual({ name, isSame: false });
  }
});

it('keeps who asks for their own closures out of the policy\'s troubles', async () => {
  policyServer.answer = () => null;
  const own = await api.seed({ account: newAccount(), subject: 'anna' });
  const { data, errors } = await api.graphql('query ($id: ID!) { closureStatus(closureId: $id) { id children { id } } }', { id: own.id }, CALLER);
  expect([data, errors]).toEqual([{ closureStatus: { id: own.id, children: [] } }, []]);
});
