import { randomUUID } from 'node:crypto';
import { callbackGate } from '../../src/config/callback-hosts';
import { closureRef } from '../../src/domain/account';
import type { Blocker } from '../../src/domain/blocker';
import type { Closure, ClosureEvent } from '../../src/domain/closure';
import { closureError } from '../../src/domain/closure-error';
import { CLOSURE_REASONS, isSensitive } from '../../src/domain/reason';
import { type Api, startApi } from '../support/api';
import { type FakeRouter, startFakeRouter } from '../support/fake-router';
import { ScriptedProvider, seen } from '../support/scripted-provider';
import { follow, sseClient, wsClient } from '../support/watching';

/**
 * Whoever may not operate cannot tell a closing for fraud, sanctions and the like from an ordinary one, by any way of
 * looking: a sensitive closure and an ordinary one that differ in nothing else are looked at side by side, byte by byte.
 */

const APP = { 'x-test-scopes': 'closures:read closures:write', 'x-test-subject': 'app' };
const OPERATOR = { 'x-test-subject': 'olga' };
const TOLD = /SANCTIONS|FRAUD|IDENTITY_THEFT|FINANCIAL_CRIME|OUT_OF_RISK|AML|SAR|AUTHORITY|COMPLIANCE|LEGAL|case-77|secret/;
const SENSITIVE = CLOSURE_REASONS.filter(isSensitive);

const ERROR = 'error { code message retry retryAfterSeconds field providerRequestId provider blockers { ...B } providerErrors { code message level type httpStatus } }';
const BLOCKER = 'fragment B on ClosureBlocker { code message stage resolvableBy selfResolving amount currency relatedIds }';
const EVERYTHING = `
  ${BLOCKER}
  fragment C on Closure {
    id status statusSince terminal reason reasonText reasonMapping initiator providerStatus blockers { ...B } requiredAction { type url expiresAt }
    expectedCloseAt ${ERROR} reports { id type } history { from to at cause detail } attempts idempotencyKey requestedAt updatedAt closedAt nextCheckAt version
    account { provider kind id idType displayId closureRef } provider { id } parent { id } children { id } includeAccounts
  }`;

const AT = 1_780_000_000_000;
const blocker: Blocker = { code: 'MANUAL_REVIEW', message: 'The provider is reviewing the account.', stage: 'COMPLETION', resolvableBy: 'PROVIDER', selfResolving: false, relatedIds: [] };
const hold: Blocker = { ...blocker, code: 'COMPLIANCE_HOLD', message: 'AML hold', resolvableBy: 'NOBODY', relatedIds: ['case-77'] };
const common = { requestedAt: AT, updatedAt: AT, statusSince: AT, status: 'CLOSING', subject: 'bank-officer' } as const;
const wordOf = (code: string) => closureError('PROVIDER_UNAVAILABLE', 'The provider did not answer.', 'c', { providerErrors: [{ code, message: `${code} of the account` }] });

let api: Api;
let router: FakeRouter;
beforeAll(async () => {
  router = await startFakeRouter();
  api = await startApi({ mayCallBack: callbackGate([router.host]) });
});
afterAll(async () => {
  await api.close();
  await router.close();
});

interface Pair {
  sensitive: Closure;
  ordinary: Closure;
}

async function seedPair(reason: Closure['reason']): Promise<Pair> {
  const sensitive = await api.seed({
    ...common,
    reason,
    reasonText: 'secret text',
    reasonMapping: 'LOSSY',
    initiator: 'AUTHORITY',
    providerStatus: 'AML_REVIEW',
    requiredAction: { type: 'AML_FORM', url: 'https://bank.example/aml' },
    blockers: [hold],
    error: wordOf('AML_HOLD'),
  });
  const ordinary = await api.seed({
    ...common,
    reason: 'OTHER',
    reasonText: 'a text',
    reasonMapping: 'EXACT',
    initiator: 'PROVIDER',
    providerStatus: 'CLOSING_STARTED',
    blockers: [blocker],
    error: wordOf('MAINTENANCE'),
  });
  for (const [closure, detail] of [[sensitive, 'SAR filed'], [ordinary, 'The account was closing.']] as const) {
    const event: ClosureEvent = { from: 'CLOSING', to: 'CLOSING', at: AT, cause: 'POLL', detail, actor: null, correlationId: 'c', providerRequestId: null };
    await api.watched.store.commit({ id: closure.id, guard: { version: closure.version }, set: {}, visible: true, event, lease: 'release' });
  }
  return { sensitive, ordinary };
}

