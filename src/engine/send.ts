import type { Attempt, Closure } from '../domain/closure';
import type { CloseOutcome } from '../domain/outcome';
import type { CloseRequest, ConfiguredProvider } from '../ports/provider';
import type { Claimed, ClosureChange } from '../ports/store';
import type { EngineParts } from './driver';
import { leaseMs } from './settings';

/** Somebody else wrote since the claim: whatever this worker knows is evidence at most. */
export class ClaimLost extends Error {
  constructor() {
    super('The claim on the closure was lost.');
    this.name = 'ClaimLost';
  }
}

/** The mark is durable and too little of the lease is left for the request to end within it. */
export class SendDeadlinePassed extends Error {}

/** The store did not take the mark, or its answer was lost: nothing was sent. */
class MarkFailed extends Error {}

/** The gateway stops, and the request has no mark yet. */
class Stopping extends Error {}

/**
 * Makes a request's mark durable.
 * @throws ClaimLost when the claim is gone; MarkFailed for whatever the store throws
 */
export async function commitMark({ store }: EngineParts, change: ClosureChange): Promise<Closure> {
  const after = await store.commit(change).catch((cause: unknown) => {
    throw new MarkFailed('The mark could not be committed.', { cause });
  });
  if (!after) throw new ClaimLost();
  return after;
}

/** Tells of what a send threw: a bug of the adapter, unless it was the store. */
export function reportThrown({ telemetry }: EngineParts, { id: closureId, account, correlationId }: Closure, error: unknown): void {
  const about = { provider: account.provider, closureId, correlationId };
  if (error instanceof MarkFailed) telemetry.alarm({ what: 'a request could not be marked, and was not sent', ...about, error: error.cause });
  else telemetry.alarm({ what: 'an adapter threw', ...about, error });
}

/** How one request is sent. */
export interface SendOptions {
  /** The token used last was refused. */
  freshToken: boolean;
  /** Where it has fired, what has no mark yet is let go. */
  stop: AbortSignal;
}

/**
 * The last look before the first byte: nothing leaves that might still be on its way when another worker claims.
 * @param markedFrom when the commit of the mark began, which renewed the lease; monotonic clock, ms
 * @throws SendDeadlinePassed
 */
export function checkLease({ clock, settings }: EngineParts, { deadlineMs }: ConfiguredProvider, markedFrom: number): void {
  if (clock.monotonic() - markedFrom + deadlineMs >= leaseMs(settings)) throw new SendDeadlinePassed();
}

export type Sent =
  | { kind: 'answered'; situation: Claimed; /** Null: it never left (no token, no pool slot). */ attempt: number | null; outcome: CloseOutcome }
  | { kind: 'notSent'; situation: Claimed };

/**
 * Sends one close request: token, pool slot and signature (the adapter's), then the durable mark, then the check
 * that the request ends within the lease, then the first byte. Every request that may leave has its own attempt.
 * @throws ClaimLost when the mark finds the claim gone; nothing was sent
 */
export async function sendClose(parts: EngineParts, provider: ConfiguredProvider, claimed: Claimed, { freshToken, stop }: SendOptions): Promise<Sent> {
  const { clock } = parts;
  let situation = claimed;
  let attempt: Attempt | null = null;

  async function beforeFirstByte(): Promise<void> {
    if (stop.aborted) throw new Stopping();
    const started = clock.monotonic();
    const marked: Attempt = {
      number: claimed.closure.attempts + 1,
      markedAt: clock.now(),
      deadlineMs: provider.deadlineMs,
      effect: 'MARKED',
      answeredAt: null,
      evidence: {},
    };
    const after = await commitMark(parts, {
      id: claimed.closure.id,
      guard: { fence: claimed.closure.fence },
      set: { attempts: marked.number, updatedAt: marked.markedAt },
      visible: true,
      mark: marked,
      lease: leaseMs(parts.settings),
    });
    attempt = marked;
    situation = { closure: after, attempts: [...claimed.attempts, marked] };
    checkLease(parts, provider, started);
  }

  const { closure } = claimed;
  try {
    const outcome = await provider.adapter.requestClosure(requestOf(closure), { freshToken, beforeFirstByte });
    return { kind: 'answered', situation, attempt: numberOf(attempt), outcome };
  } catch (error) {
    if (error instanceof ClaimLost) throw error;
    if (error instanceof Stopping || error instanceof SendDeadlinePassed) return await takeBack(parts, situation, attempt);
    reportThrown(parts, closure, error);
    return { kind: 'answered', situation, attempt: numberOf(attempt), outcome: afterThrow(attempt) };
  }
}

function requestOf({ id, account, reason, reasonText, initiator, announceOnly, correlationId }: Closure): CloseRequest {
  return { closureId: id, account, reason, reasonText, initiator, announceOnly, correlationId };
}

function numberOf(attempt: Attempt | null): number | null {
  return attempt?.number ?? null;
}

/** A bug after the mark leaves the request in doubt; before it, nothing has left. */
function afterThrow(attempt: Attempt | null): CloseOutcome {
  return attempt
    ? { kind: 'unknown', detail: 'The gateway failed while it waited for the answer.' }
    : { kind: 'notApplied', code: 'INTERNAL', message: 'The gateway could not prepare the request.' };
}

/** Proven not sent, and due again at once for whoever claims it next. */
async function takeBack({ store, clock }: EngineParts, situation: Claimed, mark: Attempt | null): Promise<Sent> {
  const after = await store.commit({
    id: situation.closure.id,
    guard: { fence: situation.closure.fence },
    set: { dueAt: clock.now() },
    visible: false,
    answers: mark ? [{ number: mark.number, effect: 'NOT_SENT', answeredAt: clock.now(), evidence: {} }] : undefined,
    lease: 'release',
  });
  if (!after) throw new ClaimLost();
  return { kind: 'notSent', situation: { ...situation, closure: after } };
}
