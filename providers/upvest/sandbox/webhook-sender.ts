import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { WebhookSigner } from './webhook-signer';

export interface WebhookSenderOptions {
  /** How long events are gathered into one request, ms. Default 20. */
  delayMs?: number;
  /** What one second of the provider's waiting times between tries takes here, ms. Default 1000. */
  retryUnitMs?: number;
}

/** What came of the webhooks so far. */
export interface WebhookCounts {
  /** Requests sent, first tries and later ones. */
  requests: number;
  /** Events that were taken. */
  delivered: number;
  /** Events that wait. */
  waiting: number;
}

const BATCH = 50;
const ANSWER_WITHIN_MS = 5_000;
/** The provider never waits longer, in its seconds. */
const LONGEST_WAIT = 600;

/**
 * Sends events in order, several in one request. A request that is not answered by a 2xx is sent again, signed anew,
 * after 1, 2, 3, 5, 8 … seconds, and nothing overtakes it.
 * Source: https://docs.upvest.co/documentation/getting_started/implementing_webhooks/webhooks_handler
 */
export class WebhookSender {
  readonly #delayMs: number;
  readonly #retryUnitMs: number;
  readonly #agent = new Agent({ headersTimeout: ANSWER_WITHIN_MS, bodyTimeout: ANSWER_WITHIN_MS });
  readonly #ended = new AbortController();
  readonly #queue: unknown[] = [];
  #url: URL | null = null;
  #running: Promise<void> | null = null;
  #requests = 0;
  #delivered = 0;

  constructor(
    private readonly signer: WebhookSigner,
    options: WebhookSenderOptions,
  ) {
    this.#delayMs = options.delayMs ?? 20;
    this.#retryUnitMs = options.retryUnitMs ?? 1_000;
  }

  /** Where events go from now on. @throws TypeError when it is not a URL */
  subscribe(url: string): void {
    this.#url = new URL(url);
  }

  isSubscribed(): boolean {
    return this.#url !== null;
  }

  /** Queues events; without a subscriber they are lost, as at the provider. */
  send(events: readonly unknown[]): void {
    if (!this.#url || this.#ended.signal.aborted) return;
    this.#queue.push(...events);
    this.#running ??= this.#run();
  }

  counts(): WebhookCounts {
    return { requests: this.#requests, delivered: this.#delivered, waiting: this.#queue.length };
  }

  /** Gives up what waits. */
  async dispose(): Promise<void> {
    this.#ended.abort();
    await this.#running;
    await this.#agent.destroy();
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        await this.#wait(this.#delayMs);
        const batch = this.#queue.slice(0, BATCH);
        for (let [seconds, next] = [1, 2]; !(await this.#isTaken(batch)); [seconds, next] = [next, seconds + next]) {
          await this.#wait(Math.min(seconds, LONGEST_WAIT) * this.#retryUnitMs);
        }
        this.#queue.splice(0, batch.length);
        this.#delivered += batch.length;
      }
    } catch (error) {
      if (!this.#ended.signal.aborted) throw error;
    } finally {
      this.#running = null;
    }
  }

  #wait(ms: number): Promise<void> {
    return pause(ms, undefined, { signal: this.#ended.signal, ref: false });
  }

  async #isTaken(batch: readonly unknown[]): Promise<boolean> {
    this.#ended.signal.throwIfAborted();
    if (!this.#url) return false;
    const { headers, body } = this.signer.sign(batch, { path: this.#url.pathname, query: this.#url.search });
    this.#requests += 1;
    try {
      const answer = await request(this.#url, { method: 'POST', headers, body, dispatcher: this.#agent, signal: this.#ended.signal });
      await answer.body.dump();
      return answer.statusCode >= 200 && answer.statusCode <= 299;
    } catch {
      // Nobody there, or no answer in time: sent again like any other that was not taken.
      return false;
    }
  }
}
