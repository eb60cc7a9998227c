import { randomUUID } from 'node:crypto';
import { fixtureAnswer } from '../../providers/emoney/sandbox/answers';
import { freshKey, startTestGateway, type TestGateway } from '../support/gateway';
import { type Issuer, startIssuer } from '../support/issuer';
import { type PolicyServer, startPolicyServer } from '../support/policy-server';
import { follow, sseClient } from '../support/watching';

/** The whole gateway with AUTH=jwt: tokens, tenants, account policies and the router's secret, over real sockets. */

const ROUTER_SECRET = 'router-secret-of-this-test';
const CLOSE = `mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure { id status } error { code retry message provider } replayed } }`;

let issuer: Issuer;
let gateway: TestGateway;

async function serve(env: Record<string, string>, sandboxes: Parameters<typeof startTestGateway>[1] = {}): Promise<void> {
  gateway = await startTestGateway({ ...issuer.env, UPVEST_TENANTS: 'acme', EMONEY_TENANTS: 'acme,globex', ...env }, sandboxes);
}

beforeAll(async () => {
  issuer = await startIssuer();
});
afterEach(() => gateway.dispose());
afterAll(() => issuer.close());

interface Answer<Data> {
  status: number;
  data: Data | null;
  codes: string[];
}

interface Who {
  sub?: string;
  tenant?: string;
  scope?: string;
  accounts?: string[];
}

