import type { Telemetry } from '../ports/telemetry';
import type { Logger } from './logger';
import type { Metrics } from './metrics';

/** Longest part of a provider's own word that a line keeps, characters. */
const WORD_LENGTH = 64;

/** Reports to the log and to the metrics. Each line takes the fields it names, whatever else an event brings. */
export function createTelemetry(logger: Logger, metrics: Metrics): Telemetry {
  return {
    transition({ closureId, provider, from, to, cause, correlationId }) {
      metrics.transitions.inc({ provider, from: from ?? '', to, cause });
      logger.info({ closureId, provider, from, to, cause, correlationId }, 'closure changed');
    },
    providerCall({ provider, operation, outcome, durationMs, httpStatus, requestId, correlationId }) {
      metrics.providerCalls.inc({ provider, operation, outcome });
      metrics.providerCallSeconds.observe({ provider, operation }, durationMs / 1000);
      const fields = { provider, operation, outcome, durationMs: Math.round(durationMs), httpStatus, requestId, correlationId };
      logger.info(fields, 'provider called');
    },
    circuit({ provider, circuit, state, restMs }) {
      metrics.circuitOpen.set({ provider, circuit }, state === 'closed' ? 0 : 1);
      if (state === 'open') metrics.circuitOpenings.inc({ provider, circuit });
      const fields = { provider, circuit, state, restMs: restMs && Math.round(restMs) };
      if (state === 'open') logger.warn(fields, 'requests to the provider are kept back');
      else logger.info(fields, state === 'closed' ? 'requests to the provider are let through again' : 'the provider is tried');
    },
    overloaded({ provider, correlationId }) {
      metrics.overloaded.inc({ provider });
      logger.warn({ provider, correlationId }, 'a close request was turned away');
    },
    unmapped({ provider, what, word, correlationId }) {
      metrics.unmappedWords.inc({ provider, what });
      logger.warn({ provider, what, word: word.slice(0, WORD_LENGTH), correlationId }, 'provider used an unknown word');
    },
    pruned({ keys, events }) {
      metrics.pruned.inc({ what: 'key' }, keys);
      metrics.pruned.inc({ what: 'event' }, events);
      if (keys + events > 0) logger.info({ keys, events }, 'old entries forgotten');
    },
    alarm({ what, provider, closureId, correlationId, error }) {
      metrics.alarms.inc({ what, provider: provider ?? '' });
      logger.error({ what, provider, closureId, correlationId, err: error }, 'alarm');
    },
  };
}
