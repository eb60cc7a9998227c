import { isDeepStrictEqual } from 'node:util';
import type { Closure, ClosureEvent, ClosureProgress, EventCause, EventEvidence } from '../domain/closure';
import { type ClosureStatus, isToBeSent, isUnderWay } from '../domain/closure-status';
import { nextWithSale } from '../domain/rules/liquidation';
import type { Facts, Verdict } from '../domain/rules/situation';
import type { Randomness } from '../ports/clock';
import type { Alias, AttemptAnswer, ChildClosure, ClosureChange, Guard } from '../ports/store';
import { dueAt } from './schedule';
import type { EngineSettings } from './settings';

/** Book-keeping of the engine; a change of these alone is no news to a caller. */
const UNSEEN: ReadonlySet<keyof ClosureProgress> = new Set(['dueAt', 'quietSteps', 'pendingRead', 'closingSeenAt', 'openSeenAt', 'notFoundSince', 'accountsListed', 'liquidation']);

export interface ChangeContext {
  guard: Guard;
  lease: ClosureChange['lease'];
  cause: EventCause;
  /** Who, for a person's decision. */
  actor?: string;
  correlationId?: string;
  /** What the answer, the read or the webhook carried. */
  evidence?: EventEvidence & { requestId?: string };
  aliases?: Alias[];
  children?: ChildClosure[];
  also?: ClosureChange[];
  now: Facts['now'];
  settings: EngineSettings;
  random: Randomness;
}

/** Turns a verdict into one atomic write: progress, history, findings and the next due time. */
export function changeOf(closure: Closure, verdict: Verdict, context: ChangeContext): ClosureChange {
  const { now } = context;
  const moved = verdict.set.status !== undefined && verdict.set.status !== closure.status;
  const different = Object.entries(verdict.set).filter(([key, value]) => !isAsStored(value, closure[key as keyof ClosureProgress]));
  const quietSteps = moved ? 0 : closure.quietSteps;
  const next = nextWithSale(verdict.next, verdict.set.liquidation ?? closure.liquidation, closure.dueAt, now);
  const due = dueAt(next, now, { dueAt: closure.dueAt, quietSteps }, context.random.fraction(), context.settings);
  const set: Partial<ClosureProgress> = { ...Object.fromEntries(different), dueAt: due, quietSteps: moved || next.kind === 'now' || next.kind === 'asBefore' ? quietSteps : quietSteps + 1 };
  if (moved && verdict.set.status !== 'ACTION_REQUIRED' && closure.requiredAction) set.requiredAction = null;
  if (moved && verdict.set.providerStatus === undefined && closure.providerStatus && losesWord(closure.status, verdict.set.status)) set.providerStatus = null;
  if (moved && verdict.set.blockers === undefined && closure.blockers.length > 0 && endsWait(closure.status, verdict.set.status)) set.blockers = [];
  const told = moved || verdict.note !== undefined;
  const visible = told || different.some(([key]) => !UNSEEN.has(key as keyof ClosureProgress));
  if (visible) set.updatedAt = now;
  if (moved) set.statusSince = now;
  return {
    id: closure.id,
    guard: context.guard,
    set,
    visible,
    event: told ? eventOf(closure, verdict, context) : undefined,
    answers: verdict.findings?.map((finding) => answerOf(finding, now)),
    aliases: context.aliases,
    children: context.children,
    also: context.also,
    lease: context.lease,
  };
}

/** A word is shown beside the blockers that were read with it (see visibility.ts), and one that was read before has none. */
function losesWord(from: ClosureStatus, to: ClosureStatus | undefined): boolean {
  return to === 'CLOSED' || (to !== undefined && isUnderWay(to) && !isUnderWay(from));
}

/** Blockers of before are what the request waited for: it waits no more. */
function endsWait(from: ClosureStatus, to: ClosureStatus | undefined): boolean {
  return isToBeSent(from) && to !== undefined && !isToBeSent(to);
}

/** A member that is undefined and one that is missing are the same once stored. */
function isAsStored(value: unknown, stored: unknown): boolean {
  if (typeof value !== 'object' || typeof stored !== 'object') return (value ?? null) === (stored ?? null);
  return isDeepStrictEqual(value, stored) || isDeepStrictEqual(asJson(value), asJson(stored));
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

function eventOf(closure: Closure, verdict: Verdict, context: ChangeContext): ClosureEvent {
  const to = verdict.set.status ?? closure.status;
  return {
    from: closure.status,
    to,
    at: context.now,
    cause: context.cause,
    detail: (to === closure.status ? verdict.note : verdict.detail) ?? null,
    actor: context.actor ?? null,
    correlationId: context.correlationId ?? closure.correlationId,
    providerRequestId: context.evidence?.requestId ?? null,
    evidence: evidenceOf(context.evidence ?? {}),
  };
}

/** The part that the audit trail keeps. */
function evidenceOf({ httpStatus, providerStatus, providerErrors, webhookEventId }: EventEvidence): EventEvidence | undefined {
  const kept = { httpStatus, providerStatus, providerErrors: providerErrors?.length ? providerErrors : undefined, webhookEventId };
  return Object.values(kept).some((value) => value !== undefined) ? kept : undefined;
}

/** What the store keeps of a finding. */
export function answerOf(finding: NonNullable<Verdict['findings']>[number], now: number): AttemptAnswer {
  return { number: finding.number, effect: finding.effect, answeredAt: now, evidence: finding.evidence };
}
