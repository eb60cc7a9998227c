import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Random GraphQL requests: documents of the clients, and of the schema's own words, taken apart and put together wrongly. */

/** mulberry32: small, and the same everywhere for one seed. */
export function randomness(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const OPERATIONS = join(__dirname, '../../schema/operations');
const TOKEN = /"""[^]*?"""|"(?:[^"\\\n]|\\.)*"|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|\.\.\.|[^\s\w]|\s+/g;
const ODD_TEXTS = ['', ' ', '\0', '\u202e', '\ud800', '💥', '"', '\\', '../../etc/passwd', '%00', "' OR 1=1 --", '{{7*7}}', '__proto__', 'constructor', 'x'.repeat(5_000)];
const ODD_NUMBERS = [0, -1, 1.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e308, 101];
const KEYS = ['idempotencyKey', 'account', 'provider', 'kind', 'id', 'idType', 'country', 'reason', 'reasonText', 'initiator', 'announceOnly', 'first', 'after', 'filter', 'status', 'input'];
const WORDS = ['ACCOUNT', 'UUID', 'IBAN', 'CUSTOMER_REQUEST', 'SANCTIONS', 'upvest', 'emoney', 'HOLDER', 'CLOSED', '2026-01-01T00:00:00Z'];

/** One request to send. */
export interface FuzzedRequest {
  method: 'GET' | 'POST';
  /** Of the address: by GET, where the request is. */
  query: string;
  body?: string;
  headers: Record<string, string>;
}

export class Fuzzer {
  readonly #next: () => number;
  readonly #seeds: readonly string[];
  readonly #tokens: readonly string[];

  /** @param seed of the randomness: the same gives the same requests */
  constructor(seed: number) {
    this.#next = randomness(seed);
    const files = readdirSync(OPERATIONS).filter((name) => name.endsWith('.graphql'));
    this.#seeds = files.map((name) => readFileSync(join(OPERATIONS, name), 'utf8'));
    this.#tokens = [...new Set(this.#seeds.flatMap((text) => text.match(TOKEN) ?? [])), '@include(if: $x)', '@skip(if: true)', '@defer', '__typename', '__schema', '_entities', '_service'];
  }

  request(): FuzzedRequest {
    return this.#chance(0.2) ? this.#get() : this.#post();
  }

  #get(): FuzzedRequest {
    const search = new URLSearchParams({ query: this.#document().toWellFormed(), variables: JSON.stringify(this.#variables(0)) }).toString();
    const headers: Record<string, string> = this.#chance(0.9) ? { 'apollo-require-preflight': '1' } : {};
    return { method: 'GET', query: `?${this.#chance(0.1) ? this.#broken(search).replaceAll(/[^!-~]/g, '%') : search}`, headers };
  }

  #post(): FuzzedRequest {
    const query = this.#document();
    const whole = JSON.stringify({ query, variables: this.#variables(0), ...(this.#chance(0.2) && { operationName: this.#pick([...WORDS, ...ODD_TEXTS]) }) });
    const body = this.#chance(0.1) ? this.#broken(whole) : whole;
    return { method: 'POST', query: '', body, headers: { 'content-type': this.#chance(0.02) ? this.#pick(['text/plain', 'application/graphql', '']) : 'application/json' } };
  }

  #document(): string {
    const seed = this.#pick(this.#seeds);
    if (this.#chance(0.1)) return seed;
    if (this.#chance(0.1)) return this.#nested();
    if (this.#chance(0.2)) return Array.from({ length: this.#below(60) }, () => this.#pick(this.#tokens)).join(' ');
    const tokens = seed.match(TOKEN) ?? [];
    for (let changes = 1 + this.#below(6); changes > 0; changes -= 1) {
      const at = this.#below(tokens.length);
      const length = 1 + this.#below(4);
      const put = this.#pick([[], [this.#pick(this.#tokens)], tokens.slice(at, at + length), [JSON.stringify(this.#pick(ODD_TEXTS))], [String(this.#pick(ODD_NUMBERS))]]);
      tokens.splice(at, this.#below(3), ...put);
    }
    return tokens.join('');
  }

  #nested(): string {
    const depth = this.#below(300);
    return this.#pick([
      `{${'a{'.repeat(depth)}b${'}'.repeat(depth)}}`,
      `{ closures(first: ${this.#pick(ODD_NUMBERS)}) { edges ${'{ node { children '.repeat(depth)}{ id }${'} }'.repeat(depth)} } }`,
      `{${Array.from({ length: depth * 3 }, (_, index) => `a${index}: closureStatus(closureId: "${index}") { id }`).join(' ')}}`,
      `query { ...A } fragment A on Query { ...B } fragment B on Query { ...${this.#pick(['A', 'B', 'C'])} closureProviders { id } }`,
      `{ closures(filter: ${'['.repeat(depth)}${']'.repeat(depth)}) { edges { cursor } } }`,
    ]);
  }

  #variables(depth: number): unknown {
    const kind = depth > 4 ? 0 : this.#below(6);
    if (kind >= 4) return Object.fromEntries(Array.from({ length: this.#below(6) }, () => [this.#pick([...KEYS, '__proto__']), this.#variables(depth + 1)]));
    if (kind === 3) return Array.from({ length: this.#below(5) }, () => this.#variables(depth + 1));
    return this.#pick<unknown>([...ODD_TEXTS, ...ODD_NUMBERS, ...WORDS, null, true, false, 'fuzz-key-000000000001', '537408d8-b55c-499c-9efa-ef5b36045cef', 'ES9121000418450200051332']);
  }

  #broken(text: string): string {
    const at = this.#below(text.length);
    return this.#pick([text.slice(0, at), text.slice(at), `${text.slice(0, at)}${this.#pick(ODD_TEXTS)}${text.slice(at)}`, `[${text},${text}]`]);
  }

  #chance(share: number): boolean {
    return this.#next() < share;
  }

  #below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[this.#below(values.length)] as Value;
  }
}
