import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ContextParts, createContext, type ApiContext } from '../graphql/context';
import { withCorrelationId } from '../graphql/errors/correlation';
import { type Authenticate, identityOf } from './authenticate';
import { answerError } from './error-answer';
import { GRAPHQL_PATH } from './graphql-path';
import type { EventStreams } from './streams/event-stream';
import { type DocumentRequest, type TrustedDocuments, withNamedDocument } from './trusted-documents';

const OTHER_METHODS = ['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** What a link cannot send, and Apollo's protection against forged requests asks a GET for. */
const NOT_A_VISIT = ['content-type', 'apollo-require-preflight', 'x-apollo-operation-name'];
/** The page has everything in it, makes scripts of its own, and may talk to this gateway alone. */
const IDE_CSP = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self'; frame-ancestors 'none'";

export interface GraphqlRoute extends ContextParts {
  /** Started. */
  apollo: ApolloServer<ApiContext>;
  eventStreams: EventStreams;
  authenticate: Authenticate;
  /** True for a request that comes by way of the router, where only those are taken. */
  isRouter: (headers: IncomingHttpHeaders) => boolean;
  /** Refuses documents by throwing. */
  admit: (document: string, variables: unknown) => void;
  /** The only documents that are served; absent: any. */
  trustedDocuments?: TrustedDocuments;
  /** A whole page, for browsers that open the address; absent: none. */
  ide?: string;
}

/**
 * POST, and GET for queries (Apollo answers a mutation by GET with 405); with "accept: text/event-stream" the answers are a stream.
 * @param app whose prefix is the path
 */
export function addGraphqlRoute(app: FastifyInstance, route: GraphqlRoute): void {
  const { apollo, eventStreams, authenticate, isRouter, admit, trustedDocuments, ide, ...parts } = route;
  const page = ide === undefined ? null : { html: ide, etag: `"${createHash('sha256').update(ide).digest('base64url')}"` };
  const contextOf = async (request: FastifyRequest) => createContext(parts, await identityOf(authenticate, request.headers), request.id);
  const answer = fastifyApolloHandler(apollo, {
    async context(request) {
      const context = await contextOf(request);
      admit(documentOf(request), variablesOf(request));
      return context;
    },
  });
  app.route<{ Reply: string }>({
    method: ['GET', 'POST'],
    url: '',
    exposeHeadRoute: false,
    onRequest: async (request, reply) => {
      if (!isRouter(request.headers)) return answerError(request, reply, 401);
      // No client sends a fragment; readers of an address differ in what they make of one.
      if (request.raw.url?.includes('#')) return answerError(request, reply, 400);
      const coding = request.headers['content-encoding'] ?? 'identity';
      return coding === 'identity' ? undefined : answerError(request, reply.header('accept-encoding', 'identity'), 415);
    },
    onSend: async (_request, reply) => {
      // RFC 6750 section 3.
      if (reply.statusCode === 401) reply.header('www-authenticate', 'Bearer');
    },
    preHandler: [
      async (request, reply) => {
        // The handler below builds a URL of it.
        return URL.canParse(`http://${request.hostname}/`) ? undefined : answerError(request, reply, 400);
      },
      async (request, reply) => {
        return page && opensPage(request.raw) ? sendPage(request, reply, page) : undefined;
      },
      async (request) => {
        if (trustedDocuments) putDocument(request, trustedDocuments);
      },
      // The last step before the handler: the body has arrived, and nothing leaves the asynchronous call from here on.
      (request, _reply, done) => withCorrelationId(request.id, done),
    ],
    handler: async (request, reply) => {
      const operation = eventStreams.operationOf(request);
      const context = operation && (await contextOf(request).catch(() => null));
      // Nobody known, or nothing that could be run, is for the server to refuse.
      if (!context) return answer.call(app, request, reply);
      return eventStreams.serve(request, reply, operation, context);
    },
  });
  app.route({
    method: OTHER_METHODS,
    url: '',
    handler: (request, reply) => answerError(request, reply.header('allow', 'GET, POST'), 405),
  });
}

/** Megabytes long: the browser keeps it, and asks each time whether it is still the same. */
function sendPage(request: FastifyRequest, reply: FastifyReply, page: { html: string; etag: string }): FastifyReply {
  reply.headers({ 'content-security-policy': IDE_CSP, 'cache-control': 'no-cache', vary: 'accept, origin', etag: page.etag });
  if (request.headers['if-none-match'] === page.etag) return reply.code(304).send();
  return reply.type('text/html; charset=utf-8').send(page.html);
}

/** Empty for a request without one, which the server refuses. */
function documentOf({ method, body, raw }: FastifyRequest): string {
  // Read from the address as the server reads it; more than one document is for it to refuse.
  if (method === 'GET') return new URL(raw.url ?? '', 'http://localhost').searchParams.getAll('query').join('\n');
  const document = typeof body === 'object' && body !== null && 'query' in body ? body.query : null;
  return typeof document === 'string' ? document : '';
}

/** As the server reads them; null for what it refuses. */
function variablesOf({ method, body, raw }: FastifyRequest): unknown {
  if (method === 'POST') return typeof body === 'object' && body !== null && 'variables' in body ? body.variables : null;
  const given = new URL(raw.url ?? '', 'http://localhost').searchParams.getAll('variables');
  try {
    return given.length === 1 ? (JSON.parse(given[0] ?? '') as unknown) : null;
  } catch {
    return null;
  }
}

/** Puts the text of a trusted document where only its name was sent: into the body, or into the address, which is read again. */
function putDocument(request: FastifyRequest, trusted: TrustedDocuments): void {
  if (request.method === 'POST') {
    const { body } = request;
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) request.body = withNamedDocument(body as DocumentRequest, trusted);
    return;
  }
  const given = request.query as Record<string, string>;
  const named = withNamedDocument(given, trusted);
  if (named === given) return;
  request.query = named;
  request.raw.url = `${GRAPHQL_PATH}?${new URLSearchParams(named).toString()}`;
}

/** A person's browser, also at an address with a query in it, which the page shows: as a request it would be refused. */
function opensPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html') && !NOT_A_VISIT.some((name) => name in headers);
}
