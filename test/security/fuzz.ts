import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Chance } from '../faults/chance';
import type { HttpRequest } from './fuzz-http';
import { ODD_NUMBERS, ODD_TEXTS } from './fuzz-values';

/** Requests mangled at random: documents of the clients, and of the schema's own words, taken apart and put together wrongly. */

const OPERATIONS = join(__dirname, '../../schema/operations');
const TOKEN = /"""[^]*?"""|"(?:[^"\\\n]|\\.)*"|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|\.\.\.|[^\s\w]|\s+/g;
const KEYS = ['idempotencyKey', 'account', 'provider', 'kind', 'id', 'idType', 'country', 'reason', 'reasonText', 'initiator', 'announceOnly', 'first', 'after', 'filter', 'status', 'input'];
const WORDS = ['ACCOUNT', 'UUID', 'IBAN', 'CUSTOMER_REQUEST', 'SANCTIONS', 'upvest', 'emoney', 'HOLDER', 'CLOSED', '2026-01-01T00:00:00Z'];

export class Mangler {
  readonly #seeds: readonly string[];
  readonly #tokens: readonly string[];

  constructor(private readonly chance: Chance) {
    const files = readdirSync(OPERATIONS).filter((name) => name.endsWith('.graphql'));
    this.#seeds = files.map((name) => readFileSync(join(OPERATIONS, name), 'utf8'));
    this.#tokens = [...new Set(this.#seeds.flatMap((text) => text.match(TOKEN) ?? [])), '@include(if: $x)', '@skip(if: true)', '@defer', '__typename', '__schema', '_entities', '_service'];
  }

  request(): HttpRequest {
    return this.#has(0.2) ? this.#get() : this.#post();
  }

  #get(): HttpRequest {
    const search = new URLSearchParams({ query: this.#document().toWellFormed(), variables: JSON.stringify(this.#variables(0)) }).toString();
    const headers: Record<string, string> = this.#has(0.9) ? { 'apollo-require-preflight': '1' } : {};
    if (this.#has(0.03)) return { method: 'GET', query: `?${search}&long=${'x'.repeat(20_000)}`, headers };
    return { method: 'GET', query: `?${this.#has(0.1) ? this.#broken(search).replaceAll(/[^!-~]/g, '%') : search}`, headers };
  }

  #post(): HttpRequest {
    const query = this.#document();
    const whole = JSON.stringify({ query, variables: this.#variables(0), ...(this.#has(0.2) && { operationName: this.chance.one([...WORDS, ...ODD_TEXTS]) }) });
    const body = this.#has(0.1) ? this.#broken(whole) : whole;
    return { method: 'POST', query: '', body, headers: { 'content-type': this.#has(0.02) ? this.chance.one(['text/plain', 'application/graphql', '']) : 'application/json' } };
  }

  #document(): string {
    const seed = this.chance.one(this.#seeds);
    if (this.#has(0.1)) return seed;
    if (this.#has(0.1)) return this.#nested();
    if (this.#has(0.2)) return Array.from({ length: this.chance.below(60) }, () => this.chance.one(this.#tokens)).join(' ');
    const tokens = seed.match(TOKEN) ?? [];
    for (let changes = 1 + this.chance.below(6); changes > 0; changes -= 1) {
      const at = this.chance.below(tokens.length);
      const length = 1 + this.chance.below(4);
      const put = this.chance.one([[], [this.chance.one(this.#tokens)], tokens.slice(at, at + length), [JSON.stringify(this.chance.one(ODD_TEXTS))], [String(this.chance.one(ODD_NUMBERS))]]);
      tokens.splice(at, this.chance.below(3), ...put);
    }
    return tokens.join('');
  }

  #nested(): string {
    const depth = this.chance.below(300);
    return this.chance.one([
      `{${'a{'.repeat(depth)}b${'}'.repeat(depth)}}`,
      `{ closures(first: ${this.chance.one(ODD_NUMBERS)}) { edges ${'{ node { children '.repeat(depth)}{ id }${'} }'.repeat(depth)} } }`,
      `{${Array.from({ length: depth * 3 }, (_, index) => `a${index}: closureStatus(closureId: "${index}") { id }`).join(' ')}}`,
      `query { ...A } fragment A on Query { ...B } fragment B on Query { ...${this.chance.one(['A', 'B', 'C'])} closureProviders { id } }`,
      `{ closures(filter: ${'['.repeat(depth)}${']'.repeat(depth)}) { edges { cursor } } }`,
    ]);
  }

  #variables(depth: number): unknown {
    const kind = depth > 4 ? 0 : this.chance.below(6);
    if (kind >= 4) return Object.fromEntries(Array.from({ length: this.chance.below(6) }, () => [this.chance.one([...KEYS, '__proto__']), this.#variables(depth + 1)]));
    if (kind === 3) return Array.from({ length: this.chance.below(5) }, () => this.#variables(depth + 1));
    return this.chance.one<unknown>([...ODD_TEXTS, ...ODD_NUMBERS, ...WORDS, null, true, false, 'fuzz-key-000000000001', '537408d8-b55c-499c-9efa-ef5b36045cef', 'ES9121000418450200051332']);
  }

  #broken(text: string): string {
    const at = this.chance.below(text.length);
    return this.chance.one([text.slice(0, at), text.slice(at), `${text.slice(0, at)}${this.chance.one(ODD_TEXTS)}${text.slice(at)}`, `[${text},${text}]`]);
  }

  #has(share: number): boolean {
    return this.chance.fraction() < share;
  }
}
