import 'reflect-metadata';
import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph';
import { lexicographicSortSchema, parse, printSchema, visit, type DocumentNode, type GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync, createResolversMap, type PubSub } from 'type-graphql';
import { badArgument } from './errors/api-error';
import { MOST_REPRESENTATIONS } from './limits';
import { checkRepresentation, references } from './references';
import { AccountResolver } from './resolvers/account.resolver';
import { ClosureResolver } from './resolvers/closure.resolver';
import { MutationResolver } from './resolvers/mutation.resolver';
import { QueryResolver } from './resolvers/query.resolver';
import { SubscriptionResolver } from './resolvers/subscription.resolver';
import { AccountType } from './types/account.type';

/** Federation 2.9 is what today's routers all compose; only directives in use are imported. */
const FEDERATION_HEADER = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])';

/** The schema as it is served, and as it is printed. */
export interface Subgraph {
  schema: GraphQLSchema;
  /** With federation directives: what a router composes. */
  subgraphSdl: string;
  /** Without anything of federation, sorted: what clients generate code from. */
  apiSdl: string;
}

/** TypeGraphQL asks for one, and for nothing of it: subscriptions have sources of their own. */
const NO_TOPICS: PubSub = {
  publish: () => noTopics(),
  subscribe: () => noTopics(),
};

type SubgraphModule = Extract<Extract<Parameters<typeof buildSubgraphSchema>[0], unknown[]>[number], { typeDefs: DocumentNode }>;

let built: Subgraph | undefined;

/** The one place that knows TypeGraphQL and Apollo's subgraph library. Built once per process. */
export function buildSubgraph(): Subgraph {
  return (built ??= build());
}

function build(): Subgraph {
  const source = buildSchemaSync({
    resolvers: [QueryResolver, MutationResolver, SubscriptionResolver, ClosureResolver, AccountResolver],
    // No query returns it: other subgraphs' references do.
    orphanedTypes: [AccountType],
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    validate: false,
    pubSub: NO_TOPICS,
  });
  describeRoots(source);
  const schema = buildSubgraphSchema([
    { typeDefs: parse(FEDERATION_HEADER) },
    { typeDefs: withDirectives(source), resolvers: withReferences(createResolversMap(source)) },
  ]);
  guardEntities(schema);
  return { schema, subgraphSdl: printSubgraphSchema(schema), apiSdl: printSchema(lexicographicSortSchema(source)) };
}

function noTopics(): never {
  throw new Error('There are no topics to publish or to subscribe to.');
}

/** TypeGraphQL has no decorator for the root types. */
function describeRoots(schema: GraphQLSchema): void {
  const [query, mutation, subscription] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  if (query) query.description = 'Reads. They need the scope closures:read.';
  if (mutation) mutation.description = 'Writes. They need the scope closures:write or closures:operate.';
  if (subscription) subscription.description = 'What goes on until it is over. It needs the scope closures:read.';
}

/** graphql-js prints no applied directives: they are put back from the classes. */
function withDirectives(schema: GraphQLSchema): DocumentNode {
  return visit(parse(printSchema(schema)), {
    ObjectTypeDefinition: (node) => ({ ...node, directives: schema.getType(node.name.value)?.astNode?.directives ?? [] }),
  });
}

/** Adds what `_entities` calls. Both libraries mean the same map; their types for it differ. */
function withReferences(resolvers: ReturnType<typeof createResolversMap>): SubgraphModule['resolvers'] {
  const both = Object.entries(references).map(([type, reference]) => [type, { ...resolvers[type], ...reference }]);
  return { ...resolvers, ...Object.fromEntries(both) } as SubgraphModule['resolvers'];
}

/**
 * The library resolves a list as one: a representation of a type that it does not know fails the whole of it. So it
 * is given them one by one, each in a promise of its own, all in the same turn for the loaders to gather.
 */
function guardEntities(schema: GraphQLSchema): void {
  const field = schema.getQueryType()?.getFields()['_entities'];
  const resolve = field?.resolve;
  if (!field || !resolve) throw new Error('The subgraph has no entities.');
  field.resolve = (source, args: { representations: unknown[] }, context, info) => {
    if (args.representations.length > MOST_REPRESENTATIONS) {
      throw badArgument(`There are more than ${MOST_REPRESENTATIONS} representations.`, 'representations');
    }
    return args.representations.map(async (representation) => {
      checkRepresentation(representation);
      const [entity] = resolve(source, { ...args, representations: [representation] }, context, info) as unknown[];
      return entity;
    });
  };
}
