import type { Caller } from '../domain/caller';
import { type ClosureError, closureError, InputRefused } from '../domain/closure-error';
import type { Closure } from '../domain/closure';
import { isTerminal } from '../domain/closure-status';
import type { ClosureErrorCode } from '../domain/error-code';
import type { ClosureChange } from '../ports/store';
import type { Access } from './access';
import type { Admission } from './admission';
import type { EngineParts } from './driver';
import { checkCloseInput, type Intake, isRecordedInput } from './intake';
import { Group } from './group';
import { Quota } from './quota';
import { firstEvent, newClosure } from './new-closure';
import { canShowReopened, reopening } from './reopen';
import type { CloseAccountInput, CloseAccountResult } from './service';
import { within } from './within';
import type { Worker } from './worker';

/** A request that finds the store changed under it looks again so often before it gives up. */
const MAX_LOOKS = 5;
/** Those who are turned away are asked to come again within this, s. */
const LONGEST_RETRY_SECONDS = 5;

/** Records the intent of a close request durably, sets the work going and waits a moment for the first answer. */
export class CloseAccount {
  private readonly group: Group;
  private readonly quota: Quota;

  constructor(
    private readonly parts: EngineParts,
    private readonly access: Access,
    private readonly worker: Worker,
    private readonly admission: Admission,
  ) {
    this.group = new Group(parts);
    this.quota = new Quota(parts);
  }

  /** Never rejects: what the store leaves open is INTERNAL, and the same key finds out. */
  async run(caller: Caller, input: CloseAccountInput): Promise<CloseAccountResult> {
    const until = this.parts.clock.monotonic() + this.parts.settings.closeWaitMs;
    try {
      const intake = this.check(caller, input);
      const isFull = this.admission.isFull;
      return await this.admission.hold(async () => {
        if (intake instanceof InputRefused) return this.refuse(caller, input, intake, until);
        const refusal = await this.admission.aside(() => this.access.refusal(caller, 'close', intake.account, input.includeAccounts));
        if (refusal) return this.forbid(caller, input, intake, refusal, until);
        if (isFull) return this.turnAway(caller, input, intake, until, this.full());
        const { waitSeconds, release } = await this.quota.take(caller);
        try {
          if (waitSeconds !== null) return await this.turnAway(caller, input, intake, until, quotaUsed(waitSeconds));
          return await this.record(caller, input, intake, until, release);
        } finally {
          release();
        }
      });
    } catch (error) {
      this.parts.telemetry.alarm({ what: 'a close request could not be recorded', correlationId: caller.correlationId, error });
      return nothingRecorded(caller, 'INTERNAL', 'The request may or may not have been recorded; the same key finds out.', { retryAfterSeconds: 1 });
    }
  }

  private check(caller: Caller, input: CloseAccountInput): Intake | InputRefused {
    try {
      return checkCloseInput(this.parts.providers, caller, input);
    } catch (error) {
      if (error instanceof InputRefused) return error;
      throw error;
    }
  }

  /** What was recorded once is replayed even where it would be refused today. */
  private async refuse(caller: Caller, input: CloseAccountInput, refusal: InputRefused, until: number): Promise<CloseAccountResult> {
    const bound = await this.parts.store.byIdempotencyKey(caller.tenant, caller.subject, input.idempotencyKey);
    if (bound && isRecordedInput(input, bound)) return this.firstAnswer(bound, this.worker.underWay(bound.id), true, until);
    return nothingRecorded(caller, refusal.code, refusal.message, { field: ['input', ...refusal.field] });
  }

  /** What the caller was given once stays theirs to see. */
  private async forbid(caller: Caller, input: CloseAccountInput, intake: Intake, error: ClosureError, until: number): Promise<CloseAccountResult> {
    const bound = await this.parts.store.byIdempotencyKey(caller.tenant, caller.subject, input.idempotencyKey);
    return bound ? this.replay(caller, bound, intake, until) : { closure: null, error, replayed: false };
  }

  /** What was recorded before is still answered; nothing new is begun. */
  private async turnAway(caller: Caller, input: CloseAccountInput, intake: Intake, until: number, why: Refused): Promise<CloseAccountResult> {
    const bound = await this.parts.store.byIdempotencyKey(caller.tenant, caller.subject, input.idempotencyKey);
    if (bound) return this.replay(caller, bound, intake, until);
    this.parts.telemetry.overloaded({ provider: intake.provider.id, correlationId: caller.correlationId });
    return nothingRecorded(caller, 'OVERLOADED', why.message, { retryAfterSeconds: why.retryAfterSeconds });
  }

  private full(): Refused {
    // Not all at the same moment again.
    const retryAfterSeconds = 1 + Math.floor(LONGEST_RETRY_SECONDS * this.parts.random.fraction());
    return { message: 'The gateway is full. Nothing was recorded; the same key may be sent again.', retryAfterSeconds };
  }

