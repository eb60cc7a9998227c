import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { faultBehaviour, faultOfAccount, type Behaviour, type FaultName, type SandboxAnswer } from './sandbox-faults';
import { perform, readBody } from './sandbox-wire';

/**
 * What every provider's sandbox needs: a real HTTP server on loopback with a ledger and faults on demand.
 * For development, tests and the demo only; nothing that serves production traffic imports it.
 */

export type SandboxOperation = 'close' | 'read' | 'liquidate' | 'token' | 'keys' | 'list' | 'other';

/** One request, in the order in which the sandbox made up its mind; entered before the first byte of the answer leaves. */
export interface LedgerEntry {
  /** Epoch ms. */
  at: number;
  method: string;
  path: string;
  /** Raw, with "?", or empty. */
  query: string;
  operation: SandboxOperation;
  /** Of a close, as text. */
  body?: string;
  /** As the sandbox keeps the account, whichever identifier the request had. */
  accountId?: string;
  /** The status sent, or how the answer failed to come. */
  status: number | 'reset' | 'hang';
  /** The request changed the account: for a close, it closed it. */
  effect: boolean;
}

/** What a scripted request meets: the normal treatment, a named fault, or a canned answer that changes nothing. */
export type SandboxStep = 'normal' | FaultName | SandboxAnswer;

export interface SandboxRequest {
  method: string;
  /** Path of the raw URL, without the query. */
  path: string;
  /** Raw, with "?", or empty. */
  query: string;
  params: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** The normal answer to a request. */
export interface SandboxReply extends SandboxAnswer {
  /** Default false. */
  effect?: boolean;
}

/** How a provider's sandbox understands a request. */
export interface SandboxRoute {
  operation: SandboxOperation;
  accountId?: string;
  /** What the request meets unless it is scripted; for accounts with a fate of their own. */
  fault?: FaultName;
  /** Carries the request out. Not called where a fault keeps the request from being carried out. */
  process(): SandboxReply | Promise<SandboxReply>;
}

export interface SandboxServerOptions {
  /** 0, the default: any free port. */
  port?: number;
  /** Sorts a request without changing anything; all effects belong into `process`. */
  route(request: SandboxRequest): SandboxRoute;
  /** The id under which the sandbox keeps the account of any identifier. Default: the identifier itself. */
  primaryId?(accountId: string): string;
}

/** A server under control of the test or demo that started it. */
export interface SandboxServer {
  /** Origin without a trailing slash, for example "http://127.0.0.1:41234". */
  url: string;
  ledger: LedgerEntry[];
  /** How often a close took effect on the account; more than once is the caller's fault found. */
  effectiveCloses(accountId: string): number;
  /** Close requests that arrived, for one account or for all. */
  closeRequests(accountId?: string): number;
  /** Requests that followed a redirect to another origin; a well-behaved client makes none. */
  strayRequests(): number;
  /**
   * What the next requests of the operation meet, one step each, before any magic account id counts.
   * `accountId` "*" is for requests of any account or none.
   */
  script(accountId: string, operation: SandboxOperation, steps: readonly SandboxStep[]): void;
  /** What every request meets from now on, before any script. "normal" ends it. */
  outage(step: SandboxStep): void;
  /** Ends every connection and stops listening. */
  dispose(): Promise<void>;
}

export interface RunningSandbox extends SandboxServer {
  /** Settings, named without the provider's prefix, that point a gateway at this sandbox. */
  settings: Record<string, string>;
  /** Where the provider sends webhooks: has them sent to this URL from now on. */
  subscribe?(url: string): void;
}

const HOST = '127.0.0.1';

/** A JSON answer. */
export function jsonAnswer(status: number, value: unknown, headers: Record<string, string> = {}): SandboxAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** The body as JSON, or undefined when it is none. */
export function jsonBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => resolve(`http://${HOST}:${(server.address() as AddressInfo).port}`));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function understood(request: IncomingMessage, body: Buffer): SandboxRequest {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  return { method: request.method ?? 'GET', path, query, params: new URLSearchParams(query), headers: request.headers, body };
}

