import { uuidv7 } from 'uuidv7';
import type { Scope } from '../../src/domain/caller';
import type { Closure } from '../../src/domain/closure';
import { seen } from '../support/scripted-provider';
import { type Operation, OPERATIONS, ROLES } from './authorization-operations';
import { codeOf, effectOf, PROVIDER, startWorld, type TENANTS, traces, TRANSPORTS, type World } from './authorization-world';

/**
 * Who may do what, for which tenant, by which transport: every cell of the table is asked for over a socket, of a closure of
 * the tenant `default`. What is refused leaves nothing behind, neither in the store nor at the provider.
 */

type Answer =
  /** It is done, and what it is about is shown. */
  | 'done'
  /** It is done for the caller's own tenant; of the closure there is not a word. */
  | 'done apart'
  /** As if there were no such thing. */
  | 'absent'
  | 'FORBIDDEN'
  | 'UNAUTHENTICATED';

/** What those are given who have the scope that the operation needs; `provides`: the provider is one of their tenant's. */
const TENANCIES: Record<string, { id: (typeof TENANTS)[number]; provides: boolean; given: Record<Operation['about'], Answer> }> = {
  'of the same tenant': { id: 'default', provides: true, given: { closure: 'done', account: 'done', tenant: 'done apart' } },
  'of a tenant with the same provider': { id: 'sharing', provides: true, given: { closure: 'absent', account: 'done apart', tenant: 'done apart' } },
  'of a tenant without that provider': { id: 'elsewhere', provides: false, given: { closure: 'absent', account: 'absent', tenant: 'done apart' } },
};

function expected(scopes: Scope[] | null, { needs, about }: Operation, { given }: (typeof TENANCIES)[string]): Answer {
  if (scopes === null) return 'UNAUTHENTICATED';
  return scopes.includes(needs) ? given[about] : 'FORBIDDEN';
}

let world: World;
beforeAll(async () => {
  world = await startWorld(Object.values(TENANCIES).flatMap(({ id, provides }) => (provides ? [id] : [])));
});
afterAll(() => world.dispose());

/** Of the same shape as the closure, and of nobody. */
function nobodys(closure: Closure, provides: boolean): Closure {
  return { ...closure, id: uuidv7(), account: { ...closure.account, id: uuidv7(), ...(!provides && { provider: 'no_bank' }) } };
}

const cells = Object.entries(TRANSPORTS).flatMap(([transport, { kinds, ask }]) =>
  Object.entries(OPERATIONS)
    .filter(([, { kind }]) => kinds.includes(kind))
    .flatMap(([name, operation]) => Object.entries(TENANCIES).map(([tenancy, tenant]) => ({ transport, ask, name, operation, tenancy, tenant }))),
);

describe.each(cells)('$name over $transport by one $tenancy', ({ ask, operation, tenant }) => {
  it.each(Object.entries(ROLES))('%s', async (_role, scopes) => {
    const token = scopes ? await world.issuer.token({ tenant: tenant.id, sub: 'somebody', scope: scopes.join(' ') }) : undefined;
    const closure = await world.api.seed({ status: operation.status ?? 'CLOSING' });
    world.bank.states = [seen(operation.account ?? 'OPEN')];
    const before = await traces(world, closure);
    const result = await ask(world, token, operation, operation.variables(closure));
    const after = await traces(world, closure);

    const answer = expected(scopes, operation, tenant);
    const isDone = answer === 'done' || answer === 'done apart';
    expect(result.codes).toEqual(answer === 'FORBIDDEN' || answer === 'UNAUTHENTICATED' ? [answer] : []);
    expect(codeOf(result)).toBe(answer === 'absent' ? operation.absent : undefined);
    expect(effectOf(before, after)).toEqual(isDone ? operation.effect : {});
    if (!isDone) expect(after).toEqual(before);
    if (answer === 'done apart') expect(stored(after)).toEqual(stored(before));
    expect(JSON.stringify(result).includes(closure.id)).toBe(answer === 'done' && operation.about === 'closure');
    if (answer === 'absent') {
      const none = nobodys(closure, tenant.provides);
      expect(result).toEqual(await ask(world, token, operation, operation.variables(none)));
    }
    if (isDone && operation.about === 'tenant') expect(JSON.stringify(result).includes(PROVIDER)).toBe(tenant.provides);
    expect(world.api.logged).toEqual([]);
  });
});

function stored({ row, history, attempts }: Awaited<ReturnType<typeof traces>>) {
  return { row, history, attempts };
}
