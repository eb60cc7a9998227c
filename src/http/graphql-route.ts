import type { IncomingMessage } from 'node:http';
import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { ClosureService } from '../engine/service';
import { createContext, type ApiContext } from '../graphql/context';
import { withCorrelationId } from '../graphql/errors/correlation';
import type { Authenticate } from './authenticate';
import { answerError } from './error-answer';

const PATH = '/graphql';
const OTHER_METHODS = ['PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** The page's scripts are its own and inline; it may still not be framed. */
const IDE_CSP = "frame-ancestors 'none'";

export interface GraphqlRoute {
  /** Started. */
  apollo: ApolloServer<ApiContext>;
  service: ClosureService;
  authenticate: Authenticate;
  /** A whole page, for browsers that open the address; absent: none. */
  ide?: string;
}

/** POST, and GET for queries (Apollo answers a mutation by GET with 405). */
export function addGraphqlRoute(app: FastifyInstance, { apollo, service, authenticate, ide }: GraphqlRoute): void {
  app.route<{ Reply: string }>({
    method: ['GET', 'POST'],
    url: PATH,
    preHandler: [
      async (request, reply) => {
        // The handler below builds a URL of it.
        return URL.canParse(`http://${request.hostname}/`) ? undefined : answerError(request, reply, 400);
      },
      async (request, reply) => {
        if (ide === undefined || !opensPage(request.raw)) return undefined;
        return reply.header('content-security-policy', IDE_CSP).type('text/html; charset=utf-8').send(ide);
      },
      // The last step before the handler: the body has arrived, and nothing leaves the asynchronous call from here on.
      (request, _reply, done) => withCorrelationId(request.id, done),
    ],
    handler: fastifyApolloHandler(apollo, {
      context: async (request) => createContext(service, await authenticate(request), request.id),
    }),
  });
  app.route({
    method: OTHER_METHODS,
    url: PATH,
    handler: (request, reply) => answerError(request, reply.header('allow', 'GET, POST'), 405),
  });
}

function opensPage({ method, url, headers }: IncomingMessage): boolean {
  const asksForData = new URLSearchParams(url?.split('?')[1]).has('query');
  return method === 'GET' && !asksForData && (headers.accept ?? '').includes('text/html');
}