async function as<Data = unknown>(who: Who, query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<Answer<Data>> {
  const response = await fetch(`${gateway.client.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await issuer.token({ ...who })}`, ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data = null, errors = [] } = (await response.json()) as { data?: Data; errors?: { extensions: { code: string } }[] };
  return { status: response.status, data, codes: errors.map(({ extensions }) => extensions.code) };
}

interface Closed {
  closure: { id: string; status: string } | null;
  error: { code: string } | null;
  replayed: boolean;
}

async function close(who: Who, account: object, idempotencyKey = freshKey(), more: object = {}): Promise<Closed> {
  const answer = await as<{ closeAccount: Closed }>(who, CLOSE, { input: { idempotencyKey, account, reason: 'CUSTOMER_REQUEST', ...more } });
  expect(answer.codes).toEqual([]);
  return answer.data!.closeAccount;
}

interface Id {
  id: string;
}

const seen = async (who: Who, id: string) => (await as<{ closureStatus: Id | null }>(who, 'query ($id: ID!) { closureStatus(closureId: $id) { id } }', { id })).data!.closureStatus;
const listed = async (who: Who) =>
  (await as<{ closures: { edges: { node: Id }[] } }>(who, '{ closures { edges { node { id } } } }')).data!.closures.edges.map(({ node }) => node.id);
const ENTITY = 'query ($r: [_Any!]!) { entities: _entities(representations: $r) { ... on Account { closure { id } } } }';
const ofAccount = async (who: Who, closureRef: string) =>
  (await as<{ entities: { closure: Id | null }[] }>(who, ENTITY, { r: [{ __typename: 'Account', closureRef }] })).data!.entities[0]!.closure;

const OPERATOR: Who = { sub: 'olga', scope: 'closures:read closures:write closures:operate' };

function newAccount(): { provider: string; id: string; ref: string } {
  const id = randomUUID();
  return { provider: 'emoney', id, ref: `emoney:ACCOUNT:UUID:${id}` };
}
const inputOf = ({ provider, id }: { provider: string; id: string }) => ({ provider, id });

interface Preview {
  closureEligibility: { eligible: boolean | null };
}

describe('tenants', () => {
  it('see nothing of each other, on any path, and only their providers', async () => {
    await serve({ AUTHORIZE: 'claim' });
    const account = newAccount();
    const anna = { accounts: [account.ref] };
    const key = freshKey();
    const { closure } = await close(anna, inputOf(account), key);
    const id = closure!.id;
    expect(closure).toMatchObject({ status: 'CLOSED' });
    const stranger: Who = { ...OPERATOR, sub: 'anna', tenant: 'globex', accounts: [account.ref] };
    const unknown = randomUUID();
    for (const path of [seen, (who: Who, what: string) => ofAccount(who, what === id ? account.ref : `emoney:ACCOUNT:UUID:${what}`)]) {
      expect(await path(stranger, id)).toEqual(await path(stranger, unknown));
      expect(await path(stranger, id)).toBeNull();
      expect(await path(anna, id)).toEqual({ id });
    }
    expect(await listed(stranger)).toEqual([]);
    for (const mutation of ['refreshClosure', 'cancelClosure']) {
      const document = `mutation ($id: ID!) { ${mutation}(closureId: $id) { closure { id } error { code message retry } } }`;
      const [theirs, none] = await Promise.all([as(stranger, document, { id }), as<Record<string, Closed>>(stranger, document, { id: unknown })]);
      expect(theirs).toEqual(none);
      expect(none.data![mutation]!.error!.code).toBe('CLOSURE_NOT_FOUND');
    }
    expect((await close({ ...stranger, accounts: [] }, { provider: 'upvest', id: randomUUID() })).error).toMatchObject({ code: 'UNKNOWN_PROVIDER' });
    // The same key of another tenant's subject of the same name is another key.
    expect(await close(stranger, inputOf(account), key)).toMatchObject({ replayed: false });
  });
});

describe('AUTHORIZE=claim', () => {
  it('lets a caller close and see the accounts that their token lists, and no others', async () => {
    await serve({ AUTHORIZE: 'claim' });
    const [mine, other] = [newAccount(), newAccount()];
    const anna = { sub: 'anna', accounts: [mine.ref] };
    const bert = { sub: 'bert', accounts: [other.ref] };
    const { closure } = await close(anna, inputOf(mine));
    const id = closure!.id;
    expect([await seen(anna, id), await listed(anna), await ofAccount(anna, mine.ref)]).toEqual([{ id }, [id], { id }]);
    expect([await seen(bert, id), await listed(bert), await ofAccount(bert, mine.ref)]).toEqual([null, [], null]);
    expect([await seen(OPERATOR, id), await listed(OPERATOR)]).toEqual([{ id }, [id]]);

    const existing = await close(bert, inputOf(mine));
    const missing = await close(bert, { provider: 'emoney', id: randomUUID() });
    expect(existing).toEqual(missing);
    expect(missing).toMatchObject({ closure: null, error: { code: 'FORBIDDEN', retry: 'NEVER' }, replayed: false });
  });

  it('lets nobody withdraw what only operators may open, in the words of what is too late', async () => {
    await serve({ AUTHORIZE: 'claim' });
    const account = newAccount();
    gateway.sandboxes.emoney.outage('down-seconds');
    const input = { idempotencyKey: freshKey(), account: inputOf(account), reason: 'FINANCIAL_CRIME', initiator: 'AUTHORITY' };
    const { data } = await as<{ closeAccount: Closed }>(OPERATOR, CLOSE, { input });
    const holder = { sub: 'anna', accounts: [account.ref] };
    const cancel = 'mutation ($id: ID!) { cancelClosure(closureId: $id) { closure { status } error { code } } }';
    const { id } = data!.closeAccount.closure!;
    expect((await as<{ cancelClosure: Closed }>(holder, cancel, { id })).data!.cancelClosure.error).toEqual({ code: 'CLOSURE_NOT_CANCELLABLE' });
    expect(await seen(OPERATOR, id)).toEqual({ id });
  });

  it('shows the newest closure of an account that the caller may see, and not only the newest', async () => {
    await serve({ AUTHORIZE: 'claim' });
    const account = newAccount();
    gateway.sandboxes.emoney.script(account.id, 'close', [fixtureAnswer('403-forbidden')]);
    const first = await close({ accounts: [account.ref] }, inputOf(account));
    expect(first.closure).toMatchObject({ status: 'REJECTED' });
    const second = await close(OPERATOR, inputOf(account));
    expect([await ofAccount({ accounts: [] }, account.ref), await ofAccount(OPERATOR, account.ref)]).toEqual([{ id: first.closure!.id }, { id: second.closure!.id }]);
  });

  it('asks no provider about an account that is not the caller\'s', async () => {
    await serve({ AUTHORIZE: 'claim' });
    const account = newAccount();
    const preview = 'query ($account: AccountInput!) { closureEligibility(account: $account) { eligible providerStatus error { code } } }';
    const none = await as<Preview>({ accounts: [] }, preview, { account: inputOf(account) });
    expect(none.data!.closureEligibility).toEqual({ eligible: null, providerStatus: null, error: { code: 'FORBIDDEN' } });
    expect(gateway.sandboxes.emoney.ledger).toEqual([]);
    const mine = await as<Preview>({ accounts: [account.ref] }, preview, { account: inputOf(account) });
    expect(mine.data!.closureEligibility.eligible).toBe(true);
  });

  it('shows callers what they asked for after the account is theirs no longer, by its key too', async () => {
    await serve({ AUTHORIZE: 'claim' });
    const account = newAccount();
    const key = freshKey();
    const { closure } = await close({ accounts: [account.ref] }, inputOf(account), key);
    const later = { accounts: [] };
    expect(await seen(later, closure!.id)).toEqual({ id: closure!.id });
    expect(await close(later, inputOf(account), key)).toMatchObject({ closure: { id: closure!.id }, error: null, replayed: true });
    // Not the next one, though.
    expect(await close(later, inputOf(account))).toMatchObject({ closure: null, error: { code: 'FORBIDDEN' } });
  });
});

describe('AUTHORIZE=http', () => {
  /** A policy that answers does so by then, on a busy machine too. */
  const PATIENT_MS = 20_000;
  /** One that never answers is waited for so long. */
  const IMPATIENT_MS = 1_000;
  let policy: PolicyServer;
  beforeAll(async () => {
    policy = await startPolicyServer();
  });
  beforeEach(async () => {
    Object.assign(policy, { asked: [], tokens: [] });
    await serveAsking(PATIENT_MS);
  });
  afterAll(() => policy.close());

  const serveAsking = (timeoutMs: number, env: Record<string, string> = {}, sandboxes: Parameters<typeof serve>[1] = {}) =>
    serve({ AUTHORIZE: 'http', AUTHORIZE_URL: policy.url, AUTHORIZE_TOKEN: 'policy-token', AUTHORIZE_TIMEOUT_MS: String(timeoutMs), ...env }, sandboxes);

  it('asks with subject, action and account, and keeps the answer for a moment', async () => {
    const account = newAccount();
    policy.answer = ({ subject }) => ({ body: JSON.stringify({ decision: subject.id === 'anna' }) });
    const { closure } = await close({ sub: 'anna' }, inputOf(account));
    expect(closure).toMatchObject({ status: 'CLOSED' });
    expect(policy.asked).toMatchObject([
      {
        subject: { type: 'user', id: 'anna', properties: { tenant: 'acme' } },
        action: { name: 'close' },
        resource: { type: 'account', id: account.ref, properties: { provider: 'emoney', kind: 'ACCOUNT', idType: 'UUID', id: account.id } },
      },
    ]);
    expect(policy.tokens).toEqual(['Bearer policy-token']);
    const refused = { closure: null, error: { code: 'FORBIDDEN' } };
    expect([await close({ sub: 'bert' }, inputOf(account)), await close({ sub: 'bert' }, inputOf(account))]).toMatchObject([refused, refused]);
    expect(policy.asked).toHaveLength(2);
    expect([await seen({ sub: 'bert' }, closure!.id), await seen({ sub: 'anna' }, closure!.id)]).toEqual([null, closure && { id: closure.id }]);
    expect(policy.asked.map(({ action }) => action.name)).toEqual(['close', 'close', 'read']);
  });

  it('says whether a group is to be closed with its accounts, and takes no answer for the other', async () => {
    const account = { provider: 'upvest', kind: 'ACCOUNT_GROUP', id: gateway.sandboxes.upvest.openGroup().id };
    policy.answer = ({ action }) => ({ body: JSON.stringify({ decision: !action.properties?.includeAccounts }) });
    expect(await close({ sub: 'anna' }, account, freshKey(), { includeAccounts: true })).toMatchObject({ closure: null, error: { code: 'FORBIDDEN' } });
    expect(policy.asked.map(({ action }) => action)).toEqual([{ name: 'close', properties: { includeAccounts: true } }]);
    expect(await close({ sub: 'anna' }, account)).toMatchObject({ closure: expect.anything(), error: null });
    expect(policy.asked.map(({ action }) => action).slice(1)).toEqual([{ name: 'close' }]);
  });

  it('may let somebody read and not cancel', async () => {
    const id = randomUUID();
    policy.answer = ({ subject, action }) => ({ body: JSON.stringify({ decision: subject.id === 'anna' || action.name === 'read' }) });
    const { closure } = await close({ sub: 'anna' }, { provider: 'upvest', id });
    const cancel = await as<{ cancelClosure: Closed }>({ sub: 'bert' }, 'mutation ($id: ID!) { cancelClosure(closureId: $id) { closure { id } error { code } } }', { id: closure!.id });
    expect(cancel.data!.cancelClosure).toEqual({ closure: { id: closure!.id }, error: { code: 'FORBIDDEN' } });
  });

  it.each([
    ['an error', { status: 500, body: '{"decision":true}' }],
    ['something else', { body: '{"allow":true}' }],
    ['no JSON', { body: '<html>' }],
    ['a redirect', { status: 302, body: '{"decision":true}' }],
    ['nothing in time', null],
  ])('allows nothing when the policy answers %s, and keeps no such answer', async (_what, trouble) => {
    if (!trouble) {
      await gateway.dispose();
      await serveAsking(IMPATIENT_MS);
    }
    const account = newAccount();
    policy.answer = () => trouble;
    const key = freshKey();
    expect(await close({}, inputOf(account), key)).toMatchObject({ closure: null, error: { code: 'INTERNAL', retry: 'SAFE_NOW' } });
    policy.answer = () => ({ body: '{"decision":true}' });
    expect(await close({}, inputOf(account), key)).toMatchObject({ closure: { status: 'CLOSED' }, error: null });
  });

  it('narrows the list of an account to what it lets be seen', async () => {
    const account = newAccount();
    policy.answer = ({ subject, action }) => ({ body: JSON.stringify({ decision: subject.id === 'anna' || (subject.id === 'carl' && action.name === 'read') }) });
    const { closure } = await close({ sub: 'anna' }, inputOf(account));
    const query = 'query ($filter: ClosureFilter) { closures(filter: $filter) { edges { node { id } } } }';
    const listOf = async (sub: string, filter: object) =>
      (await as<{ closures: { edges: { node: Id }[] } }>({ sub }, query, { filter })).data?.closures.edges.map(({ node }) => node.id);
    const ofIt = { account: inputOf(account) };
    expect([await listOf('anna', ofIt), await listOf('carl', ofIt), await listOf('bert', ofIt)]).toEqual([[closure!.id], [closure!.id], []]);
    // The policy is asked about accounts, and nobody can list those of others without naming one.
    expect([await listOf('anna', {}), await listOf('carl', {}), await listOf('bert', {})]).toEqual([[closure!.id], [], []]);
  });

  it.each([
    ['says no', PATIENT_MS, () => ({ body: '{"decision":false}' }), []],
    ['does not answer', IMPATIENT_MS, () => null, ['SERVICE_UNAVAILABLE']],
  ])('ends a subscription when it %s in the middle of it', async (_what, timeoutMs, after, codes) => {
    await gateway.dispose();
    await serveAsking(timeoutMs, { AUTHORIZE_CACHE_MS: '0' }, { upvest: { closingMs: 2_000 } });
    policy.answer = () => ({ body: '{"decision":true}' });
    const { closure } = await close({ sub: 'anna' }, { provider: 'upvest', id: randomUUID() });
    const client = sseClient(gateway.client.url, { headers: { authorization: `Bearer ${await issuer.token({ sub: 'bert' })}` } });
    const followed = follow(client, { id: closure!.id });
    await followed.atLeast(1);
    policy.answer = after;
    expect(await followed.end).toBe('complete');
    expect(followed.results.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions?.['code']))).toEqual(codes);
    expect(followed.results.map(({ data }) => data?.closureUpdated.status)).not.toContain('CLOSED');
    client.dispose();
  });

  it('does not ask about operators', async () => {
    policy.answer = () => ({ body: '{"decision":false}' });
    expect(await close(OPERATOR, inputOf(newAccount()))).toMatchObject({ closure: { status: 'CLOSED' } });
    expect(policy.asked).toEqual([]);
  });
});

describe('ROUTER_SECRETS', () => {
  it('lets in what carries one of them, and nothing else', async () => {
    await serve({ AUTHORIZE: 'claim', ROUTER_SECRETS: `${ROUTER_SECRET},another-one-of-this-test` });
    const status = async (headers: Record<string, string>) => (await as({}, '{ __typename }', {}, headers)).status;
    expect(await status({})).toBe(401);
    expect(await status({ 'router-authorization': 'wrong-secret-of-this-test' })).toBe(401);
    expect(await status({ 'router-authorization': '' })).toBe(401);
    expect(await status({ 'router-authorization': ROUTER_SECRET })).toBe(200);
    expect(await status({ 'router-authorization': `Bearer another-one-of-this-test` })).toBe(200);
    // Probes are for the orchestrator, which is no router.
    expect((await fetch(`${gateway.client.url}/livez`)).status).toBe(200);
  });
});

it('is not ready before the issuer gave its keys', async () => {
  issuer.trouble = 500;
  await serve({ AUTHORIZE: 'claim' });
  const ready = async () => (await fetch(`${gateway.client.url}/readyz`)).status;
  expect(await ready()).toBe(503);
  issuer.trouble = null;
  while ((await ready()) !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
});
