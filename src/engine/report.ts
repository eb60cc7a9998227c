import type { Closure, ClosureEvent } from '../domain/closure';
import type { ClosureErrorCode } from '../domain/error-code';
import type { Telemetry } from '../ports/telemetry';

/** Refusals that are the gateway's own trouble with the provider, whoever asked. */
const INCIDENTS: ReadonlySet<ClosureErrorCode> = new Set([
  'PROVIDER_PERMISSION_DENIED',
  'PROVIDER_REJECTED_REQUEST',
  'PROVIDER_AUTHENTICATION_FAILED',
]);

/** Tells of a change that is durable, and alarms where somebody should look. */
export function reportChange(telemetry: Telemetry, before: Closure, after: Closure, event: ClosureEvent | undefined): void {
  const { id: closureId, correlationId } = after;
  const { provider } = after.account;
  // A line of the history may tell of something else than a transition.
  const moved = event && event.from !== event.to;
  if (moved) telemetry.transition({ closureId, provider, ...event });
  if (moved && event.to === 'NEEDS_REVIEW') telemetry.alarm({ what: 'a closure needs a person', provider, closureId, correlationId });
  const code = after.error?.code;
  if (code && code !== before.error?.code && INCIDENTS.has(code)) {
    telemetry.alarm({ what: `the provider refused the gateway: ${code}`, provider, closureId, correlationId });
    return;
  }
  const trouble = after.liquidation?.listTrouble;
  if (trouble && trouble !== before.liquidation?.listTrouble) {
    telemetry.alarm({ what: `a sale of positions cannot be followed: ${trouble}`, provider, closureId, correlationId });
  }
}
