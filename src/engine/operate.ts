import { type Caller, mayOperate } from '../domain/caller';
import { closureError } from '../domain/closure-error';
import { type Closure, type EventCause, isBeingSent, mayBeApplied } from '../domain/closure';
import { canBecome, type ClosureStatus, isTerminal, isUnderWay } from '../domain/closure-status';
import type { ClosureErrorCode } from '../domain/error-code';
import type { Evidence } from '../domain/outcome';
import { isSensitive } from '../domain/reason';
import { judgeRead } from '../domain/rules/read';
import { errorOf, type Finding, type Situation, type Verdict } from '../domain/rules/situation';
import type { AccountAction } from '../ports/account-policy';
import type { Alias, ClosureChange } from '../ports/store';
import type { Access } from './access';
import { changeOf } from './change';
import { aliasesOf, type EngineParts, factsFor } from './driver';
import { mayUse } from './intake';
import type { Reader } from './reader';
import { reportChange } from './report';
import { type ClosureResult, PolicyUnanswered, type Resolution, type ResolveClosureInput } from './service';
import type { Worker } from './worker';

/** A writer without a claim that keeps losing to others gives up after so many looks. */
const MAX_LOOKS = 5;
const MAX_NOTE_LENGTH = 1_000;

interface Decision {
  verdict: Verdict;
  cause: EventCause;
  actor?: string;
  aliases?: Alias[];
  evidence?: Evidence;
  /** What must hold in the same commit. */
  also?: ClosureChange[];
}

type Decided = Decision | NonNullable<ClosureResult['error']>;

/** Refresh, cancel and resolve: writers without a claim, each write compared with the version it was decided on. */
export class Operate {
  constructor(
    private readonly parts: EngineParts,
    private readonly access: Access,
    private readonly worker: Worker,
    private readonly reader: Reader,
  ) {}

  /** Reads the account now. A closure with nothing left to learn is returned as it is. */
  async refresh(caller: Caller, id: string): Promise<ClosureResult> {
    const found = await this.findFor(caller, 'refresh', id);
    if (found.error !== null || !found.closure) return found;
    const { closure } = found;
    const provider = this.parts.providers.find(closure.account.provider);
    const settled = isTerminal(closure.status) && closure.status !== 'CLOSED';
    if (settled || closure.announceOnly) return { closure, error: null };
    if (!provider || !mayUse(caller, provider)) {
      return { closure, error: failure(caller, 'UNKNOWN_PROVIDER', 'The provider is not configured any more.', closure) };
    }
    if (!provider.adapter.capabilities.outcomeSources.includes('POLL')) {
      return { closure, error: failure(caller, 'UNSUPPORTED_BY_PROVIDER', 'Accounts of the provider cannot be read.', closure) };
    }
    // An older read than the closure's last change would be evidence of how things were before it.
    const { read, at } = await this.reader.read(provider, closure.account, caller.correlationId, closure.updatedAt);
    const aliases = aliasesOf(provider, read);
    const after = await this.decide(caller, closure, (situation) => ({
      verdict: onlyNews(judgeRead(situation, read, { ...factsFor(provider, this.parts), now: at })),
      cause: 'POLL',
      aliases,
      evidence: read,
    }));
    const error = read.ok
      ? null
      : closureError(read.code, read.message, caller.correlationId, {
          provider: provider.id,
          providerErrors: read.providerErrors ?? [],
          providerRequestId: read.requestId,
          retryAfterSeconds: read.retryAfterMs === undefined ? undefined : Math.ceil(read.retryAfterMs / 1000),
        });
    return { closure: after.closure, error: after.error ?? error };
  }

