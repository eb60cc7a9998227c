import type { KindCapabilities, ProviderCapabilities } from '../../src/ports/provider';
import type { Settings } from './settings';

/**
 * How long a status may lag behind what the provider has done, ms. The provider says only that changes are not
 * seen at once, in its sandbox and live; half a minute is this adapter's own choice.
 */
const VISIBILITY_LAG_MS = 30_000;

const common = {
  idTypes: ['UUID'],
  defaultIdType: 'UUID',
  completion: 'ASYNC',
  eligibility: 'BY_READS',
} as const satisfies Partial<KindCapabilities>;

/** @param visibilityLagMs the operator's own figure, which wins */
export function capabilitiesFor(settings: Pick<Settings, 'REQUESTS_PER_SECOND'>, visibilityLagMs: number = VISIBILITY_LAG_MS): ProviderCapabilities {
  return {
    kinds: [
      { ...common, kind: 'ACCOUNT', reasonMode: 'NONE', announceOnly: false, liquidatePositions: true },
      { ...common, kind: 'ACCOUNT_GROUP', reasonMode: 'ENUM', announceOnly: true, liquidatePositions: false, childKind: 'ACCOUNT' },
    ],
    outcomeSources: ['RESPONSE', 'POLL', 'WEBHOOK'],
    visibilityLagMs,
    // A second close of a closed account gets the same 409 as any other conflict, where it gets one at all.
    alreadyClosedDistinct: false,
    kindsShareIds: false,
    idRules: { ibanChecksum: 'strict' },
    requestsPerSecond: settings.REQUESTS_PER_SECOND,
  };
}
