import type { ClosureStatus } from '../../src/domain/closure-status';
import { type CloseInput, type ClosurePayload, type ClosureView, Client, freshKey } from '../support/gateway';

/** One answer to a close request, as the caller got it. */
export interface CloseAnswer {
  /** The closure in the payload; null: none. */
  closureId: string | null;
  /** It is this request's closure, and not one that stands in its way. */
  isOwn: boolean;
  replayed: boolean;
  code: string | null;
}

/** A request under one key, with every answer that came back for it. */
export interface CallerRequest {
  idempotencyKey: string;
  provider: string;
  accountId: string;
  answers: CloseAnswer[];
}

/** A closure as a caller saw it. Times are ms on the callers' monotonic clock. */
export interface Sight {
  closureId: string;
  status: ClosureStatus;
  version: number;
  begunAt: number;
  endedAt: number;
}

/** Everything that callers asked and were told in a run, over all processes that answered. */
export interface CallerHistory {
  requests: CallerRequest[];
  sights: Sight[];
}

export const newHistory = (): CallerHistory => ({ requests: [], sights: [] });

const IN_THE_WAY: ReadonlySet<string | undefined> = new Set(['CLOSURE_IN_PROGRESS', 'ACCOUNT_ALREADY_CLOSED']);
const BY_KEY = 'query ($key: String!) { closures(filter: { idempotencyKey: $key }) { edges { node { id status } } } }';

/** A client that writes down what it is told. A request without an answer stays without one. */
export class Caller {
  readonly #client: Client;

  constructor(
    readonly url: string,
    readonly history: CallerHistory,
  ) {
    this.#client = new Client(url);
  }

  /** A request with a key of its own. */
  request(input: CloseInput): { request: CallerRequest; answer: Promise<ClosurePayload> } {
    const { provider, id } = input.account;
    const request: CallerRequest = { idempotencyKey: input.idempotencyKey ?? freshKey(), provider, accountId: id, answers: [] };
    this.history.requests.push(request);
    return { request, answer: this.again(request, input) };
  }

  /** The same request under the same key. */
  async again(request: CallerRequest, input: CloseInput): Promise<ClosurePayload> {
    const begunAt = performance.now();
    const payload = await this.#client.close({ ...input, idempotencyKey: request.idempotencyKey });
    const { closure, error, replayed } = payload;
    const code = error?.code ?? null;
    // A refused closure of its own may carry the same code as one that stands in the way, and is REJECTED then.
    const isOwn = closure !== null && (!IN_THE_WAY.has(error?.code) || closure.status === 'REJECTED');
    request.answers.push({ closureId: closure?.id ?? null, isOwn, replayed, code });
    if (closure) this.#saw(closure, begunAt);
    return payload;
  }

  async look(closureId: string): Promise<ClosureView | null> {
    const begunAt = performance.now();
    const closure = await this.#client.status(closureId);
    if (closure) this.#saw(closure, begunAt);
    return closure;
  }

  /** As an app that died finds its closure again. */
  async find(idempotencyKey: string): Promise<string | undefined> {
    type Page = { closures: { edges: { node: { id: string } }[] } };
    return (await this.#client.graphql<Page>(BY_KEY, { key: idempotencyKey })).closures.edges[0]?.node.id;
  }

  /** How many closures of the filter there are, 100 at most. */
  async count(filter: object): Promise<number> {
    const query = 'query ($filter: ClosureFilter) { closures(filter: $filter, first: 100) { edges { node { id } } } }';
    return (await this.#client.graphql<{ closures: { edges: object[] } }>(query, { filter })).closures.edges.length;
  }

  #saw({ id, status, version }: ClosureView, begunAt: number): void {
    this.history.sights.push({ closureId: id, status: status as ClosureStatus, version, begunAt, endedAt: performance.now() });
  }
}
