import { type Blocker, inOrder, speltAs } from '../blocker';
import { type Closure, mayBeApplied } from '../closure';
import { isUnderWay } from '../closure-status';
import type { ClosureErrorCode } from '../error-code';
import type { AccountRead, AccountSeen, BlockersUnknown, ReadFailed } from '../outcome';
import { afterAcceptance } from './liquidation';
import { judgeOpen, resendWhenSettled } from './read-open';
import { refusedByState } from './refusal';
import { errorOf, type Facts, giveUp, horizonOf, isPastHorizon, type Situation, unchanged, type Verdict } from './situation';

/** How a read of the account is judged: the second table of the contract. */
export function judgeRead(situation: Situation, read: AccountRead, facts: Facts): Verdict {
  if (!read.ok) return notRead(situation, read, facts);
  const verdict = verdictOn(situation, read, facts);
  const { notFoundSince } = situation.closure;
  const missing = read.state === 'NOT_FOUND' ? (notFoundSince ?? facts.now) : null;
  // A word that nobody knows is no find either.
  return { ...verdict, set: { notFoundSince: read.state === 'UNKNOWN' ? notFoundSince : missing, ...shown(situation, read, verdict), ...verdict.set } };
}

/**
 * Where a closure waits, the account's own word and blockers are worth showing whatever they mean. The blockers go with the word, of
 * which they may say that not everybody is to see it; see visibility.ts. A closed one keeps the word that it was closed by.
 */
function shown({ closure }: Situation, read: AccountSeen, { set: { status = closure.status } }: Verdict): Verdict['set'] {
  const word = read.providerStatus === undefined ? {} : { providerStatus: read.providerStatus };
  if (status === 'CLOSED') return read.state === 'CLOSED' ? word : {};
  if (!isUnderWay(status) && !isUnderWay(closure.status)) return word;
  const blockers = read.blockers.map((blocker) => whileSold(closure, blocker));
  return {
    ...word,
    blockers: speltAs(closure.blockers, knownBlockers(closure.blockers, { ...read, blockers })),
    ...partUnknown(read.blockersUnknown),
    expectedCloseAt: read.expectedCloseAt ?? closure.expectedCloseAt,
  };
}

/** Positions that the provider is selling go without anybody doing anything. */
function whileSold({ liquidation }: Closure, blocker: Blocker): Blocker {
  return blocker.code === 'OPEN_POSITIONS' && liquidation?.stage === 'ACCEPTED' ? { ...blocker, resolvableBy: 'TIME', selfResolving: true } : blocker;
}

/** How a provider refuses a read for good: some answer alike to a token without the scope and to wrong credentials. */
const REFUSED_READS: ReadonlySet<ClosureErrorCode> = new Set(['PROVIDER_PERMISSION_DENIED', 'PROVIDER_AUTHENTICATION_FAILED']);

/** No blockers would mean that nothing is in the way. Of other trouble the next read may know more, and nothing is told. */
function partUnknown(failure: BlockersUnknown | undefined): Verdict['set'] {
  if (!failure) return { blockersUnknown: null };
  return REFUSED_READS.has(failure.code) ? { blockersUnknown: failure.codes?.toSorted() ?? ['OTHER'] } : {};
}

/** What was known stays where the read could not tell whether it is still so. */
function knownBlockers(before: readonly Blocker[], { blockers, blockersUnknown }: AccountSeen): Blocker[] {
  if (!blockersUnknown) return inOrder(blockers);
  const { codes } = blockersUnknown;
  const isRead = (old: Blocker): boolean => blockers.some(({ code, currency, resolvableBy }) => code === old.code && currency === old.currency && resolvableBy === old.resolvableBy);
  return inOrder([...blockers, ...before.filter((old) => (!codes || codes.includes(old.code)) && !isRead(old))]);
}

function verdictOn(situation: Situation, read: AccountSeen, facts: Facts): Verdict {
  switch (read.state) {
    case 'CLOSED':
      return closed(situation, read, facts);
    case 'CLOSING':
      return closing(situation, read, facts);
    case 'SCHEDULED':
      return underWay(situation, 'SCHEDULED', { expectedCloseAt: read.expectedCloseAt ?? null }, facts);
    case 'ACTION_REQUIRED':
      return underWay(situation, 'ACTION_REQUIRED', { requiredAction: read.action ?? null }, facts);
    case 'FAILED':
      return ended(situation, read, 'FAILED', facts);
    case 'WITHDRAWN':
      return ended(situation, read, 'CANCELLED', facts);
    case 'OPEN':
      return judgeOpen(situation, read, facts);
    case 'NOT_FOUND':
      return notFound(situation, facts);
    case 'UNKNOWN':
      return unknownWord(situation, read, facts);
  }
}

/** A read that failed moves nothing; what it could have shown of a closing account is unknown. */
function notRead(situation: Situation, failure: ReadFailed, facts: Facts): Verdict {
  const verdict = nothingLearned(situation, facts, failure.retryAfterMs);
  return isUnderWay(situation.closure.status) ? { ...verdict, set: { ...partUnknown(failure), ...verdict.set } } : verdict;
}

