import type { Closure, ClosureEvent, ClosureIntent, ClosureProgress, EventCause } from '../domain/closure';

/** A closure as it is first recorded. */
export function newClosure(intent: ClosureIntent, progress: Pick<ClosureProgress, 'status' | 'dueAt'> & Partial<ClosureProgress>): Closure {
  const now = intent.requestedAt;
  return {
    ...intent,
    statusSince: now,
    updatedAt: now,
    closedAt: null,
    providerStatus: null,
    blockers: [],
    blockersUnknown: null,
    requiredAction: null,
    expectedCloseAt: null,
    error: null,
    attempts: 0,
    quietSteps: 0,
    pendingRead: null,
    closingSeenAt: null,
    openSeenAt: null,
    notFoundSince: null,
    accountsListed: false,
    liquidation: null,
    ...progress,
    version: 1,
    fence: 1,
  };
}

/** The first line of its history. */
export function firstEvent(closure: Closure, cause: EventCause, actor: string | null, detail: string | null = null): ClosureEvent {
  return {
    from: null,
    to: closure.status,
    at: closure.requestedAt,
    cause,
    detail,
    actor,
    correlationId: closure.correlationId,
    providerRequestId: null,
  };
}
