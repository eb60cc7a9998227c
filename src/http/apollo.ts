import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSubgraph } from '../graphql/build-schema';
import type { ApiContext } from '../graphql/context';
import { maskErrors, type ErrorLog } from '../graphql/errors/mask-error';

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
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
