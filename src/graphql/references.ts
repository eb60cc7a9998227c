import { badArgument } from './errors/api-error';
import { requireScope, type ApiContext } from './context';
import { AccountType } from './types/account.type';
import { ClosureType } from './types/closure.type';

/**
 * How other subgraphs' references become objects: `_entities` of the Apollo Federation subgraph specification,
 * https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
 */
type Representation = Record<string, unknown>;
type ResolveReference = (representation: Representation, context: ApiContext) => unknown;

function key(representation: Representation, field: string): string {
  const value = representation[field];
  if (typeof value !== 'string') throw badArgument(`A representation has no "${field}" that is a string.`, 'representations', field);
  return value;
}

/** An account is a function of its key: it always resolves, and only its `closure` depends on who asks. */
const account: ResolveReference = (representation) => AccountType.of(key(representation, 'closureRef'));

/** Null for a closure that is unknown or not the caller's, without an error. */
const closure: ResolveReference = async (representation, context) => {
  requireScope(context, 'closures:read');
  return ClosureType.orNull(await context.loaders.closure.load(key(representation, 'id')));
};

export const references = {
  Account: { __resolveReference: account },
  Closure: { __resolveReference: closure },
};

/** Refuses representations of types that are no entities here, before anything is looked up. */
export function checkRepresentations(representations: readonly unknown[]): void {
  for (const representation of representations) {
    const name = typeof representation === 'object' && representation !== null ? (representation as Representation)['__typename'] : null;
    if (typeof name !== 'string' || !Object.hasOwn(references, name)) {
      throw badArgument('A representation is not of a type that is an entity here.', 'representations');
    }
  }
}
