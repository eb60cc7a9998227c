import type { CircuitState } from '../../src/ports/telemetry';
import type { HttpContext } from '../../src/provider-kit/circuit';

/** What a provider's client is given, for a client without a provider. It never rests unless it is told to. */
export function httpContext(given: Partial<HttpContext> = {}): HttpContext {
  return {
    id: 'bank',
    timeoutMs: 2_000,
    retryMs: { min: 0, max: 0 },
    clock: { monotonic: () => performance.now() },
    random: { fraction: () => 0 },
    telemetry: { circuit: () => {} },
    ...given,
  };
}

/** What a circuit told, as "write open 1000". */
export function toldBy(circuits: string[]): HttpContext['telemetry'] {
  return {
    circuit: ({ circuit, state, restMs }: { circuit: string; state: CircuitState; restMs?: number }) =>
      void circuits.push([circuit, state, ...(restMs === undefined ? [] : [String(restMs)])].join(' ')),
  };
}
