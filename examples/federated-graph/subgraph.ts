import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper';
import { parse, type DocumentNode } from 'graphql';

/** SDL as a document; named so that editors recognise what is in the string. */
export const gql = parse;

/** One team's part of the graph. */
export interface Subgraph {
  name: string;
  typeDefs: DocumentNode;
  resolvers: GraphQLResolverMap<unknown>;
}

/** A GraphQL server on loopback. */
export interface Running {
  url: string;
  dispose(): Promise<void>;
}

/** Serves a subgraph on any free port of loopback. */
export async function serveSubgraph({ typeDefs, resolvers }: Subgraph): Promise<Running> {
  const server = new ApolloServer({
    schema: buildSubgraphSchema([{ typeDefs, resolvers }]),
    stopOnTerminationSignals: false,
    plugins: [ApolloServerPluginInlineTraceDisabled()],
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  return { url, dispose: () => server.stop() };
}
