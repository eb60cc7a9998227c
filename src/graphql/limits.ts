import {
  GraphQLError,
  Kind,
  Lexer,
  OperationTypeNode,
  parse,
  Source,
  TokenKind,
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { ApiError } from './errors/api-error';

/**
 * The first wall against documents that keep the process busy. It stands before the server's own parsing and
 * validation, which take long for some documents and run out of stack for others. A hundred aliases of a closure,
 * or a hundred representations, with everything selected, take about half of it at the most.
 */
const LIMITS = {
  /** Names, numbers, strings and punctuation marks. */
  tokens: 20_000,
  /** Brackets within brackets, of all three kinds. */
  depth: 50,
  fragments: 100,
  /** At the root of all operations together, fragments put in. */
  rootFields: 500,
  /** Fragments put in; what is below a list of closures, or `_entities`, counts once for each of them. */
  fields: 25_000,
  /** `closureEligibility`, of which each is a live read at a provider. */
  eligibilities: 20,
};
/** The most representations in one request. */
export const MOST_REPRESENTATIONS = 500;
/** Reckoned, since the number is not in the request: of the accounts of a group, and of the types of the schema. */
const RECKONED: ReadonlyMap<string, number> = new Map([['children', 20], ['__schema', 100], ['__type', 100]]);
/** No type but these has a representation to itself. */
const ENTITIES: ReadonlySet<string> = new Set(['Account', 'Closure']);
/** How many closures a page of `closures` has: where nothing is said, and at the most. */
const PAGE = { usual: 20, largest: 100 };

const OPENING: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Passes a document that does not parse: the server says so in its own words.
 * @param variables of the request, of unknown shape: they say how many representations there are
 * @throws ApiError GRAPHQL_PARSE_FAILED or GRAPHQL_VALIDATION_FAILED (HTTP 400) for a document over a limit
 */
export function checkLimits(source: string, variables: unknown): void {
  const definitions = parsed(source)?.definitions ?? [];
  const fragments = new Map(definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])));
  check('fragments', fragments.size, 'fragments');
  const counter = new Counter(fragments, typeof variables === 'object' ? (variables as Variables) : null);
  for (const node of definitions) if (node.kind === Kind.OPERATION_DEFINITION && node.operation === OperationTypeNode.MUTATION) checkMutation(counter.ofAll([node]));
  const count = counter.ofAll(definitions);
  check('rootFields', count.own, 'fields at the root');
  check('fields', count.all, 'fields, with those of every closure of a page');
  check('eligibilities', count.eligibilities, 'closureEligibility fields');
  if (count.representations > MOST_REPRESENTATIONS) {
    throw new ApiError('GRAPHQL_VALIDATION_FAILED', `There are more than ${MOST_REPRESENTATIONS} representations in all.`, undefined, 400);
  }
}

/** What one request sets going can be told apart, limited and repeated only while it is one thing. */
function checkMutation({ own }: Count): void {
  if (own > 1) throw new ApiError('GRAPHQL_VALIDATION_FAILED', 'A mutation does one thing: it has one field at its root.', undefined, 400);
}

function check(limit: keyof typeof LIMITS, found: number, what: string, code: ApiError['code'] = 'GRAPHQL_VALIDATION_FAILED'): void {
  if (found > LIMITS[limit]) throw new ApiError(code, `The document has too many ${what}: ${LIMITS[limit]} are allowed.`, undefined, 400);
}

function parsed(source: string): DocumentNode | null {
  try {
    checkTokens(source);
    return parse(source, { noLocation: true });
  } catch (error) {
    if (error instanceof GraphQLError && !(error instanceof ApiError)) return null;
    throw error;
  }
}

/** Without recursion, so that parsing, which needs some, is safe afterwards. */
function checkTokens(source: string): void {
  const lexer = new Lexer(new Source(source));
  let depth = 0;
  for (let tokens = 1; lexer.advance().kind !== TokenKind.EOF; tokens += 1) {
    if (OPENING.has(lexer.token.kind)) depth += 1;
    if (CLOSING.has(lexer.token.kind)) depth -= 1;
    check('tokens', tokens, 'words and marks', 'GRAPHQL_PARSE_FAILED');
    check('depth', depth, 'brackets within brackets', 'GRAPHQL_PARSE_FAILED');
  }
}

