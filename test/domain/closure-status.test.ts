import { canBecome, CLOSURE_STATUSES, type ClosureStatus, isTerminal } from '../../src/domain/closure-status';

/** The contract's table, written out once more so that a change of either shows. */
const TABLE: Record<ClosureStatus, string> = {
  SCHEDULED: 'REQUESTED CLOSING CLOSED CANCELLED ACTION_REQUIRED FAILED NEEDS_REVIEW',
  REQUESTED: 'SCHEDULED UNCONFIRMED ACTION_REQUIRED CLOSING CLOSED ANNOUNCED REJECTED FAILED CANCELLED NEEDS_REVIEW',
  UNCONFIRMED: 'REQUESTED CLOSING CLOSED ANNOUNCED SCHEDULED ACTION_REQUIRED REJECTED NEEDS_REVIEW',
  ACTION_REQUIRED: 'CLOSING SCHEDULED CLOSED CANCELLED FAILED REJECTED NEEDS_REVIEW',
  CLOSING: 'CLOSED ACTION_REQUIRED SCHEDULED FAILED CANCELLED NEEDS_REVIEW',
  CLOSED: 'REOPENED',
  ANNOUNCED: '',
  REJECTED: '',
  FAILED: '',
  CANCELLED: '',
  NEEDS_REVIEW: 'CLOSING CLOSED REJECTED FAILED CANCELLED REQUESTED',
  REOPENED: '',
};

describe('the closure state machine', () => {
  const pairs = CLOSURE_STATUSES.flatMap((from) => CLOSURE_STATUSES.map((to) => [from, to] as const));

  it.each(pairs)('%s → %s is legal exactly where the contract says so', (from, to) => {
    expect(canBecome(from, to)).toBe(TABLE[from].split(' ').includes(to));
  });

  it('leaves no terminal status but CLOSED', () => {
    const left = CLOSURE_STATUSES.filter((from) => isTerminal(from) && CLOSURE_STATUSES.some((to) => canBecome(from, to)));
    expect(left).toEqual(['CLOSED']);
  });

  it('can leave every status that is not terminal', () => {
    const stuck = CLOSURE_STATUSES.filter((from) => !isTerminal(from) && !CLOSURE_STATUSES.some((to) => canBecome(from, to)));
    expect(stuck).toEqual([]);
  });
});
