import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { CORRELATION_HEADER } from './correlation-id';
import { answerError } from './error-answer';
import { GRAPHQL_PATH } from './graphql-path';

/** What the clients of the API send beyond what every page may: the token, and Apollo's proof that no page was forged. */
const REQUEST_HEADERS = ['authorization', 'content-type', 'apollo-require-preflight', 'x-apollo-operation-name', CORRELATION_HEADER];
/** What a page may read beside the body. */
const ANSWER_HEADERS = [CORRELATION_HEADER, 'retry-after', 'www-authenticate'];
/** How long a browser may keep what a preflight was answered, seconds; Chromium's limit. */
const PREFLIGHT_KEPT_S = 7_200;

/**
 * Lets pages of these origins use `/graphql` from a browser (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).
 * Callers are known by a bearer token and never by a cookie: nothing is sent along without the page's doing.
 */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  // The plugin would answer at every address below, and what is no preflight in words of its own.
  app.addHook('onRequest', async (request, reply) => {
    const { method, raw, headers } = request;
    if (method !== 'OPTIONS') return undefined;
    if (raw.url?.split('?')[0] !== GRAPHQL_PATH) return answerError(request, reply, 404);
    const isPreflight = headers.origin && headers['access-control-request-method'];
    return isPreflight ? undefined : answerError(request, reply.header('allow', 'GET, POST'), 405);
  });
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders: REQUEST_HEADERS,
    exposedHeaders: ANSWER_HEADERS,
    maxAge: PREFLIGHT_KEPT_S,
  });
}
