import type { Blocker } from '../../../src/domain/blocker';
import type { AccountState, CloseOutcome } from '../../../src/domain/outcome';
import type { ClosureReason, ReasonMapping } from '../../../src/domain/reason';
import { closeSchema } from './api';

/** Between the gateway's words and the bank's. */

const REASON_WORDS: Partial<Record<ClosureReason, string>> = {
  CUSTOMER_REQUEST: 'WISH',
  ACCOUNT_SWITCHED: 'SWAM_AWAY',
  HOLDER_DECEASED: 'DROWNED',
};

/** The bank's word for a reason, and how true it is; what has no word of its own is not told. */
export function reasonSent(reason: ClosureReason): { word?: string; mapping: ReasonMapping } {
  const word = REASON_WORDS[reason];
  return word ? { word, mapping: 'EXACT' } : { mapping: 'NOT_SENT' };
}

/** What a 200 says that answers a closing of this vault; undefined for what the page does not have, or of another vault. */
export function closeOutcome(id: string, value: unknown): CloseOutcome | undefined {
  const answer = closeSchema.safeParse(value).data;
  if (answer?.id !== id) return undefined;
  const { status: providerStatus, effective, sign } = answer;
  switch (providerStatus) {
    case 'SUNK':
      return { kind: 'closed', providerStatus };
    case 'SINKING':
      return { kind: 'accepted', providerStatus };
    case 'NOTED':
      return { kind: 'announced' };
    case 'AWAITS_TIDE':
      return effective === undefined ? undefined : { kind: 'scheduled', effectiveAt: effective, providerStatus };
    case 'AWAITS_SEAL':
      return sign && { kind: 'actionRequired', action: { type: 'SIGNATURE', url: sign.url, expiresAt: sign.until }, providerStatus };
    default:
      return undefined;
  }
}

const STATES = new Map<string, AccountState>([
  ['AFLOAT', 'OPEN'],
  ['SINKING', 'CLOSING'],
  ['AWAITS_TIDE', 'SCHEDULED'],
  ['AWAITS_SEAL', 'ACTION_REQUIRED'],
  ['SUNK', 'CLOSED'],
  ['WRECKED', 'FAILED'],
  ['RESURFACED', 'WITHDRAWN'],
]);

/** What a standing says; undefined for a word that the page does not have. */
export function stateOf(standing: string): AccountState | undefined {
  return STATES.get(standing);
}

/** Pearls in the vault refuse a closing. */
export function pearlBlockers(pearls: string | undefined): Blocker[] {
  if (!pearls || /^0+$/.test(pearls)) return [];
  return [
    {
      code: 'POSITIVE_BALANCE',
      message: 'There are pearls in the vault.',
      stage: 'REQUEST',
      resolvableBy: 'HOLDER',
      selfResolving: false,
      amount: pearls,
      relatedIds: [],
    },
  ];
}