type Variables = Readonly<Record<string, unknown>> | null;

interface Count {
  /** Fields of the selection itself. */
  own: number;
  /** With those below them. */
  all: number;
  eligibilities: number;
  representations: number;
}

const NOTHING: Count = { own: 0, all: 0, eligibilities: 0, representations: 0 };

/** Looks at every fragment once, however often it is put in. */
class Counter {
  readonly #counted = new Map<string, Count>();

  constructor(
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    private readonly variables: Variables,
  ) {}

  ofAll(definitions: readonly DefinitionNode[]): Count {
    return sum(definitions.flatMap((node) => (node.kind === Kind.OPERATION_DEFINITION ? [this.#ofSet(node.selectionSet)] : [])));
  }

  #ofSet(set: SelectionSetNode | undefined): Count {
    return sum((set?.selections ?? []).map((node) => this.#of(node)));
  }

  #of(node: SelectionNode): Count {
    if (node.kind === Kind.FRAGMENT_SPREAD) return this.#ofFragment(node.name.value);
    if (node.kind === Kind.INLINE_FRAGMENT) return this.#ofSet(node.selectionSet);
    const isEntities = node.name.value === '_entities';
    const below = isEntities ? this.#ofEntity(node.selectionSet) : this.#ofSet(node.selectionSet);
    const times = isEntities ? this.#representationsOf(node) : timesOf(node);
    const isEligibility = node.name.value === 'closureEligibility';
    return {
      own: 1,
      all: 1 + below.all * times,
      eligibilities: below.eligibilities + (isEligibility ? 1 : 0),
      // One field that has too many by itself says so by itself.
      representations: below.representations + (isEntities ? Math.min(times, MOST_REPRESENTATIONS) : 0),
    };
  }

  /** A representation is of one type: the most that is asked of one counts, and what is asked of all. */
  #ofEntity(set: SelectionSetNode | undefined): Count {
    const all: Count[] = [];
    const byType = new Map([...ENTITIES].map((type): [string, Count[]] => [type, []]));
    for (const node of set?.selections ?? []) (byType.get(this.#typeOf(node) ?? '') ?? all).push(this.#of(node));
    return sum([...all, [...byType.values()].map(sum).reduce((most, count) => (count.all > most.all ? count : most))]);
  }

  #typeOf(node: SelectionNode): string | undefined {
    if (node.kind === Kind.FIELD) return undefined;
    const { typeCondition } = node.kind === Kind.FRAGMENT_SPREAD ? (this.fragments.get(node.name.value) ?? {}) : node;
    return typeCondition?.name.value;
  }

  /** The most where the request does not say, by a list in the document or by a variable. Below none there is one: fragments within fragments are to count. */
  #representationsOf(field: FieldNode): number {
    const value = field.arguments?.find(({ name }) => name.value === 'representations')?.value;
    if (value?.kind === Kind.LIST) return Math.max(value.values.length, 1);
    const given = value?.kind === Kind.VARIABLE ? this.variables?.[value.name.value] : undefined;
    return Array.isArray(given) ? Math.min(Math.max(given.length, 1), MOST_REPRESENTATIONS) : MOST_REPRESENTATIONS;
  }

  #ofFragment(name: string): Count {
    const known = this.#counted.get(name);
    if (known) return known;
    // Until it is counted: a fragment within itself is for validation to refuse.
    this.#counted.set(name, NOTHING);
    const count = this.#ofSet(this.fragments.get(name)?.selectionSet);
    this.#counted.set(name, count);
    return count;
  }
}

function sum(counts: readonly Count[]): Count {
  return counts.reduce(
    (left, right) => ({
      own: left.own + right.own,
      all: left.all + right.all,
      eligibilities: left.eligibilities + right.eligibilities,
      representations: left.representations + right.representations,
    }),
    NOTHING,
  );
}

/** How often what is below a field is resolved. */
function timesOf(field: FieldNode): number {
  if (field.name.value !== 'closures') return RECKONED.get(field.name.value) ?? 1;
  const first = field.arguments?.find(({ name }) => name.value === 'first')?.value;
  if (!first) return PAGE.usual;
  // What a variable says is not in the document.
  return first.kind === Kind.INT ? Math.min(Math.max(Number(first.value), 1), PAGE.largest) : PAGE.largest;
}
