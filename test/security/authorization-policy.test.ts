import { randomUUID } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { closureRef } from '../../src/domain/account';
import type { Closure } from '../../src/domain/closure';
import { claimPolicy } from '../../src/policy/claim';
import { HttpPolicy } from '../../src/policy/http';
import { tenantPolicy } from '../../src/policy/tenant';
import { systemClock } from '../../src/system';
import { closureRecord } from '../support/closure-record';
import { decides, type PolicyServer, startPolicyServer } from '../support/policy-server';
import { seen } from '../support/scripted-provider';
import { accountOf, type Effect, type Operation, OPERATIONS } from './authorization-operations';
import { codeOf, effectOf, PROVIDER, startWorld, traces, TRANSPORTS, type World } from './authorization-world';

/**
 * Whose closures are whose within a tenant, by each account policy. A closure and its account are asked for by callers who
 * stand to it in different ways; what is not theirs is to them, to the byte, what is not there.
 */

type Answer =
  /** It is done, and the closure is shown. */
  | 'yes'
  /** The closure is shown, because it is in the way of another: CLOSURE_IN_PROGRESS. Nothing is done. */
  | 'busy'
  /** The closure is shown, and nothing is done: FORBIDDEN. */
  | 'shown'
  /** Word for word the answer about what is not there. Nothing is done. */
  | 'no';

/** How the caller stands to the closure and its account. Only an endpoint can let somebody read and no more. */
const RELATIONS = ['asked for it', 'has the account', 'may only read it', 'is a stranger', 'is an operator'] as const;
type Relation = (typeof RELATIONS)[number];

const AGAIN = 'the same request again';
const ANOTHER = 'a request with another key';
const IN_A_GROUP = 'the accounts of their own group';

/**
 * Under `claim` and `http`. Who asked for a closure when the account was theirs goes on seeing it, and may begin nothing
 * more on the account. A list that names no account is not asked about under `http`: it has the caller's own closures.
 */
const RULES: Record<string, [asked: Answer, has: Answer, reads: Answer, stranger: Answer, operator: Answer]> = {
  closureStatus: ['yes', 'yes', 'yes', 'no', 'yes'],
  'closures, by claim': ['yes', 'yes', 'no', 'no', 'yes'],
  'closures, by http': ['yes', 'no', 'no', 'no', 'yes'],
  'closures of an account': ['yes', 'yes', 'yes', 'no', 'yes'],
  closureEligibility: ['no', 'yes', 'yes', 'no', 'yes'],
  'the entity Closure': ['yes', 'yes', 'yes', 'no', 'yes'],
  'the entity Account': ['yes', 'yes', 'yes', 'no', 'yes'],
  [IN_A_GROUP]: ['yes', 'yes', 'yes', 'no', 'yes'],
  closureUpdated: ['yes', 'yes', 'yes', 'no', 'yes'],
  refreshClosure: ['yes', 'yes', 'shown', 'no', 'yes'],
  cancelClosure: ['yes', 'yes', 'shown', 'no', 'yes'],
  [AGAIN]: ['yes', 'busy', 'no', 'no', 'busy'],
  [ANOTHER]: ['no', 'busy', 'no', 'no', 'busy'],
};

/** Under `tenant`: every account is everybody's of the tenant. */
const RULES_OF_TENANT: Record<string, Answer> = { [AGAIN]: 'busy', [ANOTHER]: 'busy' };

/** The code of what is not there. */
const ABSENT: Record<string, string> = {
  closureEligibility: 'FORBIDDEN',
  refreshClosure: 'CLOSURE_NOT_FOUND',
  cancelClosure: 'CLOSURE_NOT_FOUND',
  [AGAIN]: 'FORBIDDEN',
  [ANOTHER]: 'FORBIDDEN',
};

const OPERATE = 'closures:read closures:write closures:operate';
const POLICIES = ['tenant', 'claim', 'http'] as const;
type PolicyName = (typeof POLICIES)[number];

