import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorLog } from '../graphql/errors/mask-error';

/** What HTTP itself refuses, before GraphQL sees it: code and words by status. They quote nothing of the request. */
const REFUSALS: Record<number, readonly [code: string, message: string]> = {
  400: ['BAD_REQUEST', 'The request is not well-formed.'],
  401: ['UNAUTHENTICATED', 'The request does not come by way of the router.'],
  404: ['NOT_FOUND', 'There is nothing at this address.'],
  405: ['METHOD_NOT_ALLOWED', 'This address does not take that method.'],
  408: ['REQUEST_TIMEOUT', 'The request took too long to arrive.'],
  413: ['BODY_TOO_LARGE', 'The body is too large.'],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json, and not compressed.'],
  431: ['HEADERS_TOO_LARGE', 'The headers, or the address, are too long.'],
  500: ['INTERNAL_SERVER_ERROR', 'Internal error'],
};

const MEDIA_TYPE = 'application/json; charset=utf-8';
/** What Node's parser gives up with, where it is not plainly malformed. */
const UNPARSED: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Answers with the shape that GraphQL errors have, so that clients need to read one shape only. */
export function answerError(request: FastifyRequest, reply: FastifyReply, status: number): FastifyReply {
  const known = REFUSALS[status] ? status : 500;
  return reply.code(known).type(MEDIA_TYPE).send(bodyOf(known, request.id));
}

function bodyOf(status: number, correlationId?: string): object {
  const [code, message] = REFUSALS[status] ?? ['INTERNAL_SERVER_ERROR', 'Internal error'];
  return { errors: [{ message, extensions: { code, correlationId } }] };
}

/**
 * The same for what Node's parser refuses: there is no request then, so no correlation id, and the connection is of no more use.
 * @param isAnswering an answer is under way on the connection: whatever were written now would be taken for a part of it, or for it
 */
export function refuseUnparsed({ code }: NodeJS.ErrnoException, socket: Socket, isAnswering: boolean): void {
  if (code === 'ECONNRESET' || !socket.writable || isAnswering) return void socket.destroy();
  const status = UNPARSED[code ?? ''] ?? 400;
  const body = JSON.stringify(bodyOf(status));
  const headers = {
    'content-type': MEDIA_TYPE,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy());
}

/** Fastify's error handler: what it refused by itself, or what a handler threw, which is logged. */
export function errorHandler(log: ErrorLog): (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (error, request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 500;
    if (status === 500) log.error({ correlationId: request.id, err: error }, 'unexpected error in the HTTP server');
    return answerError(request, reply, REFUSALS[status] ? status : 400);
  };
}
