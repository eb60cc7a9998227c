/**
 * The closure state machine: every status, and every move between two of them.
 * Nothing else is possible; the store's writers go through {@link canBecome}.
 */
export const CLOSURE_STATUSES = [
  'SCHEDULED',
  'REQUESTED',
  'UNCONFIRMED',
  'ACTION_REQUIRED',
  'CLOSING',
  'CLOSED',
  'ANNOUNCED',
  'REJECTED',
  'FAILED',
  'CANCELLED',
  'NEEDS_REVIEW',
  'REOPENED',
] as const;

export type ClosureStatus = (typeof CLOSURE_STATUSES)[number];

const MOVES: Record<ClosureStatus, readonly ClosureStatus[]> = {
  SCHEDULED: ['REQUESTED', 'CLOSING', 'CLOSED', 'CANCELLED', 'ACTION_REQUIRED', 'FAILED', 'NEEDS_REVIEW'],
  REQUESTED: [
    'SCHEDULED',
    'UNCONFIRMED',
    'ACTION_REQUIRED',
    'CLOSING',
    'CLOSED',
    'ANNOUNCED',
    'REJECTED',
    'FAILED',
    'CANCELLED',
    'NEEDS_REVIEW',
  ],
  UNCONFIRMED: ['REQUESTED', 'CLOSING', 'CLOSED', 'ANNOUNCED', 'SCHEDULED', 'ACTION_REQUIRED', 'REJECTED', 'NEEDS_REVIEW'],
  ACTION_REQUIRED: ['CLOSING', 'SCHEDULED', 'CLOSED', 'CANCELLED', 'FAILED', 'REJECTED', 'NEEDS_REVIEW'],
  CLOSING: ['CLOSED', 'ACTION_REQUIRED', 'SCHEDULED', 'FAILED', 'CANCELLED', 'NEEDS_REVIEW'],
  CLOSED: ['REOPENED'],
  ANNOUNCED: [],
  REJECTED: [],
  FAILED: [],
  CANCELLED: [],
  NEEDS_REVIEW: ['CLOSING', 'CLOSED', 'REJECTED', 'FAILED', 'CANCELLED', 'REQUESTED'],
  REOPENED: [],
};

/** Outcomes. CLOSED alone may still move, to REOPENED. */
export const TERMINAL_STATUSES = ['CLOSED', 'ANNOUNCED', 'REJECTED', 'FAILED', 'CANCELLED', 'REOPENED'] as const satisfies readonly ClosureStatus[];

const TERMINAL: ReadonlySet<ClosureStatus> = new Set(TERMINAL_STATUSES);

/** True for a status that is an outcome. */
export function isTerminal(status: ClosureStatus): boolean {
  return TERMINAL.has(status);
}

/** True when the state machine has an arrow from `from` to `to`. Staying is not a move. */
export function canBecome(from: ClosureStatus, to: ClosureStatus): boolean {
  return MOVES[from].includes(to);
}

/** True where the provider has accepted the closing and has not finished it: what its reads show is shown. */
export function isUnderWay(status: ClosureStatus): boolean {
  return status === 'CLOSING' || status === 'SCHEDULED' || status === 'ACTION_REQUIRED';
}

/** True where the close request is still to leave, or may have to leave again. */
export function isToBeSent(status: ClosureStatus): boolean {
  return status === 'REQUESTED' || status === 'UNCONFIRMED';
}
