import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { OperationTypeNode, visit } from 'graphql';
import { isTooLong } from '../graphql/budget';
import { buildSubgraph } from '../graphql/build-schema';
import type { ApiContext } from '../graphql/context';
import { ApiError } from '../graphql/errors/api-error';
import type { ErrorLog, MaskError } from '../graphql/errors/mask-error';
import { callbacks } from './streams/callback';
import { subscriptions } from './streams/subscriptions';

export interface ApolloOptions {
  log: ErrorLog;
  mask: MaskError;
  /** Off also keeps the schema's names out of error messages. */
  introspection: boolean;
  /** Whether `_service` is answered. */
  showsSdl: boolean;
  /** True for an address that a router may have its answers sent to. */
  mayCallBack: (url: string) => boolean;
}

/** The subgraph's SDL tells as much as introspection does: it is for the router, and for whoever may introspect. */
const noSdl: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async () => ({
    async didResolveOperation({ document }) {
      const refuse = () => {
        // Without a status the server takes it for a failure of its own: 500.
        throw new ApiError('FORBIDDEN', 'The schema is not shown.', undefined, 403);
      };
      visit(document, { Field: ({ name }) => (name.value === '_service' ? refuse() : undefined) });
    },
  }),
};

/** What is left of an answer that became too long is mostly errors, one for each list that was left out. Of a mutation, which has happened, all is kept that is left. */
const shortened: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async () => ({
    async willSendResponse({ contextValue, operation, response: { body } }) {
      if (!isTooLong(contextValue) || operation?.operation !== OperationTypeNode.QUERY || body.kind !== 'single') return;
      const tooLong = body.singleResult.errors?.find(({ extensions }) => extensions?.['code'] === 'GRAPHQL_VALIDATION_FAILED');
      if (tooLong) body.singleResult = { data: null, errors: [tooLong] };
    },
  }),
};

/** Apollo Server over the subgraph, with everything off that would answer, report or cache by itself. */
export function createApollo({ log, mask, introspection, showsSdl, mayCallBack }: ApolloOptions): ApolloServer<ApiContext> {
  const tell = (message: unknown) => log.error({ detail: String(message) }, 'the GraphQL server has a complaint');
  return new ApolloServer<ApiContext>({
    schema: buildSubgraph().schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    formatError: mask,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    persistedQueries: false,
    // The composition root drains; a library must not end the process.
    stopOnTerminationSignals: false,
    logger: { debug: () => undefined, info: () => undefined, warn: tell, error: tell },
    plugins: [
      ...(showsSdl ? [] : [noSdl]),
      shortened,
      subscriptions,
      callbacks({ mask, mayCall: mayCallBack }),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