type Way = (closure: Closure) => Promise<unknown>;

async function post(query: string, variables: object, headers: Record<string, string> = APP): Promise<string> {
  return (await api.graphql(query, variables, { ...headers, 'x-correlation-id': 'tipping-off-test' })).text;
}
const payload = (name: string): Way => (closure) =>
  post(`mutation ($id: ID!) { ${name}(closureId: $id) { closure { ...C } ${ERROR} } } ${EVERYTHING}`, { id: closure.id });
const list = (filter: (closure: Closure) => object): Way => (closure) =>
  post(`query ($filter: ClosureFilter) { closures(filter: $filter) { edges { node { ...C } } } } ${EVERYTHING}`, {
    filter: { account: { provider: closure.account.provider, kind: closure.account.kind, id: closure.account.id, idType: closure.account.idType }, ...filter(closure) },
  });
const entity = (on: string, representation: (closure: Closure) => object): Way => (closure) =>
  post(`query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${on} } } ${EVERYTHING}`, { r: [representation(closure)] });
const watch = (client: () => Parameters<typeof follow>[0] & { dispose(): unknown }): Way => async (closure) => {
  const opened = client();
  const followed = follow(opened, { id: closure.id }, `subscription ($id: ID!) { closureUpdated(closureId: $id) { ...C } } ${EVERYTHING}`);
  await followed.atLeast(1);
  followed.stop();
  await opened.dispose();
  return JSON.stringify(followed.results);
};

const WAYS: Record<string, Way> = {
  'a query': (closure) => post(`query ($id: ID!) { closureStatus(closureId: $id) { ...C } } ${EVERYTHING}`, { id: closure.id }),
  'a list': list(() => ({})),
  'a list by status': list(() => ({ status: ['CLOSING'] })),
  'a list by the blocker that is shown': list(() => ({ blocker: ['MANUAL_REVIEW'] })),
  'a list by the blocker that is hidden': list(() => ({ blocker: ['COMPLIANCE_HOLD', 'LEGAL_HOLD'] })),
  'a list by key': list((closure) => ({ idempotencyKey: closure.idempotencyKey })),
  'the entity Closure': entity('Closure { ...C }', ({ id }) => ({ __typename: 'Closure', id })),
  'the entity Account': entity('Account { closureRef closure { ...C } }', ({ account }) => ({ __typename: 'Account', closureRef: closureRef(account) })),
  'a refresh': payload('refreshClosure'),
  'a cancel': payload('cancelClosure'),
  'a resolution, which is refused': (closure) =>
    post('mutation ($input: ResolveClosureInput!) { resolveClosure(input: $input) { closure { id } } }', {
      input: { closureId: closure.id, outcome: 'CLOSED', note: 'n', expectedVersion: 1 },
    }),
  'a request with the same key by another': (closure) =>
    post(`mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { replayed closure { ...C } ${ERROR} } } ${EVERYTHING}`, {
      input: { idempotencyKey: closure.idempotencyKey, account: { provider: closure.account.provider, id: closure.account.id }, reason: 'CUSTOMER_REQUEST' },
    }),
  'a request with the same key by whoever began it': (closure) =>
    post(
      `mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { replayed closure { ...C } ${ERROR} } } ${EVERYTHING}`,
      { input: { idempotencyKey: closure.idempotencyKey, account: { provider: closure.account.provider, id: closure.account.id }, reason: 'CUSTOMER_REQUEST' } },
      { ...APP, 'x-test-subject': closure.subject },
    ),
  'a query by GET': async (closure) => {
    const query = `query ($id: ID!) { closureStatus(closureId: $id) { ...C } } ${EVERYTHING}`;
    const search = new URLSearchParams({ query, variables: JSON.stringify({ id: closure.id }) }).toString();
    const headers = { 'apollo-require-preflight': '1', 'x-correlation-id': 'tipping-off-test', ...APP };
    return (await fetch(`${api.url}/graphql?${search}`, { headers })).text();
  },
  'a subscription by HTTP callbacks': watch(() => router.client(api.url, APP)),
  'a subscription by WebSocket': watch(() => wsClient(api.url, {}, APP)),
  'a subscription by server-sent events': watch(() => sseClient(api.url, { headers: APP })),
};

