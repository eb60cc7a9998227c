import type { Chance } from '../faults/chance';

/** What answers gave that a later request can ask for. */
export type Kept = 'id' | 'cursor' | 'idempotencyKey' | 'closureRef' | 'version';
const KEPT_AS: Readonly<Record<string, Kept>> = {
  id: 'id',
  cursor: 'cursor',
  startCursor: 'cursor',
  endCursor: 'cursor',
  idempotencyKey: 'idempotencyKey',
  closureRef: 'closureRef',
  version: 'version',
};
/** The ids that the gateway makes (RFC 9562, version 7): no account and no provider of these requests has such a one. */
const CLOSURE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Aliases say which field they stand for. */
const ALIAS = /^a\d+_/;
const MOST = 300;

/** Remembers across callers, so that strangers ask for what is not theirs. */
export class Memory {
  readonly #known: Record<Kept, (string | number)[]> = { id: [], cursor: [], idempotencyKey: [], closureRef: [], version: [] };
  readonly #tenants = new Map<string, string>();

  constructor(private readonly chance: Chance) {}

  /** Undefined while nothing of the kind is known. */
  some(kind: Kept): string | number | undefined {
    const known = this.#known[kind];
    return known.length > 0 ? this.chance.one(known) : undefined;
  }

  /** @returns false when it has a closure that another tenant's answers had before */
  learn(answer: unknown, tenant: string): boolean {
    if (typeof answer !== 'object' || answer === null) return true;
    let isOwn = true;
    for (const [name, value] of Object.entries(answer)) {
      const kind = KEPT_AS[name.replace(ALIAS, '')];
      if (typeof value === 'object') isOwn = this.learn(value, tenant) && isOwn;
      else if (kind && isWorthKeeping(kind, value)) isOwn = this.#keep(kind, value, tenant) && isOwn;
    }
    return isOwn;
  }

  #keep(kind: Kept, value: string | number, tenant: string): boolean {
    const known = this.#known[kind];
    if (known.length < MOST) known.push(value);
    else known[this.chance.below(MOST)] = value;
    if (kind !== 'id') return true;
    const first = this.#tenants.get(String(value)) ?? tenant;
    this.#tenants.set(String(value), first);
    return first === tenant;
  }
}

function isWorthKeeping(kind: Kept, value: unknown): value is string | number {
  if (kind === 'version') return typeof value === 'number';
  return typeof value === 'string' && (kind !== 'id' || CLOSURE_ID.test(value));
}
