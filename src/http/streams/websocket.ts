import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError, type GraphQLFormattedError, parse } from 'graphql';
import { type Context, CloseCode, type ConnectionInitMessage, handleProtocols, makeServer } from 'graphql-ws';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { buildSubgraph } from '../../graphql/build-schema';
import { type ContextParts, createContext, type Identity } from '../../graphql/context';
import { ApiError } from '../../graphql/errors/api-error';
import { withCorrelationId } from '../../graphql/errors/correlation';
import type { ErrorLog, MaskError } from '../../graphql/errors/mask-error';
import { type Authenticate, identityOf } from '../authenticate';
import { correlationIdOf } from '../correlation-id';
import { type TrustedDocuments, withEmptyText, withNamedDocument } from '../trusted-documents';
import { type Answer, isAnswers, type RunOperation } from './operations';

/** The most operations that are under way on one connection: a screen full of closures. A subject's share of the process's room is the engine's to mind. */
const MOST_OPERATIONS = 100;
/** How long a client may take for its first message, ms. */
const INIT_TIMEOUT_MS = 5_000;
/** How often a client is asked whether it is there, ms: below the 60 s that load balancers keep idle connections. */
const PING_MS = 25_000;
/** A connection that had nothing under way at so many pings in a row (5 min) is closed: one without an end is held by subscriptions, which are limited. */
const IDLE_PINGS = 12;
/** Who sends on without reading is cut off when so much waits for it, bytes. */
const MOST_UNREAD = 1_048_576;
/** How long a client may take to answer that the connection ends, ms. */
const CLOSE_TIMEOUT_MS = 1_000;
/** WebSocket close codes, RFC 6455 section 7.4.1 and its registry; clients come again after these. */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;
/** The protocol wants a document that it can look into; ours is executed elsewhere. */
const ANY_DOCUMENT = parse('{ __typename }');

export interface WebSocketOptions extends ContextParts {
  run: RunOperation;
  authenticate: Authenticate;
  mask: MaskError;
  log: ErrorLog;
  /** The most that a message may hold, bytes. */
  maxPayload: number;
  /** The only documents that are served; absent: any. */
  trustedDocuments?: TrustedDocuments;
}

export interface WebSockets {
  /** Takes over a connection that asks for an upgrade and may have it. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes all connections, so that clients connect elsewhere; nothing that goes on is called complete. */
  end(): void;
}

/** Of one connection. */
interface Connection {
  socket: WebSocket;
  request: IncomingMessage;
  correlationId: string;
  identity: Identity | null;
  /** What is under way, as the protocol's library keeps it. */
  operations: ConnectionContext['subscriptions'];
  /** Something was asked since the last ping. */
  wasAsked: boolean;
}
type ConnectionContext = Context<ConnectionInitMessage['payload'], Connection>;

/** An error that goes out as it is. */
class Told extends GraphQLError {
  constructor(private readonly formatted: GraphQLFormattedError) {
    super(formatted.message);
  }

  override toJSON(): GraphQLFormattedError {
    return this.formatted;
  }
}

/**
 * graphql-transport-ws, https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. The library's own adapter for
 * `ws` writes what clients do wrong to the console; this one keeps it out of there.
 */