function expected(policy: PolicyName, name: string, relation: Relation): Answer | undefined {
  if (policy === 'tenant') return name === AGAIN && relation === 'asked for it' ? 'yes' : (RULES_OF_TENANT[name] ?? 'yes');
  return (RULES[name] ?? RULES[`${name}, by ${policy}`])?.[RELATIONS.indexOf(relation)];
}

const { closeAccount, closures, refreshClosure, resolveClosure: _ofOperators, closureProviders: _ofAll, ...others } = OPERATIONS;
const close = (key: (closure: Closure) => string | null): Operation => ({
  ...closeAccount!,
  effect: {},
  variables: (closure) => ({ input: { idempotencyKey: key(closure), account: accountOf(closure), reason: 'CUSTOMER_REQUEST' } }),
});
const CASES: Record<string, Operation> = {
  closures: closures!,
  ...Object.fromEntries(Object.entries(others).filter(([name]) => !name.startsWith('closeAccount'))),
  [IN_A_GROUP]: { ...closures!, document: '{ result: closures { edges { node { children { id } } } } }' },
  refreshClosure: { ...refreshClosure!, account: 'CLOSING', effect: { status: 'CLOSING', reads: 1 } },
  [AGAIN]: close(({ idempotencyKey }) => idempotencyKey),
  [ANOTHER]: close(({ id }) => `another-${id}`),
};

/** The policy does not know by what transport it is asked; a subscription has three of its own. */
const ASKS = Object.entries(CASES).flatMap(([name, operation]) =>
  (operation.kind === 'subscription' ? (['server-sent events', 'HTTP callbacks', 'WebSocket'] as const) : (['POST'] as const)).map((transport) => ({
    name,
    operation,
    transport,
    ask: TRANSPORTS[transport]!.ask,
  })),
);

/** What the policy endpoint allows, as `permission` names it. */
const allowed = new Set<string>();
const permission = (subject: string, action: string, ref: string): string => JSON.stringify([subject, action, ref]);
let endpoint: PolicyServer;
beforeAll(async () => {
  endpoint = await startPolicyServer();
  endpoint.answer = ({ subject, action, resource }) => decides(allowed.has(permission(subject.id, action.name, resource.id)));
});
afterAll(() => endpoint.close());

