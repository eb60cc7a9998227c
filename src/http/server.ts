import { lookup } from 'node:dns/promises';
import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { ApolloServer } from '@apollo/server';
import fastify, { type FastifyInstance } from 'fastify';
import type { ClosureService } from '../engine/service';
import type { ApiContext } from '../graphql/context';
import { type ErrorLog, type MaskError, maskErrors } from '../graphql/errors/mask-error';
import { checkLimits } from '../graphql/limits';
import { createApollo } from './apollo';
import type { Authenticate } from './authenticate';
import { CORRELATION_HEADER, correlationIdOf } from './correlation-id';
import { answerError, errorHandler, refuseUnparsed } from './error-answer';
import { GRAPHQL_PATH } from './graphql-path';
import { addGraphqlRoute } from './graphql-route';
import { InFlight } from './in-flight';
import { allowOrigins } from './origins';
import { addProbes } from './probes';
import { createEventStreams } from './streams/event-stream';
import { createRunOperation } from './streams/operations';
import { addUpgrade } from './streams/upgrade';
import { createWebSockets } from './streams/websocket';
import { checkTrusted, type TrustedDocuments } from './trusted-documents';
import { addWebhooksRoute, type ReceiveWebhook } from './webhooks-route';

/** Room for a hundred aliases or a hundred representations, bytes. */
const BODY_LIMIT = 256 * 1024;
/** How long headers, and a whole request, may take to arrive, ms. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** How often Node looks for requests over those limits, ms. */
const TIMEOUT_CHECK_MS = 2_500;
/** Above the 60 s that load balancers keep idle connections, so that it is they who close them, ms. */
const KEEP_ALIVE_MS = 65_000;
/** So long after the start of a drain the connections that are left are cut, ms. */
const CUT_AFTER_MS = 22_000;

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export interface ServerOptions {
  service: ClosureService;
  authenticate: Authenticate;
  /** True for a request to the API that comes by way of the router, where only those are taken. */
  isRouter: (headers: IncomingHttpHeaders) => boolean;
  logger: ErrorLog;
  /** All metrics in the Prometheus text format. */
  metrics: () => Promise<string>;
  /** Rejects when the gateway cannot do its work: `/readyz` answers 503 then. */
  health: () => Promise<void>;
  introspection: boolean;
  /** Whether the subgraph's SDL (`_service`) is answered; absent: with introspection. */
  showsSdl?: boolean;
  /** True for an address that a router may have the answers to a subscription sent to. */
  mayCallBack: (url: string) => boolean;
  /** Whose pages may use the API from a browser, beside those of its own origin; absent: nobody's. */
  allowedOrigins?: readonly string[];
  receiveWebhook: ReceiveWebhook;
  /** The only documents that are served; absent: any. */
  trustedDocuments?: TrustedDocuments;
  /** A whole HTML page that browsers get at `/graphql`; absent: none. */
  ide?: string;
}

export interface Server {
  /**
   * Starts to serve; once.
   * @param port 0 for any
   * @returns where, for example "http://127.0.0.1:4000"
   */
  listen(host: string, port: number): Promise<string>;
  /**
   * Unready at once; for the grace it serves as before, since load balancers notice late. Then it takes no new
   * connections, ends subscriptions, finishes what is under way (until 22 s after the start at most), closes.
   */
  drain(graceMs?: number): Promise<void>;
}

/**
 * The gateway's HTTP side: `/graphql`, `/webhooks/{provider id}`, `/livez`, `/readyz`, `/metrics`.
 */
export function createServer(options: ServerOptions): Server {
  const { logger: log, introspection, showsSdl = introspection, mayCallBack } = options;
  const mask = maskErrors(log, introspection);
  return serveApollo(createApollo({ log, mask, introspection, showsSdl, mayCallBack }), mask, options);
}

/**
 * The same with the routes and limits of the gateway in front of another GraphQL server.
 * @param apollo not started
 * @param mask its `formatError`
 */
export function serveApollo(apollo: ApolloServer<ApiContext>, mask: MaskError, options: Omit<ServerOptions, 'introspection' | 'showsSdl' | 'mayCallBack'>): Server {
  const inFlight = new InFlight();
  const app = createApp(options.logger, inFlight);
  const { logger: log, service, authenticate, isRouter, trustedDocuments, allowedOrigins = [] } = options;
  const admit = (document: string, variables: unknown) => {
    checkTrusted(document, trustedDocuments);
    checkLimits(document, variables);
  };
  const run = createRunOperation({ apollo, mask, admit });
  const eventStreams = createEventStreams(run);
  const ending = new AbortController();
  // Each subscription listens.
  setMaxListeners(0, ending.signal);
  const webSockets = createWebSockets({ run, authenticate, mask, log, maxPayload: BODY_LIMIT, trustedDocuments, service, ends: ending.signal });
  let draining = false;
  let closing = false;

  app.addHook('onRequest', async (request, reply) => {
    inFlight.add(reply.raw);
    reply.headers({ ...SECURITY_HEADERS, [CORRELATION_HEADER]: request.id });
  });
  app.addHook('onSend', async (_request, reply) => {
    // Who comes again is to find another process; and an answer begun before the end must not keep its connection open after it.
    if (draining) reply.header('connection', 'close');
  });
  app.server.on('connection', (socket) => {
    if (closing) socket.destroy();
  });
  addProbes(app, { health: options.health, metrics: options.metrics, isDraining: () => draining, log: options.logger });

  return {
    async listen(host, port) {
      await apollo.start();
      const addApi = async (api: FastifyInstance) => {
        if (allowedOrigins.length > 0) await allowOrigins(api, allowedOrigins);
        addGraphqlRoute(api, { ...options, apollo, admit, eventStreams, ends: ending.signal });
      };
      await app.register(addApi, { prefix: GRAPHQL_PATH });
      addUpgrade(app.server, webSockets, { isRouter, allowedOrigins, ends: ending.signal });
      addWebhooksRoute(app, options.receiveWebhook, options.logger);
      // A name with several addresses would open several servers, of which a drain sees one.
      const { address } = await lookup(host);
      return app.listen({ host: address, port });
    },
    async drain(graceMs = 0) {
      draining = true;
      if (graceMs > 0) await wait(graceMs);
      closing = true;
      // Clients come again after a connection that ended, and not after a subscription that was completed: so in this order.
      webSockets.end();
      eventStreams.end();
      ending.abort();
      const closed = app.close();
      const limit = setTimeout(() => app.server.closeAllConnections(), CUT_AFTER_MS - graceMs);
      await inFlight.none();
      clearTimeout(limit);
      // Connections that never sent a request count as busy to Node, and would hold the server open.
      app.server.closeAllConnections();
      await closed;
      await apollo.stop();
    },
  };
}

function createApp(log: ErrorLog, inFlight: InFlight): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: TIMEOUT_CHECK_MS },
    requestIdHeader: false,
    genReqId: correlationIdOf,
    // While draining, a request on an open connection is still answered: its caller cannot know.
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => refuseUnparsed(error, socket, inFlight.on(socket) > 0),
    frameworkErrors: (_error, request, reply) => answerError(request, reply, 400),
  });
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler(errorHandler(log));
  app.setNotFoundHandler((request, reply) => answerError(request, reply, 404));
  return app;
}
