import { Chance } from '../faults/chance';
import type { TestGateway } from '../support/gateway';
import { Mangler } from './fuzz';
import { type Answer, askByHttp, type HttpRequest } from './fuzz-http';
import { Memory } from './fuzz-memory';
import { Draft, type FuzzedOperation, publishedSchema } from './fuzz-operations';
import { brokenMessages, FuzzSocket } from './fuzz-socket';
import { Tally } from './fuzz-tally';
import { type FuzzedAccount, Values } from './fuzz-values';

const AT_ONCE = 32;
/** The others are written from the schema. */
const MANGLED_EVERY = 3;
/** Of the others. */
const BROKEN_PROTOCOL = 0.03;
/** Of the operations written from the schema; of what is in them. */
const BENDING = 0.3;
const BENT = 0.1;
/** Then a connection has been used enough, and somebody else opens another. */
const LAST_OPERATION = 20;
const STREAM = 'text/event-stream';

/** One who asks. */
export interface Asker {
  /** Whose closures the answers may have. */
  tenant: string;
  /** Absent: no token. */
  authorization?: string;
}

export interface FuzzOptions {
  gateway: TestGateway;
  count: number;
  seed: number;
  askers: readonly Asker[];
  accounts: readonly FuzzedAccount[];
}

/**
 * Sends requests, many at once. The same seed makes the same requests, but for the ids and cursors of earlier answers that are in
 * them: those depend on the order in which the answers came.
 */
export async function fuzz(options: FuzzOptions): Promise<Tally> {
  const tally = new Tally();
  const run = new Run(options, tally);
  await Promise.all(Array.from({ length: AT_ONCE }, () => run.client()));
  return tally;
}

/** A connection that is somebody's. */
interface Line {
  socket: FuzzSocket;
  asker: Asker;
}

class Run {
  readonly #chance: Chance;
  readonly #mangler: Mangler;
  readonly #memory: Memory;
  readonly #values: Values;
  readonly #schema = publishedSchema();
  readonly #url: string;
  #sent = 0;

  constructor(
    private readonly options: FuzzOptions,
    private readonly tally: Tally,
  ) {
    this.#chance = new Chance(options.seed);
    this.#mangler = new Mangler(new Chance(options.seed + 1));
    this.#memory = new Memory(new Chance(options.seed + 2));
    this.#values = new Values(this.#chance, this.#memory, options.accounts);
    this.#url = options.gateway.client.url;
  }

  async client(): Promise<void> {
    let line: Line | undefined;
    while (this.#sent < this.options.count) {
      this.#sent += 1;
      // All choices before the first wait, so that they do not depend on who is answered first.
      const asker = this.#chance.one(this.options.askers);
      if (this.#sent % MANGLED_EVERY === 0) await this.#mangled(asker);
      else if (this.#has(BROKEN_PROTOCOL)) await this.#broken(asker);
      else {
        const operation = this.#operation();
        // A subscription goes where it can be had, but for some.
        const choice = operation.kind === 'subscription' ? 0.55 + this.#chance.fraction() * 0.5 : this.#chance.fraction();
        if (choice > 0.8) {
          line = await this.#usable(line, asker);
          await this.#learn('WebSocket', line.socket.ask(operation.request), line.asker, operation.request, operation);
        } else await this.#http(operation, choice, asker);
      }
    }
    await line?.socket.close();
  }

  #operation(): FuzzedOperation {
    this.#values.bend = this.#has(BENDING) ? BENT : 0;
    return new Draft(this.#schema, this.#chance, this.#values).operation();
  }

  async #mangled(asker: Asker): Promise<void> {
    const request = this.#mangler.request();
    const isStream = this.#has(0.1);
    await this.#learn(isStream ? 'mangled as a stream' : 'mangled', askByHttp(this.#url, from(asker, request, isStream)), asker, request);
  }

  async #http(operation: FuzzedOperation, choice: number, asker: Asker): Promise<void> {
    const { request } = operation;
    const isStream = choice > 0.6;
    const isGet = choice < 0.12 || (isStream && choice < 0.63);
    const search = new URLSearchParams({ query: request.query.toWellFormed(), variables: JSON.stringify(request.variables ?? {}) });
    if (request.operationName) search.set('operationName', request.operationName);
    const sent: HttpRequest = isGet
      ? { method: 'GET', query: `?${search}`, headers: { 'apollo-require-preflight': '1' } }
      : { method: 'POST', query: '', body: JSON.stringify(request), headers: { 'content-type': 'application/json' } };
    await this.#learn(isStream ? 'event stream' : sent.method, askByHttp(this.#url, from(asker, sent, isStream)), asker, sent, operation);
  }

  async #broken(asker: Asker): Promise<void> {
    const messages = brokenMessages(this.#chance, this.#operation().request);
    const [saysProtocol, saysWho] = [!this.#has(0.1), this.#has(0.8)];
    const socket = await FuzzSocket.open(this.#url, saysProtocol);
    if (saysWho) this.tally.check('WebSocket', await socket.init(asker.authorization), 'connection_init');
    await this.#learn('broken WebSocket', socket.babble(messages), asker, messages.map(String));
    await socket.close();
  }

  async #usable(line: Line | undefined, asker: Asker): Promise<Line> {
    if (line && line.socket.isOpen && line.socket.operations < LAST_OPERATION) return line;
    await line?.socket.close();
    const socket = await FuzzSocket.open(this.#url);
    this.tally.check('WebSocket', await socket.init(asker.authorization), 'connection_init');
    return { socket, asker };
  }

  async #learn(transport: string, coming: Promise<Answer>, asker: Asker, request: unknown, operation?: FuzzedOperation): Promise<void> {
    // What hangs or breaks off is strange too, and its request is to be shown.
    const answer = await coming.catch((error: unknown): Answer => ({ status: null, texts: [`There was no answer: ${String(error)}`] }));
    const results = this.tally.count(transport, answer, request, operation);
    if (!this.#memory.learn(results, asker.tenant)) this.tally.wonder('another tenant', answer, request);
  }

  #has(share: number): boolean {
    return this.#chance.fraction() < share;
  }
}

function from({ authorization }: Asker, request: HttpRequest, isStream: boolean): HttpRequest {
  return { ...request, headers: { ...request.headers, ...(authorization && { authorization }), ...(isStream && { accept: STREAM }) } };
}
