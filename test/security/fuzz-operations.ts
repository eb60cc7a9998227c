import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  extendSchema,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isUnionType,
  OperationTypeNode,
  parse,
} from 'graphql';
import type { Chance } from '../faults/chance';
import type { Json, Values } from './fuzz-values';

/** Operations written from the schema: each is valid, but for those that bend. */

/** One field at the root of an operation. */
export interface Root {
  /** In the answer. */
  key: string;
  /** For example "Query.closures". */
  field: string;
  /** The types that are asked of `_entities`, in their order. */
  types: readonly unknown[];
}

export interface FuzzedOperation {
  kind: OperationTypeNode;
  /** As it goes over the wire. */
  request: { query: string; variables?: Json; operationName?: string; extensions?: Json };
  roots: readonly Root[];
}

/** What a subgraph has beside the API: https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec */
const OF_FEDERATION = `scalar _Any union _Entity = Account | Closure type _Service { sdl: String }
  extend type Query { _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }`;
/** Fields of GraphQL itself. */
const ABOUT_SCHEMA = ['__typename', '__schema { queryType { name } types { name kind } }', '__type(name: "Closure") { name fields { name type { name } } }'];
const { QUERY, MUTATION, SUBSCRIPTION } = OperationTypeNode;
/** As often as they are here. */
const KINDS = [QUERY, QUERY, QUERY, QUERY, QUERY, QUERY, MUTATION, MUTATION, MUTATION, SUBSCRIPTION];
const ODD_EXTENSIONS: readonly Json[] = [{}, { subscription: { callbackUrl: 'http://127.0.0.1:1/', subscriptionId: 'a', verifier: 'b' } }];
/** Asked for less than others: the SDL is long and always the same, and a look ahead is several requests to a provider. */
const COSTLY: readonly string[] = ['_service', 'closureEligibility'];
const NAME = /^[_A-Za-z]\w*$/;

export function publishedSchema(): GraphQLSchema {
  return extendSchema(buildSchema(readFileSync(join(__dirname, '../../schema/api.graphql'), 'utf8')), parse(OF_FEDERATION));
}

