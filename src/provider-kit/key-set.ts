import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../ports/clock';

/** The public keys with which a provider signs what it sends to the gateway, by key id. */

export interface KeySetOptions {
  /** Asks the provider for its key set, a JWKS (RFC 7517 section 5) as parsed JSON; null when it cannot be had. */
  fetch: () => Promise<{ value: unknown } | null>;
  clock: Clock;
}

export type KeyLookup =
  | { kind: 'key'; key: KeyObject }
  /** The provider has no such key. */
  | { kind: 'unknown' }
  /** Whether the provider has such a key cannot be told now. */
  | { kind: 'unavailable' };

/** After so long keys are asked for again, ms: one that the provider withdrew is not trusted for ever. */
const FRESH_MS = 3_600_000;
/** Between requests that strangers can cause by naming keys that do not exist, and between tries in an outage, ms. */
const PAUSE_MS = 30_000;
/** Between tries while there is no key at all, ms. */
const FIRST_KEYS_PAUSE_MS = 1_000;

const setSchema = z.object({ keys: z.array(z.unknown()).max(1_000) });
const coordinate = z.string().regex(/^[A-Za-z0-9_-]+$/);
/** RFC 7518 section 6.2. Only the one curve is wanted; a key for anything but signatures is none. */
const keySchema = z.object({
  kid: z.string().min(1),
  kty: z.literal('EC'),
  crv: z.literal('P-521'),
  use: z.literal('sig').optional(),
  x: coordinate,
  y: coordinate,
});

/** The usable P-521 keys of a JWKS by key id, others left out; null where there is none. */
export function readKeySet(value: unknown): Map<string, KeyObject> | null {
  const listed = setSchema.safeParse(value).data?.keys ?? [];
  const usable = listed.flatMap((entry): [string, KeyObject][] => {
    const jwk = keySchema.safeParse(entry).data;
    if (!jwk) return [];
    const { kid, kty, crv, x, y } = jwk;
    try {
      return [[kid, createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })]];
    } catch {
      // Not a point of the curve.
      return [];
    }
  });
  return usable.length > 0 ? new Map(usable) : null;
}

/**
 * Keys are fetched when first needed, when a key is not known, and now and then. All who wait share one request, and
 * however many unknown keys are named, one request is made in half a minute. Where the provider fails to answer, or
 * answers with no usable key, the keys had last stay good.
 */
export class KeySet {
  readonly #options: KeySetOptions;
  #keys: ReadonlyMap<string, KeyObject> = new Map();
  #pending: Promise<void> | null = null;
  #failed = false;
  /** On the monotonic clock, ms, like the other one. */
  #freshUntil = -Infinity;
  #notBefore = -Infinity;

  constructor(options: KeySetOptions) {
    this.#options = options;
  }

  /** The key of that id. */
  async find(kid: string): Promise<KeyLookup> {
    const { clock } = this.#options;
    const now = clock.monotonic();
    const isFresh = this.#keys.has(kid) && now < this.#freshUntil;
    const asks = !isFresh && (this.#pending !== null || now >= this.#notBefore);
    if (asks) await this.#refresh();
    const key = this.#keys.get(kid);
    if (key) return { kind: 'key', key };
    if (this.#failed) return { kind: 'unavailable' };
    if (asks) this.#notBefore = clock.monotonic() + PAUSE_MS;
    return { kind: 'unknown' };
  }

  #refresh(): Promise<void> {
    this.#pending ??= this.#load().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #load(): Promise<void> {
    const { fetch, clock } = this.#options;
    const answer = await fetch();
    const keys = answer && readKeySet(answer.value);
    const now = clock.monotonic();
    this.#failed = !keys;
    if (keys) {
      this.#keys = keys;
      this.#freshUntil = now + FRESH_MS;
    } else {
      this.#notBefore = now + (this.#keys.size > 0 ? PAUSE_MS : FIRST_KEYS_PAUSE_MS);
    }
  }
}
