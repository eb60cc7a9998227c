import { z } from 'zod';
import type { ClosureErrorCode } from '../domain/error-code';
import type { Evidence } from '../domain/outcome';
import type { Clock } from '../ports/clock';
import { isJsonMediaType, parseJson } from './error-body';
import type { HttpAnswer, ProviderAnswer } from './http';
import type { KnownSecrets } from './known-secrets';
import { retryAfterMs } from './retry-after';

/** A token could not be had; nothing else was sent. */
export interface TokenRefused {
  ok: false;
  /** PROVIDER_AUTHENTICATION_FAILED, PROVIDER_RATE_LIMITED or PROVIDER_UNAVAILABLE. */
  code: ClosureErrorCode;
  message: string;
  /** 0 to 24 h, ms. */
  retryAfterMs?: number;
  /** The error that the answer names (RFC 6749 section 5.2), for example "invalid_scope". */
  oauthError?: string;
  evidence: Evidence;
}

export type TokenResult = { ok: true; token: string } | TokenRefused;

export interface TokenCacheOptions {
  /** Asks the token endpoint for a token of this purpose (a scope string). */
  fetch: (scope: string) => Promise<ProviderAnswer>;
  clock: Clock;
  /** Told of every token, so that none is shown. */
  secrets: KnownSecrets;
}

/** A token is given up this long before it expires, ms, or after nine tenths of a shorter life. */
const EARLY_MS = 10_000;
/** How long a token is used whose answer names no lifetime, ms. */
const UNSTATED_LIFE_MS = 60_000;

/** RFC 6749 section 5.1; the token as RFC 6750 section 2.1 allows it in a header. */
const answerSchema = z.object({
  access_token: z.string().regex(/^[A-Za-z0-9\-._~+/]+=*$/).max(16_384),
  token_type: z.string().refine((type) => type.toLowerCase() === 'bearer'),
  expires_in: z.union([z.number(), z.string().regex(/^\d{1,10}$/).transform(Number)]).nullish(),
});

/** RFC 6749 section 5.2. */
const errorSchema = z.object({ error: z.string().regex(/^[\x20-\x21\x23-\x5B\x5D-\x7E]{1,64}$/) });

interface Cached {
  token: string;
  /** On the monotonic clock, ms. */
  until: number;
}

/** Access tokens of one provider, one per purpose. Callers who want the same one at the same time share one request. */
export class TokenCache {
  readonly #options: TokenCacheOptions;
  readonly #cached = new Map<string, Cached>();
  readonly #pending = new Map<string, Promise<TokenResult>>();
  readonly #refusedBefore = new Set<string>();

  constructor(options: TokenCacheOptions) {
    this.#options = options;
  }

  /**
   * A token for the purpose.
   * @param wish.fresh the token used last was refused: another one is given. A token that came in since a refusal
   * was told through {@link refuse} is another one already.
   */
  get(scope: string, wish: { fresh?: boolean } = {}): Promise<TokenResult> {
    if (wish.fresh && !this.#refusedBefore.has(scope)) this.#cached.delete(scope);
    const cached = this.#cached.get(scope);
    if (cached && cached.until > this.#options.clock.monotonic()) return Promise.resolve({ ok: true, token: cached.token });
    const pending = this.#pending.get(scope) ?? this.#fetch(scope).finally(() => this.#pending.delete(scope));
    this.#pending.set(scope, pending);
    return pending;
  }

  /** The provider refused this token: it is not given again. */
  refuse(scope: string, token: string): void {
    this.#refusedBefore.add(scope);
    if (this.#cached.get(scope)?.token === token) this.#cached.delete(scope);
  }

  async #fetch(scope: string): Promise<TokenResult> {
    const { clock, fetch, secrets } = this.#options;
    const askedAt = clock.monotonic();
    const answer = await fetch(scope);
    const granted = answer.kind === 'answer' && answer.status === 200 ? readGrant(answer) : undefined;
    if (!granted) return refusal(answer, clock.now());
    secrets.addToken(scope, granted.access_token);
    const lifeMs = granted.expires_in === undefined || granted.expires_in === null ? UNSTATED_LIFE_MS : granted.expires_in * 1000;
    this.#cached.set(scope, { token: granted.access_token, until: askedAt + lifeMs - Math.min(EARLY_MS, lifeMs / 10) });
    return { ok: true, token: granted.access_token };
  }
}

function readGrant(answer: HttpAnswer): z.output<typeof answerSchema> | undefined {
  return answerSchema.safeParse(bodyOf(answer)).data;
}

function bodyOf(answer: HttpAnswer): unknown {
  return isJsonMediaType(answer.mediaType) ? parseJson(answer.body)?.value : undefined;
}

function refusal(answer: ProviderAnswer, nowMs: number): TokenRefused {
  if (answer.kind !== 'answer') {
    const evidence = answer.kind === 'lost' ? { httpStatus: answer.status } : {};
    const wait = answer.kind === 'notSent' ? answer.retryAfterMs : undefined;
    return { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'The provider\'s token endpoint gave no answer.', retryAfterMs: wait, evidence };
  }
  const base = {
    ok: false,
    retryAfterMs: retryAfterMs(answer.headers['retry-after'], nowMs),
    evidence: { httpStatus: answer.status },
  } as const;
  if (answer.status === 429) return { ...base, code: 'PROVIDER_RATE_LIMITED', message: 'The provider\'s token endpoint asked to slow down.' };
  if (answer.status >= 500) return { ...base, code: 'PROVIDER_UNAVAILABLE', message: 'The provider\'s token endpoint is out of service.' };
  if (answer.status < 400) return { ...base, code: 'PROVIDER_AUTHENTICATION_FAILED', message: 'The provider\'s token answer is unusable.' };
  const oauthError = errorSchema.safeParse(bodyOf(answer)).data?.error;
  return { ...base, code: 'PROVIDER_AUTHENTICATION_FAILED', message: 'The provider gave no token for the gateway\'s credentials.', oauthError };
}
