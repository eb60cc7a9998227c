import type { AccountRead, AccountState, CloseOutcome } from '../../src/domain/outcome';
import type { Left } from './world';

/** A rule taken away, to see that the model notices. */
export type Weakness = 'no fence' | 'no mark' | 'no lag' | 'no horizon' | 'a lost answer is a refusal' | 'unlimited pause before the first byte';

/** One bank and one kind of trouble; each is explored in all its interleavings. */
export interface Scenario {
  name: string;
  /** How the bank answers a request that it carries out, and what becomes of the account. */
  takes: { answer: CloseOutcome; account: AccountState | null };
  /** Answers of a bank that did nothing. */
  refuses: CloseOutcome[];
  /** Answers that say nothing of what was done. */
  hides: CloseOutcome[];
  /** Reads that show no state. */
  blind: AccountRead[];
  /** What becomes of the account by itself. */
  moves: Partial<Record<AccountState, AccountState[]>>;
  canRead?: boolean;
  alreadyClosedDistinct?: boolean;
  announceOnly?: boolean;
  webhooks?: boolean;
  /** How often the bank may tell news again. Default 1. */
  duplicates?: number;
  /** Default 2. */
  workers?: 1 | 2;
  people?: ('cancel' | 'refresh' | 'resolve')[];
  left?: Partial<Left>;
  weak?: Weakness;
}

const LOST: CloseOutcome = { kind: 'unknown', detail: 'Lost.' };
const DOWN: CloseOutcome = { kind: 'unavailable' };
const REJECTED: CloseOutcome = { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST', message: 'x' };
const THROTTLED: CloseOutcome = { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'x' };
const CONFLICT: CloseOutcome = { kind: 'conflict', documented: true };
const UNDOCUMENTED: CloseOutcome = { kind: 'conflict', documented: false };
const UNREADABLE: AccountRead = { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'x' };
export const seen = (state: AccountState): AccountRead => ({ ok: true, state, blockers: [], aliases: [] });

const ASYNC: Pick<Scenario, 'takes' | 'moves'> = { takes: { answer: { kind: 'accepted' }, account: 'CLOSING' }, moves: { CLOSING: ['CLOSED'] } };
const SYNC: Pick<Scenario, 'takes' | 'moves'> = { takes: { answer: { kind: 'closed' }, account: 'CLOSED' }, moves: {} };
const LATER: Pick<Scenario, 'takes' | 'moves'> = {
  takes: { answer: { kind: 'scheduled', effectiveAt: 1 }, account: 'SCHEDULED' },
  moves: { SCHEDULED: ['CLOSED', 'WITHDRAWN'] },
};
const ALONE = { workers: 1, duplicates: 0 } as const;
const PLAIN = { refuses: [], hides: [LOST], blind: [] };

/** In bounds that a test run can wait for, with a crash in each but one, which would be the largest; {@link wide} goes further. */
export const SCENARIOS: Scenario[] = [
  { name: 'accepted, then closing', ...ASYNC, ...PLAIN },
  { name: 'refused, throttled and unreadable', ...ASYNC, ...PLAIN, ...ALONE, refuses: [REJECTED, THROTTLED], blind: [UNREADABLE] },
  { name: 'done at once', ...SYNC, ...PLAIN, alreadyClosedDistinct: true, refuses: [REJECTED, LOST] },
  { name: 'out of service, perhaps', ...SYNC, alreadyClosedDistinct: true, refuses: [DOWN, LOST], hides: [DOWN, LOST], blind: [] },
  { name: 'conflicts and refused tokens', ...ASYNC, ...PLAIN, ...ALONE, refuses: [CONFLICT, { kind: 'authFailed' }], blind: [UNREADABLE] },
  { name: 'refusals that nobody documented', ...ASYNC, ...PLAIN, ...ALONE, refuses: [UNDOCUMENTED], blind: [UNREADABLE] },
  { name: 'accounts that are not found', ...ASYNC, ...PLAIN, blind: [seen('NOT_FOUND')], left: { sends: 1 } },
  { name: 'no reads', ...SYNC, ...PLAIN, canRead: false, alreadyClosedDistinct: true, refuses: [REJECTED, LOST] },
  { name: 'reads in unknown words', ...SYNC, ...PLAIN, alreadyClosedDistinct: true, refuses: [THROTTLED], blind: [seen('UNKNOWN')] },
  { name: 'announcements', takes: { answer: { kind: 'announced' }, account: null }, moves: {}, ...PLAIN, announceOnly: true, refuses: [REJECTED, LOST] },
  { name: 'a later date', ...LATER, ...PLAIN, ...ALONE },
  { name: 'closings that fail', ...ASYNC, ...PLAIN, ...ALONE, moves: { CLOSING: ['CLOSED', 'FAILED', 'OPEN'] }, left: { sends: 1 } },
  { name: 'somebody else closes', ...SYNC, ...PLAIN, ...ALONE, alreadyClosedDistinct: true, refuses: [REJECTED], left: { outsideCloses: 1 } },
  { name: 'somebody else reopens', ...SYNC, ...PLAIN, ...ALONE, alreadyClosedDistinct: true, left: { reopenings: 1 } },
  { name: 'webhooks', ...ASYNC, ...PLAIN, ...ALONE, webhooks: true, left: { outsideCloses: 1, sends: 1 } },
  { name: 'webhooks of the past', ...ASYNC, ...PLAIN, ...ALONE, webhooks: true, left: { reopenings: 1, sends: 1 } },
  { name: 'withdrawn', ...ASYNC, ...PLAIN, ...ALONE, refuses: [THROTTLED], people: ['cancel'], left: { people: 1 } },
  { name: 'refreshed', ...ASYNC, ...PLAIN, ...ALONE, people: ['refresh'], left: { people: 1, sends: 1, crashes: 0 } },
  { name: 'settled by a person', ...ASYNC, ...PLAIN, ...ALONE, refuses: [LOST], people: ['resolve'], left: { people: 1 } },
];

/** The same, with a crash in each, both workers, and news told twice. */
export function wide(scenario: Scenario): Scenario {
  return { ...scenario, workers: 2, duplicates: 1, left: { ...scenario.left, crashes: 1 } };
}
