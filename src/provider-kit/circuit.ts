import type { Clock, Randomness } from '../ports/clock';
import type { CircuitName, CircuitState, Telemetry } from '../ports/telemetry';
import type { ProviderAnswer, ProviderRequest } from './http';

/** What every client of a provider is given of its surroundings; an adapter's context has it all. */
export interface HttpContext {
  /** The id that the provider is configured under. */
  id: string;
  /** How long one exchange may take, from dispatch to the last byte of the answer, ms. */
  timeoutMs: number;
  /** Bounds of the growing interval between tries, ms. */
  retryMs: { min: number; max: number };
  clock: Pick<Clock, 'monotonic'>;
  random: Pick<Randomness, 'fraction'>;
  telemetry: Pick<Telemetry, 'circuit'>;
}

/** So many requests in a row without a usable answer say that the provider, and not one account, is in trouble. */
const FAILURES_TO_OPEN = 5;
/** A provider that is well again is to be noticed soon, whatever the longest interval between tries is, ms. */
const LONGEST_REST_MS = 30_000;

/** Closes, reads and the rest fail apart: where only one of them hangs, the answers of the others prove nothing about it. */
export function circuitOf({ method, beforeFirstByte }: Pick<ProviderRequest, 'method' | 'beforeFirstByte'>): CircuitName {
  if (beforeFirstByte) return 'write';
  return method === 'GET' ? 'read' : 'other';
}

/**
 * Keeps requests from a provider that does not answer. After a row of failures it rests: nothing leaves. Then one
 * request at a time is let through, until one is answered; after each that is not, it rests longer.
 */
export class Circuit {
  readonly #name: CircuitName;
  readonly #context: HttpContext;
  #failures = 0;
  /** Rests since it last closed; 0: it is closed. */
  #rests = 0;
  #restMs = 0;
  /** On the monotonic clock, ms. */
  #restsUntil = 0;
  #trying = false;

  constructor(name: CircuitName, context: HttpContext) {
    this.#name = name;
    this.#context = context;
  }

  /** The answer for a request that must not leave now; undefined: it may. */
  refusal(): ProviderAnswer | undefined {
    if (this.#rests === 0) return undefined;
    const left = this.#restsUntil - this.#context.clock.monotonic();
    if (left <= 0 && !this.#trying) return undefined;
    return { kind: 'notSent', cause: 'resting', retryAfterMs: Math.ceil(left > 0 ? left : this.#restMs) };
  }

  /** Makes an exchange, or refuses it, and learns from what comes of it. What it throws says nothing about the provider. */
  async run(exchange: () => Promise<ProviderAnswer>): Promise<ProviderAnswer> {
    const refused = this.refusal();
    if (refused) return refused;
    const isTry = this.#rests > 0;
    if (isTry) {
      this.#trying = true;
      this.#tell('trying');
    }
    try {
      const answer = await exchange();
      this.#learn(answer, isTry);
      return answer;
    } finally {
      if (isTry) this.#trying = false;
    }
  }

  #learn(answer: ProviderAnswer, isTry: boolean): void {
    const verdict = verdictOn(answer);
    if (verdict === 'well') {
      this.#failures = 0;
      if (this.#rests === 0) return;
      this.#rests = 0;
      this.#tell('closed');
    } else if (verdict === 'failed') {
      this.#failures += 1;
      // What was under way when it opened tells nothing new.
      if (isTry || (this.#rests === 0 && this.#failures >= FAILURES_TO_OPEN)) this.#open();
    }
  }

  #open(): void {
    const { clock, random, retryMs } = this.#context;
    const longest = Math.min(retryMs.max, LONGEST_REST_MS);
    const base = Math.min(longest, retryMs.min * 2 ** Math.min(this.#rests, 30));
    // Several processes that opened together are not to try together.
    this.#restMs = base * (1 + 0.5 * random.fraction());
    this.#rests += 1;
    this.#restsUntil = clock.monotonic() + this.#restMs;
    this.#tell('open', this.#restMs);
  }

  #tell(state: CircuitState, restMs?: number): void {
    this.#context.telemetry.circuit({ provider: this.#context.id, circuit: this.#name, state, restMs });
  }
}

/** A refusal, a 429 too, is an answer; what the gateway itself kept back, or was asked to give up, proves nothing. */
function verdictOn(answer: ProviderAnswer): 'well' | 'failed' | 'nothing' {
  switch (answer.kind) {
    case 'answer':
      return answer.status >= 500 ? 'failed' : 'well';
    case 'notSent':
      return answer.cause === 'poolFull' || answer.cause === 'late' || answer.cause === 'resting' ? 'nothing' : 'failed';
    case 'lost':
      return answer.cause === 'tooLarge' || answer.cause === 'encoding' ? 'well' : 'failed';
  }
}
