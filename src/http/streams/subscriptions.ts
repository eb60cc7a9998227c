import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import type { ApiContext } from '../../graphql/context';
import { ApiError } from '../../graphql/errors/api-error';
import { asksForCallback } from './callback';

const HOW =
  'A subscription has more answers than one: ask by POST with "accept: text/event-stream", or over a WebSocket with the protocol graphql-transport-ws.';

/**
 * Has the server parse, validate and judge a subscription like every other operation, and executes nothing: whoever made
 * the stream does that, with the document that is left there. Callbacks have a plugin of their own.
 */
export const subscriptions: ApolloServerPlugin<ApiContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation, document, request, contextValue: { stream } }) {
        if (operation?.operation === 'mutation' && stream?.takesMutations === false) {
          throw new ApiError('BAD_REQUEST', 'A mutation is taken by POST alone.', undefined, 405);
        }
        if (operation?.operation !== 'subscription' || asksForCallback(request)) return;
        if (!stream) throw new ApiError('BAD_REQUEST', HOW, undefined, 400);
        stream.document = document;
      },
      async responseForOperation({ contextValue: { stream } }) {
        if (!stream?.document) return null;
        return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult: {} } };
      },
    };
  },
};