describe.each(POLICIES)('AUTHORIZE=%s', (policyName) => {
  let world: World;
  beforeAll(async () => {
    const http = new HttpPolicy({ url: endpoint.url, token: undefined, timeoutMs: 60_000, cacheMs: 0, clock: systemClock });
    const policy = { tenant: tenantPolicy, claim: claimPolicy, http }[policyName];
    world = await startWorld(['default'], policy);
    // So that a closure waits, and can be withdrawn.
    world.bank.answers = [{ kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'The provider asked to wait.' }];
  });
  afterAll(() => world.dispose());

  /** A token of somebody who has the account, or may only read it. */
  async function tokenOf(sub: string, ref: string, has: 'all' | 'read' | null, scope = 'closures:read closures:write'): Promise<string> {
    const actions = { all: ['close', 'read', 'refresh', 'cancel'], read: ['read'] };
    for (const action of has ? actions[has] : []) allowed.add(permission(sub, action, ref));
    return world.issuer.token({ tenant: 'default', sub, scope, ...(policyName === 'claim' && { accounts: has ? [ref] : [] }) });
  }

  /** A closure that was asked for over the API when the account was the caller's, which it is no longer. */
  async function askedFor(sub: string): Promise<Closure> {
    const account = { provider: PROVIDER, kind: 'ACCOUNT', idType: 'UUID', id: uuidv7() } as const;
    const input = { idempotencyKey: randomUUID(), account, reason: 'CUSTOMER_REQUEST' };
    const result = await TRANSPORTS['POST']!.ask(world, await tokenOf(sub, closureRef(account), 'all'), closeAccount!, { input });
    expect(codeOf(result)).toBeUndefined();
    allowed.clear();
    const closure = await world.api.watched.store.byIdempotencyKey('default', sub, input.idempotencyKey);
    if (!closure) throw new Error('Nothing was recorded.');
    return closure;
  }

  /** A closure of a group that waits for the closure. */
  async function groupWith({ account }: Closure, subject: string): Promise<Closure> {
    return world.api.seed({ subject, account: { ...account, kind: 'ACCOUNT_GROUP', id: uuidv7() }, includeAccounts: true }, [closureRecord({ account })]);
  }

  const cells = ASKS.flatMap((cell) => RELATIONS.filter((one) => policyName === 'http' || one !== 'may only read it').map((relation) => ({ ...cell, relation })));

  it.each(cells)('$name over $transport by one who $relation', async ({ name, operation, ask, relation }) => {
    const asker = randomUUID();
    const closure = await askedFor(asker);
    const ref = closureRef(closure.account);
    const caller = relation === 'asked for it' ? asker : randomUUID();
    const tokens: Record<Relation, () => Promise<string>> = {
      'asked for it': () => tokenOf(caller, ref, null),
      'has the account': () => tokenOf(caller, ref, 'all'),
      'may only read it': () => tokenOf(caller, ref, 'read'),
      'is a stranger': () => tokenOf(caller, `${ref}-not`, 'all'),
      'is an operator': () => tokenOf(caller, ref, null, OPERATE),
    };
    const token = await tokens[relation]();
    if (name === IN_A_GROUP) await groupWith(closure, caller);
    world.bank.states = [seen(operation.account ?? 'OPEN')];
    const before = await traces(world, closure);
    const result = await ask(world, token, operation, operation.variables(closure));
    const after = await traces(world, closure);

    const answer = expected(policyName, name, relation);
    const codes = { yes: undefined, busy: 'CLOSURE_IN_PROGRESS', shown: 'FORBIDDEN', no: ABSENT[name] };
    const effect: Effect = answer === 'yes' ? operation.effect : {};
    expect({ codes: result.codes, code: codeOf(result), effect: effectOf(before, after) }).toEqual({ codes: [], code: answer && codes[answer], effect });
    if (answer !== 'yes') expect(after).toEqual(before);
    const shows = operation.about === 'account' && operation.kind === 'query' ? `"eligible":true` : closure.id;
    expect(JSON.stringify(result).includes(shows)).toBe(answer !== 'no');
    if (answer === 'no') {
      const nobodys = { ...closure, id: uuidv7(), idempotencyKey: randomUUID(), account: { ...closure.account, id: uuidv7() } };
      const none = await ask(world, token, operation, operation.variables(nobodys));
      expect(JSON.stringify(result).replaceAll(closure.account.id, '<account>')).toBe(JSON.stringify(none).replaceAll(nobodys.account.id, '<account>'));
    }
  });

  it('tells of the group of an account those who may see the group', async () => {
    const asker = randomUUID();
    const closure = await askedFor(asker);
    const ref = closureRef(closure.account);
    const group = await groupWith(closure, 'of the group');
    const operation = { document: 'query ($id: ID!) { result: closureStatus(closureId: $id) { id parent { id } } }' };
    const told = async (token: string) => (await TRANSPORTS['POST']!.ask(world, token, operation, { id: closure.id })).data?.['result'];
    const [alone, whole] = [null, { id: group.id }].map((parent) => ({ id: closure.id, parent }));
    const toOthers = policyName === 'tenant' ? whole : alone;
    expect(await told(await tokenOf(asker, ref, null))).toEqual(toOthers);
    expect(await told(await tokenOf('holder', ref, 'all'))).toEqual(toOthers);
    expect(await told(await tokenOf('of the group', ref, 'all'))).toEqual(whole);
    expect(await told(await tokenOf('olga', ref, null, OPERATE))).toEqual(whole);
  });
});
