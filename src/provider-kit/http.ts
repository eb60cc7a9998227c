import { buildConnector, type Dispatcher, errors, Pool } from 'undici';
import { Circuit, circuitOf, type HttpContext } from './circuit';
import { readBody } from './http-body';
import { ConnectFailed, connectFailureCause, type LostCause, lostCause, type NotSentCause } from './http-failure';
import { assertedPath, type Base, parseBase, rawQuery } from './http-target';
import { lastLook, TooLate } from './last-look';
import type { CircuitName } from '../ports/telemetry';
import type { RateBudget } from './rate-budget';
import { Slots } from './slots';
import type { RequestPriority } from './turns';

export { pathSegment } from './http-target';

/** The most that an answer's body may hold after decompression, bytes. */
const MAX_BODY_BYTES = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 3_000;

export interface ProviderHttpOptions {
  /** Scheme, host and an optional path that all requests share. */
  baseUrl: string;
  context: HttpContext;
  /** Connections to the provider, and so requests at the same time. Default 16. */
  connections?: number;
  /** Requests of each priority that may wait for a connection. Default 256. */
  queue?: number;
  /** How long a request may wait for its turn in the budget and for a connection, ms. Default 2000. */
  queueWaitMs?: number;
  /** How many requests per second may leave, shared with the provider's other clients. Default: no limit. */
  budget?: RateBudget;
}

/** What goes over the wire, as a signature has to see it. */
export interface WireTarget {
  method: string;
  /** Full path, base path included, percent-encoded. */
  path: string;
  /** As sent, with its "?"; "" when there is none. */
  query: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body?: string;
}

export interface ProviderRequest {
  method: Dispatcher.HttpMethod;
  /** Absolute, below the base URL; made from constants and {@link pathSegment}. */
  path: string;
  query?: readonly (readonly [string, string])[];
  /** Names in lower case. */
  headers: Record<string, string>;
  body?: string;
  /** Who goes first where requests must wait; absent: as a close. */
  priority?: RequestPriority;
  /** Called once a connection slot is held; gives further headers, such as a signature. */
  finalise?: (target: WireTarget) => Record<string, string>;
  /** Awaited last of all. Where it throws, nothing is sent and what it threw goes on to the caller. */
  beforeFirstByte?: () => Promise<void>;
}

export interface HttpAnswer {
  kind: 'answer';
  status: number;
  /** Names in lower case; repeated fields joined with ", ". */
  headers: Record<string, string>;
  /** Lower case, without parameters; null where the answer names none. */
  mediaType: string | null;
  body: Buffer;
}

/**
 * What became of a request.
 * - `notSent`: proven that nothing left.
 * - `lost`: it may have left, and no usable answer came; `status` where at least that was seen.
 */
export type ProviderAnswer =
  | HttpAnswer
  | { kind: 'notSent'; cause: NotSentCause; /** With `resting`: how long it still does, ms. */ retryAfterMs?: number }
  | { kind: 'lost'; cause: LostCause; status?: number };

const POOL_FULL: ProviderAnswer = { kind: 'notSent', cause: 'poolFull' };
const LATE: ProviderAnswer = { kind: 'notSent', cause: 'late' };

/**
 * The HTTP client of one provider: its own connections, no retries, no redirects, one deadline per exchange.
 * A close that is sent twice is the one mistake that cannot be taken back, so nothing here ever resends.
 */
export class ProviderHttp {
  readonly #base: Base;
  readonly #pool: Pool;
  readonly #slots: Slots;
  readonly #budget: RateBudget | undefined;
  readonly #circuits: Record<CircuitName, Circuit>;
  readonly #timeoutMs: number;
  readonly #clock: HttpContext['clock'];
  readonly #queueWaitMs: number;
  #closing: Promise<void> | null = null;

