import type { Telemetry } from '../ports/telemetry';
import type { Logger } from './logger';
import type { Metrics } from './metrics';

/** Longest part of a provider's own word that a line keeps, characters. */
const WORD_LENGTH = 64;

/** Reports to the log and to the metrics. */
export function createTelemetry(logger: Logger, metrics: Metrics): Telemetry {
  return {
    transition(event) {
      const { provider, from, to, cause } = event;
      metrics.transitions.inc({ provider, from: from ?? '', to, cause });
      logger.info(event, 'closure changed');
    },
    providerCall(event) {
      const { provider, operation, outcome, durationMs } = event;
      metrics.providerCalls.inc({ provider, operation, outcome });
      metrics.providerCallSeconds.observe({ provider, operation }, durationMs / 1000);
      logger.info({ ...event, durationMs: Math.round(durationMs) }, 'provider called');
    },
    unmapped(event) {
      const { provider, what, word } = event;
      metrics.unmappedWords.inc({ provider, what });
      logger.warn({ ...event, word: word.slice(0, WORD_LENGTH) }, 'provider used an unknown word');
    },
    alarm({ error, ...event }) {
      const { what, provider } = event;
      metrics.alarms.inc({ what, provider: provider ?? '' });
      logger.error({ ...event, ...(error !== undefined && { err: error }) }, 'alarm');
    },
  };
}