  /**
   * Withdraws a closure while every request so far is proven without effect. With a group's closure go those that were
   * recorded for its accounts and that the caller may withdraw, in one commit: as long as nothing of all that was asked
   * for is on its way.
   */
  async cancel(caller: Caller, id: string): Promise<ClosureResult> {
    const found = await this.findFor(caller, 'cancel', id);
    if (found.error !== null || !found.closure) return found;
    const { closure } = found;
    if (!mayWithdraw(caller, closure)) return { closure, error: notCancellable(caller, closure) };
    return this.decide(caller, closure, async (situation) => {
      const [children = []] = situation.closure.includeAccounts ? await this.parts.store.children(caller.tenant, [id]) : [];
      const own = children.filter((child) => child.idempotencyKey === null && mayWithdraw(caller, child));
      const ofOwn = await Promise.all(own.map(async (child) => ({ closure: child, attempts: await this.parts.store.attempts(child.id) })));
      if (!isWithdrawable(situation) || !ofOwn.every((one) => isWithdrawable(one) || isWithoutEffect(one))) {
        return notCancellable(caller, situation.closure);
      }
      const withdrawn: Decision = { verdict: WITHDRAWN, cause: 'REQUEST', actor: caller.subject };
      const live = ofOwn.filter(isWithdrawable);
      return { ...withdrawn, also: live.map((one) => this.change(caller, one.closure, withdrawn)) };
    });
  }

  /** A person settles a closure that reconciliation gave up on. */
  async resolve(caller: Caller, input: ResolveClosureInput): Promise<ClosureResult> {
    const note = input.note.trim();
    const closure = await this.find(caller, input.closureId);
    if (!closure) return notFound(caller);
    if (note.length === 0 || note.length > MAX_NOTE_LENGTH || /\p{Cc}/u.test(note)) {
      const message = `The note must be 1 to ${MAX_NOTE_LENGTH} characters without control characters.`;
      return { closure, error: closureError('INVALID_INPUT', message, caller.correlationId, { field: ['input', 'note'] }) };
    }
    return this.decide(caller, closure, (situation) => {
      if (situation.closure.status !== 'NEEDS_REVIEW') {
        return failure(caller, 'CLOSURE_NOT_RESOLVABLE', "The closure does not wait for a person's decision.", situation.closure);
      }
      if (situation.closure.version !== input.expectedVersion) {
        const message = `The closure is at version ${situation.closure.version} now; read it again before you decide.`;
        return closureError('INVALID_INPUT', message, caller.correlationId, { field: ['input', 'expectedVersion'] });
      }
      return { verdict: this.settledBy(situation, input.outcome, note), cause: 'OPERATOR', actor: caller.subject };
    });
  }

  private settledBy(situation: Situation, outcome: Resolution, note: string): Verdict {
    const status: ClosureStatus = outcome === 'RETRY' ? 'REQUESTED' : outcome;
    const message = status === 'REJECTED' ? 'A person settled it as refused.' : 'A person settled it as failed.';
    const failed = status === 'REJECTED' || status === 'FAILED';
    return {
      set: {
        status,
        error: failed ? errorOf(situation, 'MANUAL_INTERVENTION_REQUIRED', message) : null,
        pendingRead: null,
        // What was seen of the request so far says nothing about the next one.
        ...(outcome === 'RETRY' && { closingSeenAt: null, openSeenAt: null, notFoundSince: null }),
        ...(status === 'CLOSED' && { closedAt: this.parts.clock.now(), blockers: [] }),
      },
      detail: note,
      findings: outcome === 'RETRY' ? situation.attempts.filter(mayBeApplied).map(setAside) : undefined,
      next: outcome === 'RETRY' ? { kind: 'now' } : { kind: 'never' },
    };
  }

  private async find(caller: Caller, id: string): Promise<Closure | null> {
    return (await this.parts.store.closures(caller.tenant, [id]))[0] ?? null;
  }

  /** Not found is one that the caller may not see, too. */
  private async findFor(caller: Caller, action: AccountAction, id: string): Promise<ClosureResult> {
    try {
      const found = await this.find(caller, id);
      const [closure] = await this.access.visible(caller, [found], found ? [] : [id]);
      return closure ? { closure, error: await this.access.refusalFor(caller, action, closure) } : notFound(caller);
    } catch (error) {
      if (error instanceof PolicyUnanswered) return { closure: null, error: this.access.untold(caller) };
      throw error;
    }
  }

