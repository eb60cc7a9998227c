import 'reflect-metadata';
import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph';
import { isObjectType, lexicographicSortSchema, parse, printSchema, visit, type DocumentNode, type GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync, createResolversMap, type BuildSchemaOptions, type PubSub } from 'type-graphql';
import { badArgument } from './errors/api-error';
import { MOST_REPRESENTATIONS } from './limits';
import { checkRepresentation, references, type References } from './references';
import { AccountResolver } from './resolvers/account.resolver';
import { ClosureResolver } from './resolvers/closure.resolver';
import { MutationResolver } from './resolvers/mutation.resolver';
import { QueryResolver } from './resolvers/query.resolver';
import { SubscriptionResolver } from './resolvers/subscription.resolver';
import { AccountType } from './types/account.type';

/** Federation 2.9 is what today's routers all compose; only directives in use are imported. */
const FEDERATION_HEADER = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag"])';

/** The schema as it is served, and as it is printed. */
export interface Subgraph {
  schema: GraphQLSchema;
  /** With federation directives: what a router composes. */
  subgraphSdl: string;
  /** Without anything of federation, sorted: what clients generate code from. */
  apiSdl: string;
}

/** What a subgraph is built from. */
export interface SubgraphParts {
  /** SDL of the schema's `@link`s, and of the directives that they do not bring. */
  header: string;
  resolvers: BuildSchemaOptions['resolvers'];
  /** Of every entity: how others' references to it become objects. */
  references: References;
  /** Classes that no query returns, and others' references do. */
  orphanedTypes?: BuildSchemaOptions['orphanedTypes'];
  /** For types that no class describes: the root types. */
  descriptions?: Readonly<Record<string, string>>;
}

/** TypeGraphQL asks for one, and for nothing of it: subscriptions have sources of their own. */
const NO_TOPICS: PubSub = {
  publish: () => noTopics(),
  subscribe: () => noTopics(),
};

type SubgraphModule = Extract<Extract<Parameters<typeof buildSubgraphSchema>[0], unknown[]>[number], { typeDefs: DocumentNode }>;

let built: Subgraph | undefined;

/** The gateway's own subgraph. Built once per process. */
export function buildSubgraph(): Subgraph {
  return (built ??= buildSubgraphFrom({
    header: FEDERATION_HEADER,
    resolvers: [QueryResolver, MutationResolver, SubscriptionResolver, ClosureResolver, AccountResolver],
    references,
    orphanedTypes: [AccountType],
    descriptions: {
      Query: 'Reads. They need the scope closures:read.',
      Mutation: 'Writes. They need the scope closures:write or closures:operate.',
      Subscription: 'What goes on until it is over. It needs the scope closures:read.',
    },
  }));
}

/** The one place that knows TypeGraphQL and Apollo's subgraph library. */
export function buildSubgraphFrom({ header, resolvers, references: entities, orphanedTypes = [], descriptions = {} }: SubgraphParts): Subgraph {
  const scalarsMap = [{ type: Date, scalar: GraphQLDateTime }];
  const source = buildSchemaSync({ resolvers, orphanedTypes, scalarsMap, validate: false, pubSub: NO_TOPICS });
  for (const [name, text] of Object.entries(descriptions)) describe(source, name, text);
  const schema = buildSubgraphSchema([
    { typeDefs: parse(header) },
    { typeDefs: withDirectives(source), resolvers: withReferences(createResolversMap(source), entities) },
  ]);
  guardEntities(schema, entities);
  return { schema, subgraphSdl: printSubgraphSchema(schema), apiSdl: printSchema(lexicographicSortSchema(source)) };
}

function noTopics(): never {
  throw new Error('There are no topics to publish or to subscribe to.');
}

/** TypeGraphQL has no decorator for the root types. */
function describe(schema: GraphQLSchema, name: string, text: string): void {
  const type = schema.getType(name);
  if (type) type.description = text;
}

/** graphql-js prints no applied directives but `@deprecated`: the others are put back from the classes. */
function withDirectives(schema: GraphQLSchema): DocumentNode {
  return visit(parse(printSchema(schema)), {
    ObjectTypeDefinition(node) {
      const type = schema.getType(node.name.value);
      if (!isObjectType(type)) return undefined;
      const declared = type.getFields();
      const fields = node.fields?.map((field) => {
        return { ...field, directives: [...(field.directives ?? []), ...(declared[field.name.value]?.astNode?.directives ?? [])] };
      });
      return { ...node, fields, directives: type.astNode?.directives ?? [] };
    },
  });
}

/** Adds what `_entities` calls. Both libraries mean the same map; their types for it differ. */
function withReferences(resolvers: ReturnType<typeof createResolversMap>, entities: References): SubgraphModule['resolvers'] {
  const both = Object.entries(entities).map(([type, reference]) => [type, { ...resolvers[type], ...reference }]);
  return { ...resolvers, ...Object.fromEntries(both) } as SubgraphModule['resolvers'];
}

/**
 * The library resolves a list as one: a representation of a type that it does not know fails the whole of it. So it
 * is given them one by one, each in a promise of its own, all in the same turn for the loaders to gather.
 */
function guardEntities(schema: GraphQLSchema, entities: References): void {
  const field = schema.getQueryType()?.getFields()['_entities'];
  const resolve = field?.resolve;
  if (!field || !resolve) throw new Error('The subgraph has no entities.');
  field.resolve = (source, args: { representations: unknown[] }, context, info) => {
    if (args.representations.length > MOST_REPRESENTATIONS) {
      throw badArgument(`There are more than ${MOST_REPRESENTATIONS} representations.`, 'representations');
    }
    return args.representations.map(async (representation) => {
      checkRepresentation(representation, entities);
      const [entity] = resolve(source, { ...args, representations: [representation] }, context, info) as unknown[];
      return entity;
    });
  };
}
