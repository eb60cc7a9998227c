import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Durations of provider calls, seconds: from a fast read to past the usual deadline. */
const CALL_BUCKETS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];

/**
 * The gateway's metrics, in a registry of their own so that several gateways fit in one process.
 * Labels hold configured ids and words of ours alone: a word from outside would make a series of its own.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    transitions: new Counter({
      name: 'closure_transitions_total',
      help: 'Closures that went from one status to another; "from" is empty for a new one.',
      labelNames: ['provider', 'from', 'to', 'cause'] as const,
      registers,
    }),
    providerCalls: new Counter({
      name: 'closure_provider_calls_total',
      help: 'Requests to providers that ended, however they did.',
      labelNames: ['provider', 'operation', 'outcome'] as const,
      registers,
    }),
    providerCallSeconds: new Histogram({
      name: 'closure_provider_call_duration_seconds',
      help: 'How long requests to providers took.',
      labelNames: ['provider', 'operation'] as const,
      buckets: CALL_BUCKETS,
      registers,
    }),
    circuitOpen: new Gauge({
      name: 'closure_provider_circuit_open',
      help: '1 while requests of this kind to the provider are kept back because it does not answer.',
      labelNames: ['provider', 'circuit'] as const,
      registers,
    }),
    circuitOpenings: new Counter({
      name: 'closure_provider_circuit_openings_total',
      help: 'How often requests to the provider began, or went on, to be kept back.',
      labelNames: ['provider', 'circuit'] as const,
      registers,
    }),
    overloaded: new Counter({
      name: 'closure_overloaded_total',
      help: 'Close requests that were turned away because the gateway was full; nothing was recorded for them.',
      labelNames: ['provider'] as const,
      registers,
    }),
    watched: new Gauge({
      name: 'closure_watched',
      help: 'Subscriptions to closures that are open in this process.',
      registers,
    }),
    unmappedWords: new Counter({
      name: 'closure_unmapped_words_total',
      help: 'Words of providers that no table has; the log has the words.',
      labelNames: ['provider', 'what'] as const,
      registers,
    }),
    pruned: new Counter({
      name: 'closure_pruned_total',
      help: 'Idempotency keys and webhook events that were forgotten after their time.',
      labelNames: ['what'] as const,
      registers,
    }),
    alarms: new Counter({
      name: 'closure_alarms_total',
      help: 'Things that an operator should look at; the log says which.',
      labelNames: ['what', 'provider'] as const,
      registers,
    }),
    /** The whole registry in the Prometheus text format. */
    text: () => registry.metrics(),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
