import { Pool } from 'undici';
import { z } from 'zod';
import { type AccountRef, closureRef } from '../domain/account';
import type { Caller } from '../domain/caller';
import type { AccountAction, AccountPolicy } from '../ports/account-policy';
import type { Clock } from '../ports/clock';

/**
 * AUTHORIZE=http: a policy endpoint decides, asked as OpenID AuthZEN Authorization API 1.0 says (Access Evaluation,
 * https://openid.net/specs/authorization-api-1_0.html).
 */
export interface HttpPolicyOptions {
  /** The whole address of the evaluation endpoint. */
  url: string;
  /** Sent as a bearer token; undefined: none. */
  token: string | undefined;
  /** How long one question may take, ms. */
  timeoutMs: number;
  /** How long an answer is good for, ms; 0: once. */
  cacheMs: number;
  clock: Clock;
}

/**
 * Questions asked at once; more wait their turn, which counts as theirs: a policy that is away holds nobody up for longer. A
 * router's request about 500 accounts is eight turns.
 */
const CONNECTIONS = 64;
/** Answers kept at most; the oldest go first. */
const MOST_KEPT = 10_000;
/** An answer is a word or two; a longer one is none, bytes. */
const MOST_BYTES = 16_384;
const decisionSchema = z.object({ decision: z.boolean() });

/** Asks for each subject, action and account; answers are kept for a moment, failures are not. */
export class HttpPolicy implements AccountPolicy {
  readonly basis = 'question';
  readonly #options: HttpPolicyOptions;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #kept = new Map<string, { decision: Promise<boolean>; until: number }>();

  constructor(options: HttpPolicyOptions) {
    const { origin, pathname, search } = new URL(options.url);
    const { timeoutMs } = options;
    this.#options = options;
    this.#path = pathname + search;
    this.#pool = new Pool(origin, { connections: CONNECTIONS, connect: { timeout: timeoutMs }, maxResponseSize: MOST_BYTES });
  }

  /** Rejects when the endpoint does not answer in time, or with anything but 200 and a decision. */
  allows(caller: Caller, action: AccountAction, account: AccountRef, withItsAccounts = false): Promise<boolean> {
    const { cacheMs, clock } = this.#options;
    const key = JSON.stringify([caller.tenant, caller.subject, action, closureRef(account), withItsAccounts]);
    const now = clock.monotonic();
    const kept = this.#kept.get(key);
    if (kept && now < kept.until) return kept.decision;
    const decision = this.#ask(caller, action, account, withItsAccounts);
    this.#kept.delete(key);
    this.#kept.set(key, { decision, until: now + cacheMs });
    decision.catch(() => this.#forget(key, decision));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return decision;
  }

  async dispose(): Promise<void> {
    await this.#pool.destroy();
  }

  #forget(key: string, decision: Promise<boolean>): void {
    if (this.#kept.get(key)?.decision === decision) this.#kept.delete(key);
  }

  async #ask(caller: Caller, action: AccountAction, account: AccountRef, withItsAccounts: boolean): Promise<boolean> {
    const { token, timeoutMs } = this.#options;
    const { statusCode, body } = await this.#pool.request({
      method: 'POST',
      path: this.#path,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'x-request-id': caller.correlationId,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(question(caller, action, account, withItsAccounts)),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`The policy endpoint answered with status ${statusCode}.`);
    return decisionSchema.parse(JSON.parse(text)).decision;
  }
}

function question(caller: Caller, action: AccountAction, account: AccountRef, withItsAccounts: boolean): object {
  const { provider, kind, id, idType, country } = account;
  return {
    subject: { type: 'user', id: caller.subject, properties: { tenant: caller.tenant } },
    action: { name: action, ...(withItsAccounts && { properties: { includeAccounts: true } }) },
    resource: { type: 'account', id: closureRef(account), properties: { provider, kind, id, idType, ...(country && { country }) } },
    context: { correlationId: caller.correlationId },
  };
}
