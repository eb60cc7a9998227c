import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHandler } from 'graphql-sse';
import type { ApiContext } from '../../graphql/context';
import { type Answer, type Answers, isAnswers, type OperationRequest, type RunOperation } from './operations';

const TYPE = 'text/event-stream';
/** What a foreign page cannot have a browser send, and Apollo's protection against forged requests asks a GET for. */
const NOT_FORGED = ['apollo-require-preflight', 'x-apollo-operation-name'];
/** A connection on which nothing moves for so long is cut: every 12 s there is something to be written, ms. */
const STALLED_MS = 60_000;
/** How long a reader may take for what was written before the end, ms. */
const CUT_AFTER_END_MS = 1_000;

/** GraphQL over server-sent events, https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, one operation for each connection. */
export interface EventStreams {
  /** The operation of a request for a stream; null: it is no such request, or is none that is well-formed, which the server refuses. */
  operationOf(request: FastifyRequest): OperationRequest | null;
  serve(request: FastifyRequest, reply: FastifyReply, operation: OperationRequest, context: ApiContext): Promise<void>;
  /** Ends all of them without their having completed: clients come again. */
  end(): void;
}

/** One response, and how far its reader is. */
class Reader {
  private unread = 0;
  private onRead: () => void = () => {};

  constructor(
    readonly answers: Answers,
    private readonly response: ServerResponse,
  ) {}

  /** Resolves when the reader has all events so far: only then is it worth while to look for the next. */
  async ready(): Promise<void> {
    if (this.unread > 0) await new Promise<void>((resolve) => (this.onRead = resolve));
    this.unread += 1;
  }

  /** Resolves when the system has taken the text; false: the connection is gone. */
  async write(text: string): Promise<boolean> {
    const isEvent = !text.startsWith(':');
    const { response } = this;
    const isOver = response.writableEnded || response.destroyed;
    const isWritten = !isOver && (await new Promise<boolean>((resolve) => response.write(text, (error) => resolve(!error))));
    if (isEvent) this.unread -= 1;
    this.onRead();
    return isWritten;
  }
}

export function createEventStreams(run: RunOperation): EventStreams {
  const open = new Set<ServerResponse>();
  const handler = createHandler<FastifyRequest, Reader>({
    // Without a token every connection has its own operation.
    authenticate: () => null,
    // Its errors are formatted, for which the library has no type.
    onSubscribe: ({ context }) => context.answers as AsyncIterable<never>,
    onNext: (_context, { context }) => context.ready(),
  });

  return {
    operationOf,
    async serve(request, reply, operation, context) {
      const result = await run(operation, context, { takesMutations: request.method === 'POST' });
      const response = reply.raw;
      const reader = new Reader(isAnswers(result) ? result : once(result), response);
      const { method, url, body } = request;
      const headers = { get: (name: string) => (name === 'accept' ? TYPE : String(request.headers[name] ?? '')) };
      const [stream, init] = await handler({ method, url, headers, body: body as Record<string, unknown> | null, raw: request, context: reader });
      if (stream === null || typeof stream === 'string') throw new Error('There is no stream.');
      reply.hijack();
      open.add(response);
      response.setTimeout(STALLED_MS, () => response.destroy());
      // The close that follows says the same.
      response.on('error', () => undefined);
      response.once('close', () => {
        open.delete(response);
        void stream.return(undefined);
      });
      // A proxy is not to collect events, https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering
      response.writeHead(200, { ...definedHeaders(reply), 'content-type': init.headers?.['content-type'] ?? TYPE, 'x-accel-buffering': 'no' });
      for await (const text of stream) if (!(await reader.write(text))) break;
      open.delete(response);
      response.end();
    },
    end() {
      for (const response of open) {
        response.end();
        setTimeout(() => response.destroy(), CUT_AFTER_END_MS).unref();
      }
    },
  };
}

async function* once(answer: Answer): Answers {
  yield answer;
}

function definedHeaders(reply: FastifyReply): Record<string, string | number | string[]> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function operationOf(request: FastifyRequest): OperationRequest | null {
  const { method, headers } = request;
  if (!accepts(headers.accept) || (method === 'GET' && !NOT_FORGED.some((name) => headers[name]))) return null;
  const given: unknown = method === 'GET' ? request.query : request.body;
  if (!isRecord(given)) return null;
  const { query, operationName = null } = given;
  const variables = method === 'GET' ? parsed(given['variables']) : (given['variables'] ?? null);
  if (typeof query !== 'string' || query === '' || !(operationName === null || typeof operationName === 'string')) return null;
  return variables === null || isRecord(variables) ? { query, operationName, variables } : null;
}

/** Some clients name every type there is with each request: where JSON would do, it is JSON that they get. */
function accepts(accept = ''): boolean {
  const types = accept.split(',').map((range) => range.split(';')[0]?.trim().toLowerCase());
  return types.includes(TYPE) && !types.some((type) => type?.endsWith('json'));
}

/** Of a query string. Undefined for what is no JSON. */
function parsed(text: unknown): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
