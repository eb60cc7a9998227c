import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { CORRELATION_HEADER, correlationIdOf } from '../correlation-id';
import { GRAPHQL_PATH } from '../graphql-path';
import type { WebSockets } from './websocket';

/** What is taken out of a request that goes on without the upgrade it offers. */
const ABOUT_UPGRADE: ReadonlySet<string> = new Set(['connection', 'upgrade', 'http2-settings']);

const REFUSALS = {
  401: ['Unauthorized', 'UNAUTHENTICATED', 'The request does not come by way of the router.'],
  403: ['Forbidden', 'FORBIDDEN', 'A page of another origin may not connect.'],
  404: ['Not Found', 'NOT_FOUND', 'There is nothing at this address.'],
  503: ['Service Unavailable', 'SERVICE_UNAVAILABLE', 'The gateway is ending; connect again.'],
} as const;

export interface UpgradeOptions {
  isRouter: (headers: IncomingHttpHeaders) => boolean;
  /** Whose pages may connect, beside those of the gateway's own origin. */
  allowedOrigins: readonly string[];
  /** Fires when nothing new is taken any more. */
  ends: AbortSignal;
}

/** WebSockets at `/graphql`, for whoever may have them. */
export function addUpgrade(server: Server, sockets: WebSockets, options: UpgradeOptions): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return withoutUpgrade(server, request, socket, head);
    const refusal = refusalOf(request, options);
    return refusal === null ? sockets.accept(request, socket, head) : refuse(request, socket, refusal);
  });
}

function refusalOf(request: IncomingMessage, { isRouter, allowedOrigins, ends }: UpgradeOptions): keyof typeof REFUSALS | null {
  if (request.url?.split('?')[0] !== GRAPHQL_PATH) return 404;
  if (!isRouter(request.headers)) return 401;
  if (!mayConnect(request.headers, allowedOrigins)) return 403;
  return ends.aborted ? 503 : null;
}

/** A WebSocket knows no CORS: a browser says where the page is from (RFC 6455 section 4.1) and lets it connect. Others say nothing. */
function mayConnect({ origin, host }: IncomingHttpHeaders, allowedOrigins: readonly string[]): boolean {
  if (origin === undefined || allowedOrigins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

function refuse(request: IncomingMessage, socket: Duplex, status: keyof typeof REFUSALS): void {
  const [reason, code, message] = REFUSALS[status];
  const correlationId = correlationIdOf(request);
  const body = JSON.stringify({ errors: [{ message, extensions: { code, correlationId } }] });
  const headers = [
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `${CORRELATION_HEADER}: ${correlationId}`,
    'connection: close',
  ];
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${headers.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/**
 * A server that takes one kind of upgrade is given the requests with any: some clients offer HTTP/2 with each request
 * that they send in the clear. Such an offer may be ignored (RFC 9110 section 7.8): the request is read again without it.
 */
function withoutUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, rawHeaders } = request;
  const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 && !ABOUT_UPGRADE.has(name.toLowerCase()) ? [`${name}: ${rawHeaders[index + 1]}`] : []));
  const start = Buffer.from([`${method} ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n'), 'latin1');
  socket.unshift(Buffer.concat([start, head]));
  server.emit('connection', socket);
}
