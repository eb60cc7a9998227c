import type { KindCapabilities, ProviderCapabilities } from '../../src/ports/provider';
import { ID_TYPES, REASON_MAX_LENGTH, REASON_PATTERN } from './mapping';
import type { Settings } from './settings';

/** The provider names no lag between a close and its own reads; this is room for one, ms. */
const VISIBILITY_LAG_MS = 10_000;

/** What the provider can do, as the settings have it. */
export function capabilitiesFor(settings: Settings, visibilityLagMs: number = VISIBILITY_LAG_MS): ProviderCapabilities {
  const readable = settings.READS === 'on';
  const either: Omit<KindCapabilities, 'kind'> = {
    idTypes: ID_TYPES,
    defaultIdType: 'UUID',
    completion: 'SYNC',
    reasonMode: 'TEXT',
    reasonText: { maxLength: REASON_MAX_LENGTH, pattern: REASON_PATTERN },
    announceOnly: false,
    liquidatePositions: false,
    eligibility: readable ? 'BY_READS' : 'NONE',
  };
  return {
    kinds: [
      { kind: 'ACCOUNT', ...either },
      { kind: 'VIRTUAL_ACCOUNT', ...either },
    ],
    outcomeSources: readable ? ['RESPONSE', 'POLL'] : ['RESPONSE'],
    visibilityLagMs,
    // A second close is answered ACCOUNT_ALREADY_CLOSED.
    alreadyClosedDistinct: true,
    // Both kinds close through one address, which does not ask for the kind.
    kindsShareIds: true,
    idRules: { ibanChecksum: settings.IBAN_CHECKSUM },
    requestsPerSecond: settings.REQUESTS_PER_SECOND,
  };
}