/** Every field that an operation can begin with, as `Root.field` has it. */
export function rootFields(schema: GraphQLSchema): string[] {
  return Object.values(OperationTypeNode).flatMap((kind) => {
    const type = schema.getRootType(kind);
    return Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`);
  });
}

/** One operation while it is written. */
export class Draft {
  readonly #variables = new Map<string, { declared: string; value: unknown }>();
  readonly #fragments: { name: string; type: string; text: string }[] = [];
  readonly #roots: Root[] = [];
  #aliases = 0;

  /** @param values whose `bend` says whether everything has to fit */
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly chance: Chance,
    private readonly values: Values,
  ) {}

  operation(): FuzzedOperation {
    const kind = this.chance.one(KINDS);
    const type = this.schema.getRootType(kind);
    if (!type) throw new Error(`The schema has no ${kind}.`);
    const selected = this.#rootSelection(kind, type);
    const isOneOfTwo = this.#has(0.05);
    const declared = [...this.#variables].map(([name, variable]) => `$${name}: ${variable.declared}`).join(', ');
    const text = [
      `${kind}${isOneOfTwo || this.#has(0.3) ? ' One' : ''}${declared && `(${declared})`} ${selected}`,
      ...this.#fragments.map(({ name, type: on, text: body }) => `fragment ${name} on ${on} ${body}`),
      ...(isOneOfTwo ? ['query Two { __typename }'] : []),
    ];
    const given = [...this.#variables].filter(([, { value }]) => value !== undefined && !this.#bends(0.2));
    const variables = Object.fromEntries(given.map(([name, { value }]) => [name, value]));
    const query = this.#bends(0.5) ? this.#misspelt(text.join('\n')) : text.join('\n');
    return {
      kind,
      request: {
        query,
        ...(this.#variables.size > 0 && { variables }),
        ...(isOneOfTwo && { operationName: this.#bends(1) ? 'Three' : 'One' }),
        ...(this.#bends(0.3) && { extensions: this.chance.one([...ODD_EXTENSIONS, { subscription: this.values.bent() }]) }),
      },
      roots: this.#roots,
    };
  }

  #rootSelection(kind: OperationTypeNode, type: GraphQLObjectType): string {
    const isQuery = kind === QUERY;
    // The others may have one.
    const count = isQuery ? 1 + this.chance.below(3) : 1;
    const fields = Array.from({ length: count }, () => {
      if (isQuery && this.#has(0.04)) return this.chance.one(ABOUT_SCHEMA);
      const choice = Object.values(type.getFields()).filter(({ name }) => !COSTLY.includes(name) || this.#has(0.3));
      const text = this.#field(type, this.chance.one(choice), 4, true);
      return isQuery ? this.#around(type, text) : text;
    });
    return `{ ${fields.join(' ')} }`;
  }

  /** @param depth how much further down it may go */
  #selection(type: unknown, depth: number): string {
    if (isUnionType(type)) {
      const parts = type.getTypes().map((one) => `... on ${one.name} ${this.#selection(one, depth)}`);
      return `{ __typename ${parts.join(' ')} }`;
    }
    if (!isObjectType(type)) return '';
    const fields = Object.values(type.getFields()).filter(({ name, type: of }) => {
      // Children of children are soon more than a document may ask for.
      return isLeafType(getNamedType(of)) || (depth > 0 && (name !== 'children' || this.#has(0.2)));
    });
    const parts = Array.from({ length: 1 + this.chance.below(6) }, () => {
      const field = fields.length > 0 ? this.chance.one(fields) : null;
      return this.#around(type, field ? this.#field(type, field, depth - 1, false) : '__typename');
    });
    return `{ ${parts.join(' ')} }`;
  }

  #field(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, depth: number, isRoot: boolean): string {
    const { name } = field;
    this.#aliases += 1;
    // No two of them meet in one answer: the same field with other arguments would be a conflict.
    const key = isRoot || this.#has(0.15) ? `a${this.#aliases}_${name}` : name;
    let types: readonly unknown[] = [];
    const given = field.args.map((argument) => {
      const value = this.values.of(argument.type, argument.name);
      if (name === '_entities') types = [value].flat().map((one) => (one as Json | null)?.['__typename']);
      const isLeftOut = argument.defaultValue !== undefined || !String(argument.type).endsWith('!');
      return isLeftOut && this.#has(0.4) ? '' : `${argument.name}: ${this.#written(value, argument.type, 0.4)}`;
    });
    if (isRoot) this.#roots.push({ key, field: `${type.name}.${name}`, types });
    const args = given.filter(Boolean).join(', ');
    // A subscription has its one field for certain.
    const directive = type.name === 'Subscription' ? '' : this.#directive();
    return `${key === name ? '' : `${key}: `}${name}${args && `(${args})`}${directive} ${this.#selection(getNamedType(field.type), depth)}`;
  }

  /** Puts a selection into a fragment, or another fragment beside it. */
  #around(type: GraphQLObjectType, text: string): string {
    if (this.#has(0.06)) return `...${this.chance.one(['', ` on ${type.name}`])}${this.#directive()} { ${text} }`;
    if (this.#has(0.06)) {
      const name = `F${this.#fragments.length}`;
      this.#fragments.push({ name, type: type.name, text: `{ ${text} }` });
      return `...${name}${this.#directive()}`;
    }
    const known = this.#fragments.filter((fragment) => fragment.type === type.name);
    return known.length > 0 && this.#has(0.2) ? `${text} ...${this.chance.one(known).name}` : text;
  }

  #directive(): string {
    if (!this.#has(0.06)) return '';
    const [name, usual] = this.chance.one([['include', true], ['skip', false]] as const);
    const value = this.#has(0.8) ? usual : !usual;
    return ` @${name}(if: ${this.#has(0.6) ? this.#variable('Boolean!', value) : value})`;
  }

  #variable(declared: string, value: unknown): string {
    const name = `v${this.#variables.size}`;
    const hasDefault = declared === 'Boolean!' && this.#has(0.2);
    this.#variables.set(name, { declared: hasDefault ? `${declared} = ${String(value)}` : declared, value: hasDefault ? undefined : value });
    return `$${name}`;
  }

  /** @param share of variables among what is written */
  #written(value: unknown, type: GraphQLInputType | null, share: number): string {
    if (this.#has(share)) {
      if (type) return this.#variable(String(type), value);
      if (typeof value === 'string') return this.#variable('ID', value);
    }
    return this.#literal(value, type && getNullableType(type));
  }

  #literal(value: unknown, type: GraphQLInputType | null): string {
    if (isListType(type)) {
      if (Array.isArray(value)) return `[${value.map((item) => this.#written(item, type.ofType as GraphQLInputType, 0.05)).join(', ')}]`;
      return this.#literal(value, getNullableType(type.ofType as GraphQLInputType));
    }
    if (Array.isArray(value)) return `[${value.map((item) => this.#written(item, null, 0)).join(', ')}]`;
    if (typeof value === 'object' && value !== null) {
      const fields = isInputObjectType(type) ? type.getFields() : {};
      const typeOf = (name: string) => (Object.hasOwn(fields, name) ? (fields[name]?.type ?? null) : null);
      const entries = Object.entries(value).filter(([name]) => NAME.test(name));
      return `{ ${entries.map(([name, held]) => `${name}: ${this.#written(held, typeOf(name), 0.08)}`).join(', ')} }`;
    }
    if (isEnumType(type) && typeof value === 'string' && NAME.test(value)) return value;
    return typeof value === 'string' && value.includes('\n') && this.#has(0.5) ? `"""${value}"""` : JSON.stringify(value);
  }

  /** One letter of one word too few: what is meant can be guessed. */
  #misspelt(text: string): string {
    const words = [...text.matchAll(/\b[A-Za-z]{5,}\b/g)];
    if (words.length === 0) return text;
    const at = this.chance.one(words).index + 2;
    return `${text.slice(0, at)}${text.slice(at + 1)}`;
  }

  /** In a request that need not fit. */
  #bends(share: number): boolean {
    return this.values.bend > 0 && this.#has(share * 0.2);
  }

  #has(share: number): boolean {
    return this.chance.fraction() < share;
  }
}
