import type { Answer } from './fuzz-http';
import type { FuzzedOperation } from './fuzz-operations';

/** What of the gateway's insides must be in no answer: bugs of ours, traces of code, its neighbours' and its own places. */
const INSIDES =
  /INTERNAL_SERVER_ERROR|node_modules|\.[jt]s:\d|at [A-Z]\w+\.\w+ \(|Sqlite|SQLITE_|(?:Type|Range|Reference)Error|ECONN|closure-gateway-|127\.0\.0\.1/;
/** Close codes that say that something went wrong within the server, or that it cut the connection. */
const WRONG_CLOSES: readonly unknown[] = [1006, 1011, 4500];

interface Result {
  data?: Record<string, unknown> | null;
  errors?: { path?: unknown[] }[];
}

/** What came of the requests so far. */
export class Tally {
  sent = 0;
  executed = 0;
  /** Answers that guess at a name of the schema. */
  suggestions = 0;
  /** Answers to introspection. */
  introspections = 0;
  readonly statuses = new Map<number, number>();
  /** By root field, and by type for entities: how often it had data. */
  readonly roots = new Map<string, number>();
  readonly transports = new Map<string, number>();
  readonly strange: object[] = [];

  /** @param request as a person has to see it who looks for the reason of something strange */
  count(transport: string, answer: Answer, request: unknown, operation?: FuzzedOperation): Result[] {
    const { status, texts } = answer;
    this.sent += 1;
    add(this.transports, transport);
    if (status !== null) add(this.statuses, status);
    const done = this.check(transport, answer, request).filter(isExecuted);
    if (texts.some((text) => text.includes('Did you mean'))) this.suggestions += 1;
    if (texts.some((text) => text.includes('"queryType"'))) this.introspections += 1;
    if (done.length > 0) this.executed += 1;
    for (const { key, field, types } of operation?.roots ?? []) {
      const values = done.map(({ data }) => data?.[key]).filter((value) => value !== null && value !== undefined);
      if (values.length === 0) continue;
      add(this.roots, field);
      if (types.length === 0 || !Array.isArray(values[0])) continue;
      for (const [index, entity] of (values[0] as unknown[]).entries()) if (entity !== null) add(this.roots, `${field} ${String(types[index])}`);
    }
    return done;
  }

  /** Looks for what no answer may have. */
  check(transport: string, answer: Answer, request: unknown): Result[] {
    const { status, texts } = answer;
    const isWrong = (status !== null && status >= 500 && status < 600) || WRONG_CLOSES.includes(status);
    const results = resultsIn(texts);
    if (isWrong || !results || texts.some((text) => INSIDES.test(text))) this.wonder(transport, answer, request);
    return results ?? [];
  }

  wonder(transport: string, { status, texts }: Answer, request: unknown): void {
    this.strange.push({ transport, status, answer: texts.map((text) => text.slice(0, 500)), request });
  }

  /** For the person who runs the long form. */
  report(): string {
    const list = (counts: ReadonlyMap<string | number, number>) => [...counts].map(([name, count]) => `${name} ${count}`).toSorted().join(', ');
    const share = ((this.executed / this.sent) * 100).toFixed(1);
    return [
      `${this.sent} requests, ${this.executed} executed (${share} %)`,
      `transports: ${list(this.transports)}`,
      `statuses: ${list(this.statuses)}`,
      `root fields with data: ${list(this.roots)}`,
    ].join('\n');
  }
}

/** Whatever was refused before it was begun has no data, or errors that are about no field. */
function isExecuted({ data, errors = [] }: Result): boolean {
  return data !== null && data !== undefined && errors.every(({ path }) => path !== undefined);
}

/** Null: not all of it is JSON. A WebSocket's messages have the results in them. */
function resultsIn(texts: readonly string[]): Result[] | null {
  try {
    return texts.flatMap((text) => {
      const value = JSON.parse(text) as (Result & { type?: string; payload?: Result }) | null;
      if (value?.type === undefined) return value ? [value] : [];
      return value.type === 'next' && value.payload ? [value.payload] : [];
    });
  } catch {
    return null;
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