  private change(caller: Caller, closure: Closure, decision: Decision): ClosureChange {
    const { clock, random, settings } = this.parts;
    const guard = { version: closure.version };
    return changeOf(closure, decision.verdict, { ...decision, guard, lease: 'release', correlationId: caller.correlationId, now: clock.now(), settings, random });
  }

  /** Decides on what is stored now, and again when somebody else wrote in between. */
  private async decide(
    caller: Caller,
    first: Closure,
    decision: (situation: Situation) => Decided | Promise<Decided>,
  ): Promise<ClosureResult> {
    const { store, clock, telemetry } = this.parts;
    let closure: Closure | null = first;
    for (let look = 0; look < MAX_LOOKS && closure; look += 1) {
      const attempts = await store.attempts(closure.id);
      const decided = await decision({ closure, attempts });
      if (!('verdict' in decided)) return { closure, error: decided };
      const change = this.change(caller, closure, decided);
      // A write ends the claim of whoever works on the closure: not for nothing, and not while a request is on its way.
      const { dueAt, quietSteps: _unchanged, ...rest } = change.set;
      const news = dueAt !== closure.dueAt || Object.keys(rest).length > 0 || (decided.aliases?.length ?? 0) > 0;
      if (!change.event && (!news || isBeingSent(attempts, clock.now()))) return { closure, error: null };
      const after = await store.commit(change);
      if (after) {
        reportChange(telemetry, closure, after, change.event);
        for (const { id, event } of decided.also ?? []) if (event) telemetry.transition({ closureId: id, provider: closure.account.provider, ...event });
        this.worker.wake();
        return { closure: after, error: null };
      }
      closure = await this.find(caller, first.id);
    }
    return { closure, error: failure(caller, 'INTERNAL', 'The closure changed with every look.', first) };
  }
}

const WITHDRAWN: Verdict = { set: { status: 'CANCELLED', error: null, pendingRead: null, blockers: [] }, next: { kind: 'never' } };

/** What is under way at the provider without a request of ours is somebody else's to withdraw. */
function isWithdrawable({ closure: { status, closingSeenAt }, attempts }: Situation): boolean {
  return canBecome(status, 'CANCELLED') && !isUnderWay(status) && closingSeenAt === null && !attempts.some(mayBeApplied);
}

/** Nothing was closed by it: it ended, and the account is as it was, or somebody else closes the account. */
function isWithoutEffect({ closure: { status }, attempts }: Situation): boolean {
  return attempts.length === 0 || (isTerminal(status) && status !== 'CLOSED' && status !== 'REOPENED');
}

/** A person's word: the request no longer counts. */
function setAside({ number }: { number: number }): Finding {
  return { number, effect: 'SET_ASIDE' };
}

/**
 * A look in between leaves the schedule alone: it neither sends before a provider's Retry-After nor puts off a try
 * that is due. Where another request may leave, the worker is given the closure at once.
 */
function onlyNews(verdict: Verdict): Verdict {
  const waits = verdict.next.kind === 'retry' || verdict.next.kind === 'poll' || verdict.next.kind === 'slow';
  return verdict.set.status === undefined && waits ? { ...verdict, next: { kind: 'asBefore' } } : verdict;
}

/** Who may not open such a closure may not withdraw it; in the same words as when it is too late, which tell nobody why. */
function mayWithdraw(caller: Caller, { reason, initiator }: Closure): boolean {
  return mayOperate(caller) || (initiator === 'HOLDER' && !isSensitive(reason));
}

function notCancellable(caller: Caller, closure: Closure) {
  return failure(caller, 'CLOSURE_NOT_CANCELLABLE', 'The provider may have been told already, or the closure has ended.', closure);
}

function notFound(caller: Caller): ClosureResult {
  return { closure: null, error: closureError('CLOSURE_NOT_FOUND', 'There is no such closure.', caller.correlationId) };
}

function failure(caller: Caller, code: ClosureErrorCode, message: string, closure: Closure) {
  return closureError(code, message, caller.correlationId, { provider: closure.account.provider });
}