  constructor(options: ProviderHttpOptions) {
    const connections = options.connections ?? 16;
    const { context } = options;
    this.#base = parseBase(options.baseUrl);
    this.#timeoutMs = context.timeoutMs;
    this.#clock = context.clock;
    this.#circuits = { write: new Circuit('write', context), read: new Circuit('read', context), other: new Circuit('other', context) };
    this.#queueWaitMs = options.queueWaitMs ?? 2_000;
    this.#slots = new Slots(connections, options.queue ?? 256);
    this.#budget = options.budget;
    this.#pool = new Pool(this.#base.origin, {
      connections,
      pipelining: 1,
      connect: markedConnector(Math.min(CONNECT_TIMEOUT_MS, context.timeoutMs / 2)),
      // The deadline of the whole exchange stands in for both; undici's own count in whole seconds.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Sends one request, once. Resolves for everything a network can do.
   * @throws Error for a bug (an address that would not be the one asked, a header that is none) and whatever
   * `finalise` or `beforeFirstByte` threw
   */
  send(request: ProviderRequest): Promise<ProviderAnswer> {
    const query = rawQuery(request.query ?? []);
    const path = assertedPath(this.#base, request.path, query);
    const circuit = this.#circuits[circuitOf(request)];
    const refused = circuit.refusal();
    if (refused) return Promise.resolve(refused);
    // Asked again once a slot is held, and not later: a request whose mark is written leaves.
    return this.#withSlot(request.priority ?? 'CLOSE', () => circuit.run(() => this.#exchange(request, path, query)));
  }

  /** Frees all connections. What is under way is given up: whether a request was carried out is in doubt then. */
  async dispose(): Promise<void> {
    this.#closing ??= this.#pool.destroy();
    await this.#closing;
  }

  async #withSlot(priority: RequestPriority, run: () => Promise<ProviderAnswer>): Promise<ProviderAnswer> {
    if (!(await this.#turnOf(priority))) return POOL_FULL;
    try {
      return this.#closing ? POOL_FULL : await run();
    } finally {
      this.#slots.giveBack(priority);
    }
  }

  /** True when the request has its place in the budget and holds a connection; false when that would take too long. */
  async #turnOf(priority: RequestPriority): Promise<boolean> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), this.#queueWaitMs);
    try {
      if (this.#budget && !(await this.#budget.take(priority, patience.signal))) return false;
      return await this.#slots.take(priority, patience.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #exchange(request: ProviderRequest, path: string, query: string): Promise<ProviderAnswer> {
    const { method, body } = request;
    const headers: Record<string, string> = { ...request.headers, 'accept-encoding': 'identity' };
    if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
    Object.assign(headers, request.finalise?.({ method, path, query, headers: { ...headers }, body }));
    // From before the mark on: whoever finds it later reckons with a request that is over by then.
    const from = this.#clock.monotonic();
    const isTooLate = () => this.#clock.monotonic() - from >= this.#timeoutMs;
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    await request.beforeFirstByte?.();
    if (this.#closing) return POOL_FULL;
    // Not by the signal: after a pause of the whole process its timer may not have run yet.
    if (isTooLate()) return LATE;
    const dispatcher = this.#pool.compose(lastLook(isTooLate));
    let status: number | undefined;
    try {
      const response = await dispatcher.request({ method, path: path + query, headers, body, signal: deadline });
      status = response.statusCode;
      const answerHeaders = joinedHeaders(response.headers);
      return {
        kind: 'answer',
        status,
        headers: answerHeaders,
        mediaType: mediaTypeOf(answerHeaders['content-type']),
        body: await readBody(response.body, answerHeaders['content-encoding'], MAX_BODY_BYTES),
      };
    } catch (error) {
      if (error instanceof errors.InvalidArgumentError) throw error;
      if (error instanceof TooLate) return LATE;
      if (error instanceof ConnectFailed) {
        const cause = connectFailureCause(error);
        return cause ? { kind: 'notSent', cause } : { kind: 'lost', cause: 'reset' };
      }
      return { kind: 'lost', cause: lostCause(error, deadline.aborted, status !== undefined), status };
    }
  }
}

/** Undici's connector, with its failures marked: they are the proof that nothing was sent. */
function markedConnector(timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false });
  return (options, callback) => {
    connect(options, (...result) => {
      if (result[0]) callback(new ConnectFailed(result[0]), null);
      else callback(null, result[1]);
    });
  };
}

function joinedHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

function mediaTypeOf(contentType: string | undefined): string | null {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() || null;
}
