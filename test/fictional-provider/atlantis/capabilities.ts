import type { ProviderCapabilities } from '../../../src/ports/provider';

/** The bank answers from the books that it writes to; this is room for a slow tide, ms. */
const VISIBILITY_LAG_MS = 1_000;

/** @param visibilityLagMs the operator's own figure, which wins */
export function capabilitiesFor(visibilityLagMs: number = VISIBILITY_LAG_MS): ProviderCapabilities {
  return {
    kinds: [
      {
        kind: 'ACCOUNT',
        idTypes: ['PROVIDER_ID'],
        defaultIdType: 'PROVIDER_ID',
        completion: 'SYNC',
        reasonMode: 'ENUM',
        announceOnly: true,
        liquidatePositions: false,
        eligibility: 'BY_READS',
      },
    ],
    outcomeSources: ['RESPONSE', 'POLL', 'WEBHOOK'],
    visibilityLagMs,
    // The second close is answered SANK_ALREADY.
    alreadyClosedDistinct: true,
    kindsShareIds: false,
    idRules: { ibanChecksum: 'strict', providerId: /^ATL-\d{8}$/ },
  };
}