/** The read decided nothing: what goes on is the schedule, and at the horizon a person. */
export function nothingLearned(situation: Situation, facts: Facts, afterMs?: number): Verdict {
  switch (situation.closure.status) {
    case 'REQUESTED':
    case 'UNCONFIRMED':
      if (isPastHorizon(situation, facts)) return giveUp(situation, 'The outcome could not be found out in time.');
      return unchanged({ kind: 'retry', afterMs, by: horizonOf(situation, facts.horizonMs) ?? undefined });
    case 'NEEDS_REVIEW':
      return unchanged({ kind: 'slow' });
    case 'CLOSED':
      // Only a read that shows the account open is worth a second one.
      return unchanged(situation.closure.openSeenAt === null ? { kind: 'never' } : { kind: 'poll' });
    default:
      return unchanged({ kind: 'poll' });
  }
}

function closed(situation: Situation, read: AccountSeen, facts: Facts): Verdict {
  const { closure, attempts } = situation;
  if (closure.status === 'CLOSED') return { set: { openSeenAt: null }, next: { kind: 'never' } };
  const waiting = closure.status === 'REQUESTED' || closure.status === 'UNCONFIRMED' || closure.status === 'NEEDS_REVIEW';
  if (waiting && (closure.announceOnly || !attempts.some(mayBeApplied))) {
    return refusedByState(situation, 'ACCOUNT_ALREADY_CLOSED', 'The account was closed before this request.', read, facts);
  }
  return {
    set: { status: 'CLOSED', closedAt: facts.now, error: null, blockers: [], pendingRead: null },
    next: { kind: 'never' },
  };
}

function closing(situation: Situation, read: AccountSeen, facts: Facts): Verdict {
  const { closure, attempts } = situation;
  const seen = { closingSeenAt: closure.closingSeenAt ?? facts.now, openSeenAt: null };
  switch (closure.status) {
    case 'CLOSING':
      return { set: seen, next: { kind: 'poll' } };
    case 'CLOSED':
      return unchanged({ kind: 'never' });
    case 'REQUESTED':
    case 'UNCONFIRMED':
    case 'NEEDS_REVIEW':
      if (closure.announceOnly) {
        return refusedByState(situation, 'ACCOUNT_STATE_CONFLICT', 'The account is being closed already.', read, facts);
      }
      return {
        set: { ...seen, status: 'CLOSING', error: null, pendingRead: null, blockers: inOrder(read.blockers) },
        detail: attempts.some(mayBeApplied) ? undefined : 'The closing was begun by someone else and is adopted.',
        next: afterAcceptance(closure, facts),
      };
    default:
      return { set: { ...seen, status: 'CLOSING', error: null }, next: afterAcceptance(closure, facts) };
  }
}

function underWay(situation: Situation, status: 'SCHEDULED' | 'ACTION_REQUIRED', set: Verdict['set'], facts: Facts): Verdict {
  const { closure } = situation;
  if (closure.status === 'CLOSED') return unchanged({ kind: 'never' });
  // A person's desk is left only for states that the state machine has an arrow to.
  if (closure.status === 'NEEDS_REVIEW' || closure.announceOnly) return nothingLearned(situation, facts);
  return { set: { ...set, status, error: null, pendingRead: null }, next: { kind: 'poll' } };
}

/** The provider's own word says that a closing did not complete. Whose closing it was matters while ours is in doubt. */
function ended(situation: Situation, read: AccountSeen, status: 'FAILED' | 'CANCELLED', facts: Facts): Verdict {
  const { closure, attempts } = situation;
  switch (closure.status) {
    case 'CLOSED':
      return unchanged({ kind: 'never' });
    case 'REQUESTED':
      return judgeOpen(situation, read, facts);
    case 'UNCONFIRMED':
      return attempts.some(mayBeApplied)
        ? giveUp(situation, 'The provider shows a closing that ended, and whether it was this one is not known.')
        : judgeOpen(situation, read, facts);
    default:
      return {
        set: {
          status,
          error: status === 'FAILED' ? errorOf(situation, 'ACCOUNT_STATE_CONFLICT', 'The provider did not complete the closing.', read) : null,
        },
        next: { kind: 'never' },
      };
  }
}

/** A 404 may be a wrong tenant or revoked access as well as an account that is gone. */
function notFound(situation: Situation, facts: Facts): Verdict {
  const { closure } = situation;
  const since = closure.notFoundSince ?? facts.now;
  if (isUnderWay(closure.status) && facts.now >= since + facts.horizonMs) {
    return giveUp(situation, 'The provider no longer shows the account.');
  }
  return nothingLearned(situation, facts);
}

/** Where a second close is answered differently from a first, the resend is the probe. */
function unknownWord(situation: Situation, read: AccountSeen, facts: Facts): Verdict {
  const { closure } = situation;
  // What stands in the way explains a refusal, whatever the word beside it means.
  if (closure.pendingRead === 'CONFLICT' && read.blockers.some(({ stage }) => stage === 'REQUEST')) return judgeOpen(situation, read, facts);
  const probe = closure.status === 'UNCONFIRMED' && closure.pendingRead === null && !closure.announceOnly && facts.alreadyClosedDistinct;
  return probe ? resendWhenSettled(situation, facts) : nothingLearned(situation, facts);
}