export function createWebSockets({ run, authenticate, mask, log, maxPayload, trustedDocuments, service, ends }: WebSocketOptions): WebSockets {
  const settings: ServerOptions = { noServer: true, maxPayload, perMessageDeflate: false, handleProtocols };
  // The types do not have closeTimeout yet.
  const server = new WebSocketServer(Object.assign(settings, { closeTimeout: CLOSE_TIMEOUT_MS }));
  const told = (error: ApiError) => [new Told(mask(error.toJSON(), error))];

  const protocol = makeServer<ConnectionInitMessage['payload'], Connection>({
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    jsonMessageReviver: trustedDocuments && withEmptyText,
    async onConnect({ connectionParams, extra, subscriptions }: ConnectionContext) {
      extra.operations = subscriptions;
      const authorization = connectionParams?.['authorization'] ?? connectionParams?.['Authorization'];
      const { headers } = extra.request;
      try {
        extra.identity = await identityOf(authenticate, typeof authorization === 'string' ? { ...headers, authorization } : headers);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        extra.socket.close(TRY_AGAIN_LATER, 'Who is asking cannot be told now');
        return undefined;
      }
      return extra.identity !== null;
    },
    async onSubscribe({ extra, subscriptions }: ConnectionContext, _id, payload) {
      const { identity, correlationId, socket } = extra;
      extra.wasAsked = true;
      // A client that comes again brings a new token.
      if (isExpired(identity)) socket.close(CloseCode.Forbidden, 'The token has expired');
      // Nobody hears it any more; without an answer the library would look for a schema of its own, and fail.
      if (!identity || isExpired(identity)) return told(new ApiError('UNAUTHENTICATED', 'The token has expired.'));
      if (Object.keys(subscriptions).length > MOST_OPERATIONS) {
        return told(new ApiError('SERVICE_UNAVAILABLE', `One connection has room for ${MOST_OPERATIONS} operations at once.`));
      }
      const context = createContext({ service, ends }, identity, correlationId);
      const operation = trustedDocuments ? withNamedDocument(payload, trustedDocuments) : payload;
      const result = await run(operation, context, { takesMutations: true });
      if (!isAnswers(result) && !('data' in result) && result.errors) return result.errors.map((error) => new Told(error));
      return { schema: buildSubgraph().schema, document: ANY_DOCUMENT, contextValue: result };
    },
    execute: ({ contextValue }) => contextValue as Answer as never,
    // As it is: its errors are formatted.
    onNext: (_context, _id, _payload, _args, result) => result as never,
  });

  server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const correlationId = correlationIdOf(request);
    const connection: Connection = { socket, request, correlationId, identity: null, operations: {}, wasAsked: false };
    const isOpen = () => socket.readyState === socket.OPEN;
    const fail = (error: unknown) => {
      log.error({ correlationId, err: error }, 'unexpected error in the WebSocket server');
      socket.close(CloseCode.InternalServerError, 'Internal error');
    };
    // The library takes for an error of its own server what is one of the client.
    const refuse = (error: unknown) => (isOutOfPlace(error) ? socket.close(CloseCode.BadRequest, 'Only the server sends such a message') : fail(error));
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        // Resolves when the system has taken it: who reads slowly has the next answer looked for later.
        send: (data) => new Promise((resolve) => (isOpen() ? socket.send(data, () => resolve()) : resolve())),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => {
          socket.on('message', (data) => {
            if (socket.bufferedAmount > MOST_UNREAD) socket.terminate();
            else if (isOpen()) withCorrelationId(correlationId, () => void take(String(data)).catch(refuse));
          });
        },
      },
      connection,
    );
    let isThere = true;
    let idlePings = 0;
    const pinging = setInterval(() => {
      if (!isThere) return socket.terminate();
      isThere = false;
      idlePings = connection.wasAsked || Object.keys(connection.operations).length > 0 ? 0 : idlePings + 1;
      connection.wasAsked = false;
      return idlePings > IDLE_PINGS ? socket.close(GOING_AWAY, 'Nothing was under way for 5 minutes') : socket.ping();
    }, PING_MS);
    socket.on('pong', () => {
      isThere = true;
    });
    // The close that follows says the same.
    socket.on('error', () => undefined);
    socket.once('close', (code, reason) => {
      clearInterval(pinging);
      withCorrelationId(correlationId, () => void closed(code, String(reason)).catch(fail));
    });
  });

  return {
    accept: (request, socket, head) => server.handleUpgrade(request, socket, head, (accepted) => server.emit('connection', accepted, request)),
    end() {
      for (const socket of server.clients) socket.close(GOING_AWAY, 'The gateway ends; connect again');
    },
  };
}

/** For a message that is well-formed, and which no client may send: "next", "error", "connection_ack". */
function isOutOfPlace(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type ');
}

function isExpired(identity: Identity | null): boolean {
  return identity?.expiresAt !== undefined && identity.expiresAt <= Date.now();
}