  /**
   * @param until when the caller gets what is known by then, monotonic ms
   * @param onRecorded called when it is, or nothing is to be
   */
  private async record(caller: Caller, input: CloseAccountInput, intake: Intake, until: number, onRecorded: () => void): Promise<CloseAccountResult> {
    const { store } = this.parts;
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const previous = await store.byLockKey(caller.tenant, intake.provider.id, intake.lockKey);
      let also: ClosureChange | undefined;
      if (previous?.status === 'CLOSED' || input.includeAccounts) {
        // Nothing is asked of the provider for what is decided already.
        const bound = await store.byIdempotencyKey(caller.tenant, caller.subject, input.idempotencyKey);
        if (bound) return await this.replay(caller, bound, intake, until);
      }
      if (previous?.status === 'CLOSED') {
        also = await this.admission.aside(() => this.reopening(caller, previous, intake));
        if (!also) return inTheWay(caller, previous, 'ACCOUNT_ALREADY_CLOSED', 'The account was closed by an earlier closure.');
      } else if (previous && input.includeAccounts && !isTerminal(previous.status)) {
        return inProgress(caller, previous);
      }
      const intended = this.intended(caller, input, intake);
      const { parent: closure, children } = input.includeAccounts
        ? await this.admission.aside(() => this.group.withChildren(intended, intake.provider, this.left(until)))
        : { parent: intended, children: [] };
      const event = firstEvent(closure, 'REQUEST', caller.subject);
      const { result, work } = await this.worker.adopt(intake.provider.id, (lease) => store.record(closure, event, lease, { also, children, newest: previous }));
      if (result.kind !== 'stale') onRecorded();
      switch (result.kind) {
        case 'recorded': {
          if (also?.event) this.parts.telemetry.transition({ closureId: also.id, provider: intake.provider.id, ...also.event });
          this.parts.telemetry.transition({ closureId: closure.id, provider: intake.provider.id, ...event });
          await this.group.tell(closure, children);
          return await this.firstAnswer(result.closure, work, false, until);
        }
        case 'keyTaken':
          return await this.replay(caller, result.closure, intake, until);
        case 'accountTaken':
          return inProgress(caller, result.closure);
        case 'stale':
          break;
      }
    }
    throw new Error('The account changed with every look.');
  }

  private async replay(caller: Caller, closure: Closure, intake: Intake, until: number): Promise<CloseAccountResult> {
    if (closure.fingerprint !== intake.fingerprint) {
      return nothingRecorded(caller, 'IDEMPOTENCY_KEY_REUSED', 'The idempotency key was used before with another input.', {
        field: ['input', 'idempotencyKey'],
      });
    }
    return await this.firstAnswer(closure, this.worker.underWay(closure.id), true, until);
  }

  /** What is known after the work under way has ended, or when the caller's time is up; the work goes on without them. */
  private async firstAnswer(closure: Closure, work: Promise<void> | undefined, replayed: boolean, until: number): Promise<CloseAccountResult> {
    let latest: Closure = closure;
    if (work) {
      await this.admission.aside(() => within(work, this.left(until)));
      latest = (await this.parts.store.closures(closure.tenant, [closure.id]))[0] ?? closure;
    }
    const refused = latest.status === 'REJECTED' || latest.status === 'FAILED';
    return { closure: latest, error: refused ? latest.error : null, replayed };
  }

  private left(until: number): number {
    return Math.max(0, until - this.parts.clock.monotonic());
  }

  /** The change that ends an earlier closure whose account a read shows open again; undefined: it is closed still. */
  private async reopening(caller: Caller, previous: Closure, { provider }: Intake): Promise<ClosureChange | undefined> {
    if (!provider.adapter.capabilities.outcomeSources.includes('POLL')) return undefined;
    if (!canShowReopened(this.parts, provider, previous)) return undefined;
    const context = { correlationId: caller.correlationId, purpose: 'RECONCILE', blockers: false } as const;
    const read = await provider.adapter.readAccount(previous.account, context);
    if (!read.ok || read.state !== 'OPEN') return undefined;
    const detail = 'A new request was made, and a read shows the account open again.';
    return reopening(this.parts, previous, detail, { correlationId: caller.correlationId, evidence: read });
  }

  private intended(caller: Caller, input: CloseAccountInput, intake: Intake): Closure {
    const now = this.parts.clock.now();
    const intent = {
      id: this.parts.random.id(),
      tenant: caller.tenant,
      subject: caller.subject,
      idempotencyKey: input.idempotencyKey,
      fingerprint: intake.fingerprint,
      account: intake.account,
      lockKey: intake.lockKey,
      reason: input.reason,
      reasonText: intake.reasonText,
      reasonMapping: intake.reasonMapping,
      initiator: input.initiator,
      announceOnly: input.announceOnly,
      liquidatePositions: input.liquidatePositions,
      includeAccounts: input.includeAccounts,
      correlationId: caller.correlationId,
      requestedAt: now,
    };
    return newClosure(intent, { status: 'REQUESTED', dueAt: now });
  }
}

interface Refused {
  message: string;
  retryAfterSeconds: number;
}

function quotaUsed(retryAfterSeconds: number): Refused {
  return { message: 'As many closings as are allowed in an hour were asked for. Nothing was recorded; the same key may be sent again.', retryAfterSeconds };
}

function nothingRecorded(
  caller: Caller,
  code: ClosureErrorCode,
  message: string,
  details: { field?: string[]; retryAfterSeconds?: number },
): CloseAccountResult {
  return { closure: null, error: closureError(code, message, caller.correlationId, details), replayed: false };
}

function inProgress(caller: Caller, closure: Closure): CloseAccountResult {
  return inTheWay(caller, closure, 'CLOSURE_IN_PROGRESS', 'Another closure of the account is live.');
}

function inTheWay(caller: Caller, closure: Closure, code: ClosureErrorCode, message: string): CloseAccountResult {
  return { closure, error: closureError(code, message, caller.correlationId, { provider: closure.account.provider }), replayed: false };
}
