import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import type { Running } from './subgraph';

/** What the router passes on from its caller to every subgraph. */
export interface RouterContext {
  authorization?: string;
}

/** Hands the caller's own token on: each subgraph decides for itself what that caller may see. */
class AsTheCaller extends RemoteGraphQLDataSource<RouterContext> {
  override willSendRequest({ request, context }: Parameters<NonNullable<RemoteGraphQLDataSource<RouterContext>['willSendRequest']>>[0]): void {
    if (context.authorization) request.http?.headers.set('authorization', context.authorization);
  }
}

/**
 * Serves the graph that the subgraphs make together, on loopback.
 * @param subgraphs name and GraphQL address of each; their schemas are asked for and composed at the start
 * @param port 0 for any
 */
export async function startRouter(subgraphs: { name: string; url: string }[], port: number): Promise<Running> {
  const gateway = new ApolloGateway({
    supergraphSdl: new IntrospectAndCompose({ subgraphs }),
    buildService: ({ url }) => new AsTheCaller({ url }),
    logger: { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error },
  });
  const server = new ApolloServer<RouterContext>({
    gateway,
    stopOnTerminationSignals: false,
    // Its page would ask the internet for the rest of itself.
    plugins: [ApolloServerPluginLandingPageDisabled()],
  });
  const { url } = await startStandaloneServer(server, {
    listen: { host: '127.0.0.1', port },
    context: async ({ req }) => ({ authorization: req.headers.authorization }),
  });
  return { url, dispose: () => server.stop() };
}
