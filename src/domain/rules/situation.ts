import type { AccountKind } from '../account';
import { type Attempt, type AttemptEffect, type Closure, type ClosureProgress, isUnresolved, mayBeApplied } from '../closure';
import { type ClosureErrorDetails, closureError } from '../closure-error';
import type { ClosureStatus } from '../closure-status';
import type { ClosureErrorCode } from '../error-code';
import type { Evidence } from '../outcome';

/** A closure with all its attempts. */
export interface Situation {
  closure: Closure;
  attempts: readonly Attempt[];
}

/** What the rules need to know of the world. Durations are ms. */
export interface Facts {
  /** Epoch ms. For the judgement of a read: when the read began, since what it shows is no newer than that. */
  now: number;
  /** How long a change at the provider may stay invisible to its reads. */
  visibilityLagMs: number;
  /** How long an unresolved request may be resent, from its mark. */
  horizonMs: number;
  /** How long after CLOSED a read that shows the account open means nothing. */
  reopenGraceMs: number;
  canRead: boolean;
  alreadyClosedDistinct: boolean;
  /** Whose positions the provider can be asked to sell. */
  sellableKinds: readonly AccountKind[];
}

/** When the closure is looked at next. */
export type Next =
  /** Go on in the same claim. */
  | { kind: 'now' }
  /** On the retry schedule, or as the provider asked. `by`: at this time at the latest, epoch ms. */
  | { kind: 'retry'; afterMs?: number; by?: number }
  /** On the polling schedule. `by` as above. */
  | { kind: 'poll'; by?: number }
  /** At the longest polling interval. */
  | { kind: 'slow' }
  /** At this time, epoch ms. */
  | { kind: 'at'; at: number }
  /** When it was due anyway. */
  | { kind: 'asBefore' }
  | { kind: 'never' };

/** What is now known of an attempt. */
export interface Finding {
  number: number;
  effect: AttemptEffect;
  /** Absent: what was stored stays. */
  evidence?: Evidence;
}

/** What an answer, a read or the passing of time makes of a closure. */
export interface Verdict {
  set: Partial<Omit<ClosureProgress, 'dueAt' | 'statusSince' | 'updatedAt' | 'attempts' | 'quietSteps'>>;
  /** For the history, where the status moves. */
  detail?: string;
  /** A line for the history where the status stays. */
  note?: string;
  findings?: Finding[];
  next: Next;
  /** What another request has to wait for was looked at, and it may leave in this claim. */
  resend?: boolean;
}

/** The verdict that leaves everything as it is. */
export function unchanged(next: Next): Verdict {
  return { set: {}, next };
}

/** REQUESTED where every request is proven without effect, else UNCONFIRMED. */
export function waitingStatus(attempts: readonly Attempt[]): ClosureStatus {
  return attempts.some(isUnresolved) ? 'UNCONFIRMED' : 'REQUESTED';
}

/** A stored error of this closure. */
export function errorOf(
  { closure }: Situation,
  code: ClosureErrorCode,
  message: string,
  evidence: Evidence = {},
  details: ClosureErrorDetails = {},
) {
  return closureError(code, message, closure.correlationId, {
    provider: closure.account.provider,
    providerErrors: evidence.providerErrors ?? [],
    providerRequestId: evidence.requestId,
    ...details,
  });
}

/** The requests that may have had an effect. */
export function inDoubt(attempts: readonly Attempt[]): Attempt[] {
  return attempts.filter(mayBeApplied);
}

/** From when on a read that shows the account open says something about the requests in doubt; epoch ms. */
export function settledBy(attempts: readonly Attempt[], visibilityLagMs: number): number {
  return Math.max(0, ...inDoubt(attempts).map((attempt) => attempt.markedAt + attempt.deadlineMs)) + visibilityLagMs;
}

/**
 * When resending ends, epoch ms; null: never. Counted from the oldest request without a usable answer. Where there is
 * none, a refusal may still wait for a read, to be explained or to clear the requests before it that found the
 * provider out of service: then it counts from that refusal, however long the outage was.
 */
export function horizonOf({ closure, attempts }: Situation, horizonMs: number): number | null {
  const unresolved = attempts.find(isUnresolved);
  if (unresolved) return unresolved.markedAt + horizonMs;
  if (closure.status === 'UNCONFIRMED') return closure.statusSince + horizonMs;
  const refused = closure.pendingRead ? attempts.at(-1) : undefined;
  return refused ? refused.markedAt + horizonMs : null;
}

export function isPastHorizon(situation: Situation, facts: Facts): boolean {
  const horizon = horizonOf(situation, facts.horizonMs);
  return horizon !== null && facts.now >= horizon;
}

/** NEEDS_REVIEW: read at long intervals where the account can be read, and not otherwise touched. */
export function giveUp(situation: Situation, message: string): Verdict {
  return {
    set: {
      status: 'NEEDS_REVIEW',
      error: errorOf(situation, 'MANUAL_INTERVENTION_REQUIRED', message, {
        providerErrors: situation.closure.error?.providerErrors,
        requestId: situation.closure.error?.providerRequestId,
      }),
    },
    detail: message,
    next: situation.closure.announceOnly ? { kind: 'never' } : { kind: 'slow' },
  };
}