/** What tells one from the other, and may: their names. */
function unnamed(text: unknown, { id, account, idempotencyKey }: Closure): string {
  return String(text)
    .replaceAll(id, '<id>')
    .replaceAll(account.id, '<account>')
    .replaceAll(account.id.slice(-4), '<tail>')
    .replaceAll(String(idempotencyKey), '<key>');
}

const STATEMENTS = ['closures', 'newestByRef', 'list', 'events', 'reports', 'attempts', 'children', 'parents', 'commit', 'byIdempotencyKey', 'byLockKey'] as const;

describe.each(SENSITIVE)('a closing for %s', (reason) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await seedPair(reason);
  });

  it.each(Object.entries(WAYS))('looks like an ordinary one by %s, and takes the same work', async (_name, way) => {
    const looks = async (closure: Closure) => {
      api.watched.reset();
      const text = unnamed(await way(closure), closure);
      return { text, work: STATEMENTS.map((statement) => [statement, api.watched.calls(statement)]) };
    };
    const [sensitive, ordinary] = [await looks(pair.sensitive), await looks(pair.ordinary)];
    expect(sensitive).toEqual(ordinary);
    expect(sensitive.text).not.toMatch(TOLD);
  });

  it('is told to operators as it is', async () => {
    const text = await post(`query ($id: ID!) { closureStatus(closureId: $id) { ...C } } ${EVERYTHING}`, { id: pair.sensitive.id }, OPERATOR);
    expect(text).toContain(`"reason":"${reason}"`);
    for (const word of ['secret text', 'AUTHORITY', 'AML_REVIEW', 'COMPLIANCE_HOLD', 'case-77', 'AML_HOLD', 'SAR filed']) expect(text).toContain(word);
  });
});

describe('an account with a hold that has no closure yet', () => {
  const bank = new ScriptedProvider();
  let own: Api;
  beforeAll(async () => {
    own = await startApi({}, [bank.configured()]);
  });
  afterAll(() => own.close());

  const looks = async (query: string, variables: (id: string) => object, headers: Record<string, string> = APP): Promise<string[]> => {
    const found: string[] = [];
    for (const [blockers, providerStatus] of [[[hold], 'AML_REVIEW'], [[blocker], 'MAINTENANCE']] as const) {
      const refused = blockers.map((one): Blocker => ({ ...one, stage: 'REQUEST' }));
      bank.states = [seen('OPEN', { blockers: refused, providerStatus })];
      const providerErrors = [{ code: providerStatus, message: `${providerStatus} of the account` }];
      bank.answers = [{ kind: 'rejected', code: 'CLOSURE_BLOCKED', message: 'Something on the account must go before it can be closed.', blockers: refused, providerErrors }];
      const id = randomUUID();
      const { text } = await own.graphql(query, variables(id), { ...headers, 'x-correlation-id': 'tipping-off-test' });
      found.push(text.replaceAll(id, '<account>').replaceAll(id.slice(-4), '<tail>').replaceAll(/"(id|\w+At|statusSince|at)":"[^"]*"/g, '"$1":"<own>"'));
    }
    return found;
  };

  it.each([
    ['by its eligibility', `query ($id: String!) { closureEligibility(account: { provider: "bank", id: $id }) { eligible providerStatus blockers { ...B } ${ERROR} } } ${BLOCKER}`, (id: string) => ({ id })],
    [
      'by a closing that is refused',
      `mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure { ...C } ${ERROR} } } ${EVERYTHING}`,
      (id: string) => ({ input: { idempotencyKey: `tipping-off-${id}`, account: { provider: 'bank', id }, reason: 'CUSTOMER_REQUEST' } }),
    ],
  ])('looks like one under review %s', async (_way, query, variables) => {
    const [held, reviewed] = await looks(query, variables);
    expect(held).toContain('MANUAL_REVIEW');
    expect(held).toEqual(reviewed);
    expect(held).not.toMatch(TOLD);
    const [told] = await looks(query, variables, OPERATOR);
    expect(told).toContain('COMPLIANCE_HOLD');
  });
});
