import { badArgument } from './errors/api-error';
import { requireScope, type ApiContext } from './context';
import { AccountType } from './types/account.type';
import { ClosureType } from './types/closure.type';

/**
 * How other subgraphs' references become objects: `_entities` of the Apollo Federation subgraph specification,
 * https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
 */
type Representation = Record<string, unknown>;
/** Asynchronous without exception: the library's list would forget the promises before one that throws at once. */
type ResolveReference = (representation: Representation, context: ApiContext) => Promise<object | null>;
/** Of every entity, by the name of its type. */
export type References = Readonly<Record<string, { __resolveReference: ResolveReference }>>;

function key(representation: Representation, field: string): string {
  const value = representation[field];
  if (typeof value !== 'string') throw badArgument(`A representation has no "${field}" that is a string.`, 'representations', field);
  return value;
}

/** An account is a function of its key: it always resolves, and only its `closure` depends on who asks. */
const account: ResolveReference = async (representation) => AccountType.of(key(representation, 'closureRef'));

/** Null for a closure that is unknown or not the caller's, without an error. */
const closure: ResolveReference = async (representation, context) => {
  requireScope(context, 'closures:read');
  return ClosureType.orNull(await context.loaders.closure.load(key(representation, 'id')));
};

/** Those of the gateway's own entities. */
export const references: References = {
  Account: { __resolveReference: account },
  Closure: { __resolveReference: closure },
};

/** @throws ApiError for a representation of a type that is none of the entities */
export function checkRepresentation(representation: unknown, entities: References): void {
  const name = typeof representation === 'object' && representation !== null ? (representation as Representation)['__typename'] : null;
  if (typeof name !== 'string' || !Object.hasOwn(entities, name)) {
    throw badArgument('The representation is not of a type that is an entity here.', 'representations');
  }
}
