import { randomUUID } from 'node:crypto';
import type { Closure, EventCause, Liquidation } from '../domain/closure';
import type { LiquidationOutcome, SalesRead } from '../domain/liquidation';
import type { Evidence } from '../domain/outcome';
import { judgeSaleAnswer, judgeSales, saleStep } from '../domain/rules/liquidation';
import type { Facts, Verdict } from '../domain/rules/situation';
import type { ConfiguredProvider, ProviderLiquidation } from '../ports/provider';
import type { Claimed } from '../ports/store';
import { changeOf } from './change';
import type { EngineParts } from './driver';
import { reportChange } from './report';
import { checkLease, ClaimLost, commitMark, reportThrown, SendDeadlinePassed } from './send';
import { leaseMs } from './settings';

/** What came of looking after a sale, to be committed. */
export interface SaleLook {
  situation: Claimed;
  verdict: Verdict;
  cause: EventCause;
  evidence: Evidence;
  /** Where a request was answered: what the answer makes of the closure as it is stored now. */
  judgeAgain?: (closure: Closure) => Verdict | null;
}

/** How often a late answer is weighed again when others keep writing. */
const MAX_LATE_LOOKS = 3;

/**
 * The sale of an account's positions: one request, marked durably before its first byte, listed before it is sent
 * again, and followed to its end.
 */
export class Sales {
  constructor(private readonly parts: EngineParts) {}

  /**
   * One request to the provider: to sell, or for its list of sales. Null: nothing was sent, and the claim is let go.
   * @param resend true right after a list that allowed another request
   * @throws ClaimLost when the mark finds the claim gone; nothing was sent
   */
  async look(claimed: Claimed, provider: ConfiguredProvider, facts: Facts, resend: boolean): Promise<SaleLook | null> {
    const { liquidation } = provider.adapter;
    if (liquidation && saleStep(claimed, facts, resend) === 'send') return this.send(claimed, provider, liquidation, facts);
    const read = liquidation ? await this.list(claimed.closure, provider, liquidation) : SELLS_NO_MORE;
    const closure = { ...claimed.closure, liquidation: claimed.closure.liquidation ?? this.unsent(randomUUID()) };
    return { situation: claimed, verdict: judgeSales({ ...claimed, closure }, read, facts), cause: 'POLL', evidence: read };
  }

  /** Commits a look. An answer that finds the claim gone is weighed against what is stored now; the loss is thrown all the same. */
  async keeping(look: SaleLook, commit: () => Promise<Claimed>): Promise<Claimed> {
    try {
      return await commit();
    } catch (error) {
      if (error instanceof ClaimLost) await this.keepLate(look);
      throw error;
    }
  }

  /** A bug in the adapter must not keep the closing from going on. */
  private async list({ id, account, correlationId }: Closure, provider: ConfiguredProvider, liquidation: ProviderLiquidation): Promise<SalesRead> {
    try {
      return await liquidation.list(account, { correlationId, purpose: 'POLL' });
    } catch (error) {
      this.parts.telemetry.alarm({ what: 'an adapter threw', provider: provider.id, closureId: id, correlationId, error });
      return { ok: false, code: 'INTERNAL', message: 'The gateway failed while it listed the sales of the account.' };
    }
  }

  /** A sale of which no request was marked yet. */
  private unsent(idempotencyKey: string): Liquidation {
    const now = this.parts.clock.now();
    return { stage: 'WAITING', idempotencyKey, markedAt: now, notBefore: now };
  }

