import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSubgraph } from '../graphql/build-schema';
import type { ApiContext } from '../graphql/context';
import { ApiError } from '../graphql/errors/api-error';
import { maskErrors, type ErrorLog } from '../graphql/errors/mask-error';

/** Refuses what is valid GraphQL, and would fail in execution as if by our fault. */
const noSubscriptions: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async () => ({
    async didResolveOperation({ operation }) {
      if (operation?.operation !== 'subscription') return;
      throw new ApiError('BAD_REQUEST', 'Subscriptions are not served: ask for closureStatus again at nextCheckAt.', undefined, 400);
    },
  }),
};

/**
 * Apollo Server over the subgraph, with everything off that would answer, report or cache by itself.
 * @param introspection off also keeps the schema's names out of error messages
 */
export function createApollo(log: ErrorLog, introspection: boolean): ApolloServer<ApiContext> {
  const tell = (message: unknown) => log.error({ detail: String(message) }, 'the GraphQL server has a complaint');
  return new ApolloServer<ApiContext>({
    schema: buildSubgraph().schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    formatError: maskErrors(log),
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    persistedQueries: false,
    // The composition root drains; a library must not end the process.
    stopOnTerminationSignals: false,
    logger: { debug: () => undefined, info: () => undefined, warn: tell, error: tell },
    plugins: [
      noSubscriptions,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