/**
 * Starts a sandbox's server on 127.0.0.1.
 * @throws the listen error, for example EADDRINUSE for a fixed port
 */
export async function startSandboxServer(options: SandboxServerOptions): Promise<SandboxServer> {
  const primary = options.primaryId ?? ((id: string) => id);
  const ledger: LedgerEntry[] = [];
  const scripts = new Map<string, SandboxStep[]>();
  const faultsMet = new Set<string>();
  let outage: SandboxStep = 'normal';
  let stray = 0;

  const other = createServer((_request, response) => {
    stray += 1;
    response.end();
  });
  const otherOrigin = await listen(other, 0);

  function nextStep({ operation, accountId, fault: usual }: SandboxRoute): SandboxStep {
    if (outage !== 'normal') return outage;
    const own = accountId === undefined ? undefined : scripts.get(`${operation} ${accountId}`)?.shift();
    const step = own ?? scripts.get(`${operation} *`)?.shift();
    if (step !== undefined) return step;
    if (usual) return usual;
    const fault = operation === 'close' && accountId !== undefined ? faultOfAccount(accountId) : undefined;
    if (!fault || accountId === undefined || (fault.once && faultsMet.has(accountId))) return 'normal';
    faultsMet.add(accountId);
    return fault.name;
  }

  async function decide(route: SandboxRoute): Promise<{ behaviour: Behaviour; effect: boolean }> {
    const step = nextStep(route);
    if (step === 'normal') {
      const reply = await route.process();
      return { behaviour: { wire: 'answer', answer: reply }, effect: reply.effect ?? false };
    }
    if (typeof step === 'object') return { behaviour: { wire: 'answer', answer: step }, effect: false };
    const behaviour = faultBehaviour(step, { otherOrigin, now: Date.now() });
    const effect = behaviour.applied ? ((await route.process()).effect ?? false) : false;
    return { behaviour, effect };
  }

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(message);
    if (body === null) return perform(response, { wire: 'answer', answer: { status: 413 } });
    const request = understood(message, body);
    const found = options.route(request);
    const route = { ...found, accountId: found.accountId === undefined ? undefined : primary(found.accountId) };
    const { method, path, query } = request;
    const { operation, accountId } = route;
    const { behaviour, effect } = await decide(route);
    const { wire, answer } = behaviour;
    const status = wire === 'reset' || wire === 'hang' ? wire : (answer?.status ?? 204);
    ledger.push({ at: Date.now(), method, path, query, operation, accountId, status, effect, ...(operation === 'close' && { body: body.toString() }) });
    perform(response, behaviour);
  }

  const server = createServer((message, response) => {
    serve(message, response).catch((error: unknown) => {
      // A client that went away while it was sending is no fault; anything else is a fault of the sandbox, and is shown.
      if (message.destroyed && !message.complete) return;
      perform(response, { wire: 'answer', answer: { status: 500, headers: { 'content-type': 'text/plain' }, body: String(error) } });
    });
  });
  const url = await listen(server, options.port ?? 0).catch(async (error: unknown) => {
    await close(other);
    throw error;
  });

  const closesOf = (accountId?: string): LedgerEntry[] => {
    const id = accountId === undefined ? undefined : primary(accountId);
    return ledger.filter((entry) => entry.operation === 'close' && (id === undefined || entry.accountId === id));
  };
  return {
    url,
    ledger,
    effectiveCloses: (accountId) => closesOf(accountId).filter((entry) => entry.effect).length,
    closeRequests: (accountId) => closesOf(accountId).length,
    strayRequests: () => stray,
    script(accountId, operation, steps) {
      const key = `${operation} ${accountId === '*' ? '*' : primary(accountId)}`;
      scripts.set(key, [...(scripts.get(key) ?? []), ...steps]);
    },
    outage(step) {
      outage = step;
    },
    dispose: async () => {
      await Promise.all([close(server), close(other)]);
    },
  };
}
