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
  500: ['INTERNAL_SERVER_ERROR', 'Internal error'],
};

/** Answers with the shape that GraphQL errors have, so that clients need to read one shape only. */
export function answerError(request: FastifyRequest, reply: FastifyReply, status: number): FastifyReply {
  const known = REFUSALS[status] ? status : 500;
  const [code, message] = REFUSALS[known] ?? ['INTERNAL_SERVER_ERROR', 'Internal error'];
  return reply
    .code(known)
    .type('application/json; charset=utf-8')
    .send({ errors: [{ message, extensions: { code, correlationId: request.id } }] });
}

/** Fastify's error handler: what it refused by itself, or what a handler threw, which is logged. */
export function errorHandler(log: ErrorLog): (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (error, request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 500;
    if (status === 500) log.error({ correlationId: request.id, err: error }, 'unexpected error in the HTTP server');
    return answerError(request, reply, REFUSALS[status] ? status : 400);
  };
}