  private async send(claimed: Claimed, provider: ConfiguredProvider, liquidation: ProviderLiquidation, facts: Facts): Promise<SaleLook | null> {
    const { clock, settings } = this.parts;
    const { id, fence, account, correlationId } = claimed.closure;
    const before = claimed.closure.liquidation;
    const idempotencyKey = before?.idempotencyKey ?? randomUUID();
    let situation = claimed;

    const beforeFirstByte = async (): Promise<void> => {
      const started = clock.monotonic();
      const markedAt = clock.now();
      const marked: Liquidation = {
        ...before,
        stage: 'MARKED',
        idempotencyKey,
        markedAt,
        doubtSince: before?.doubtSince ?? markedAt,
        notBefore: markedAt + provider.deadlineMs + facts.visibilityLagMs,
      };
      // Visible, so that no writer goes on from what it read before the mark.
      const set = { liquidation: marked, updatedAt: markedAt };
      const after = await commitMark(this.parts, { id, guard: { fence }, set, visible: true, lease: leaseMs(settings) });
      situation = { ...claimed, closure: after };
      checkLease(this.parts, provider, started);
    };

    const answered = (outcome: LiquidationOutcome): SaleLook => this.answered(situation, situation !== claimed, idempotencyKey, outcome, facts);
    try {
      return answered(await liquidation.request({ account, idempotencyKey, correlationId }, { beforeFirstByte }));
    } catch (error) {
      if (error instanceof ClaimLost) throw error;
      if (error instanceof SendDeadlinePassed) return this.takeBack(situation.closure, before);
      reportThrown(this.parts, claimed.closure, error);
      return answered(afterThrow(situation !== claimed));
    }
  }

  /** @param left whether the request was marked; else something that it needs could not be had */
  private answered(situation: Claimed, left: boolean, idempotencyKey: string, outcome: LiquidationOutcome, facts: Facts): SaleLook {
    const now = this.parts.clock.now();
    const { closure } = situation;
    const begun = closure.liquidation ?? this.unsent(idempotencyKey);
    const judge = (stored: Closure): Verdict => judgeSaleAnswer({ ...situation, closure: stored }, left, outcome, { ...facts, now });
    const isNewest = ({ liquidation }: Closure): boolean => liquidation?.stage === 'MARKED' && liquidation.markedAt === begun.markedAt;
    return {
      situation,
      verdict: judge({ ...closure, liquidation: begun }),
      cause: 'RESPONSE',
      evidence: outcome,
      judgeAgain: (stored) => (left && isNewest(stored) ? judge(stored) : null),
    };
  }

  /** Proven not sent, and due again at once for whoever claims it next. */
  private async takeBack({ id, fence }: Closure, liquidation: Liquidation | null): Promise<null> {
    const { store, clock } = this.parts;
    const after = await store.commit({ id, guard: { fence }, set: { liquidation, dueAt: clock.now() }, visible: false, lease: 'release' });
    if (!after) throw new ClaimLost();
    return null;
  }

  private async keepLate({ situation, cause, evidence, judgeAgain }: SaleLook): Promise<void> {
    const { store, clock, random, settings, telemetry } = this.parts;
    const { id, tenant } = situation.closure;
    for (let look = 0; look < MAX_LATE_LOOKS; look += 1) {
      const [closure] = await store.closures(tenant, [id]);
      const verdict = closure && judgeAgain?.(closure);
      if (!closure || !verdict) return;
      const guard = { version: closure.version };
      const change = changeOf(closure, verdict, { guard, lease: 'release', cause, evidence, now: clock.now(), settings, random });
      const after = await store.commit(change);
      if (after) return reportChange(telemetry, closure, after, change.event);
    }
  }
}

/** As the list of a provider that was changed while a sale was under way. */
const SELLS_NO_MORE: SalesRead = { ok: false, code: 'UNSUPPORTED_BY_PROVIDER', message: 'The gateway cannot follow sales of positions at this provider any more.' };

/** A bug after the mark leaves the request in doubt; before it, nothing has left. */
function afterThrow(left: boolean): LiquidationOutcome {
  return left
    ? { kind: 'unknown', detail: 'The gateway failed while it waited for the answer.' }
    : { kind: 'notApplied', code: 'INTERNAL', message: 'The gateway could not prepare the request.' };
}
