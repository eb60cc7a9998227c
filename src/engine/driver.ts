import { lockKey } from '../domain/account';
import type { Closure, EventCause } from '../domain/closure';
import { isUnderWay } from '../domain/closure-status';
import { findingOf, judgeAnswer } from '../domain/rules/answer';
import { type Looks, nextStep } from '../domain/rules/next-step';
import { judgeRead } from '../domain/rules/read';
import type { Facts, Situation, Verdict } from '../domain/rules/situation';
import { unchanged } from '../domain/rules/situation';
import type { AccountRead, CloseOutcome } from '../domain/outcome';
import type { AccountPolicy } from '../ports/account-policy';
import type { Clock, Randomness } from '../ports/clock';
import type { ConfiguredProvider, ProviderRegistry } from '../ports/provider';
import type { Alias, Claimed, ClosureStore } from '../ports/store';
import type { Telemetry } from '../ports/telemetry';
import { answerOf, type ChangeContext, changeOf } from './change';
import { Group } from './group';
import { Sales } from './liquidation';
import type { Pace } from './pace';
import { reportChange } from './report';
import { ClaimLost, sendClose } from './send';
import { type EngineSettings, leaseMs } from './settings';

export interface EngineParts {
  store: ClosureStore;
  providers: ProviderRegistry;
  clock: Clock;
  random: Randomness;
  telemetry: Telemetry;
  policy: AccountPolicy;
  settings: EngineSettings;
}

/** No claim needs more steps than this; a bug in the rules must not spin. */
const MAX_STEPS = 8;
/** How often a late answer is weighed again when others keep writing. */
const MAX_LATE_LOOKS = 3;

/** The world as the rules see it, for one provider at one moment. */
export function factsFor(provider: ConfiguredProvider, parts: Pick<EngineParts, 'clock' | 'settings'>): Facts {
  const { capabilities, liquidation } = provider.adapter;
  return {
    now: parts.clock.now(),
    visibilityLagMs: capabilities.visibilityLagMs,
    horizonMs: parts.settings.reconcileHorizonMs,
    reopenGraceMs: parts.settings.reopenGraceMs,
    canRead: capabilities.outcomeSources.includes('POLL'),
    alreadyClosedDistinct: capabilities.alreadyClosedDistinct,
    sellableKinds: liquidation ? capabilities.kinds.filter((kind) => kind.liquidatePositions).map(({ kind }) => kind) : [],
  };
}

/** The other names of the account that a read revealed. */
export function aliasesOf(provider: ConfiguredProvider, read: AccountRead): Alias[] {
  if (!read.ok) return [];
  return read.aliases.map((account) => ({ account, lockKey: lockKey(account, provider.adapter.capabilities.kindsShareIds) }));
}

/** What the driver of a worker has beside the engine's parts. */
export interface Reins {
  pace: Pace;
  /** Where it has fired, a claim is let go before its next step. */
  stop: AbortSignal;
}

/** Works on one claimed closure until it has to wait. Every write is fenced by the claim. */
export class Driver {
  private readonly group: Group;
  private readonly sales: Sales;

  constructor(
    private readonly parts: EngineParts,
    private readonly reins: Reins,
  ) {
    this.group = new Group(parts);
    this.sales = new Sales(parts);
  }

  /** Never rejects: what goes wrong leaves the closure to its next claim. */
  async drive(claimed: Claimed): Promise<void> {
    const { closure } = claimed;
    try {
      const provider = this.parts.providers.find(closure.account.provider);
      await (provider ? this.work(claimed, provider) : this.setAside(claimed));
    } catch (error) {
      if (error instanceof ClaimLost) return;
      this.parts.telemetry.alarm({
        what: 'work on a closure stopped',
        provider: closure.account.provider,
        closureId: closure.id,
        correlationId: closure.correlationId,
        error,
      });
    }
  }

  /** Its provider is not configured any more: nothing can be asked until it is again. */
  private async setAside(claimed: Claimed): Promise<void> {
    this.parts.telemetry.alarm({
      what: 'a closure waits for a provider that is not configured',
      provider: claimed.closure.account.provider,
      closureId: claimed.closure.id,
    });
    const { clock, settings } = this.parts;
    await this.apply(claimed, unchanged({ kind: 'at', at: clock.now() + settings.pollMinMs }), 'TIMER');
  }

  private async work(claimed: Claimed, provider: ConfiguredProvider): Promise<void> {
    let situation: Situation & Claimed = claimed;
    const looks: Looks = { resend: false, saleSeen: false, gathered: false };
    let tokenRefused = false;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      // Due as before, so that whoever claims next takes it up at once.
      if (this.reins.stop.aborted) return void (await this.apply(situation, unchanged({ kind: 'asBefore' }), 'TIMER'));
      const facts = factsFor(provider, this.parts);
      const todo = nextStep(situation, facts, looks);
      let verdict: Verdict;
      if (todo.do === 'settle') {
        verdict = todo.verdict;
        situation = await this.apply(situation, verdict, 'TIMER');
      } else if (todo.do === 'read') {
        const { account, correlationId, status, pendingRead } = situation.closure;
        const purpose = status === 'UNCONFIRMED' && !pendingRead ? 'RECONCILE' : 'POLL';
        // They explain a refusal, and are shown on what is under way; anywhere else they decide nothing.
        const blockers = pendingRead !== null || isUnderWay(status);
        const read = await provider.adapter.readAccount(account, { correlationId, purpose, blockers });
        this.reins.pace.note(provider.id, read);
        verdict = judgeRead(situation, read, facts);
        situation = await this.apply(situation, verdict, 'POLL', { evidence: read, aliases: aliasesOf(provider, read) });
      } else if (todo.do === 'gather') {
        const { children, ...gathered } = await this.group.gather(situation, provider, facts);
        verdict = gathered.verdict;
        situation = await this.apply(situation, verdict, 'TIMER', { evidence: gathered.evidence, children });
        await this.group.tell(situation.closure, children);
        if (verdict.next.kind !== 'now') return;
        looks.gathered = true;
        continue;
      } else if (todo.do === 'liquidate') {
        const look = await this.sales.look(situation, provider, facts, looks.resend);
        if (!look) return;
        verdict = look.verdict;
        looks.saleSeen = !verdict.resend;
        situation = await this.sales.keeping(look, () => this.apply(look.situation, verdict, look.cause, { evidence: look.evidence }));
      } else {
        const sent = await sendClose(this.parts, provider, situation, { freshToken: tokenRefused, stop: this.reins.stop });
        situation = sent.situation;
        if (sent.kind === 'notSent') return;
        this.reins.pace.note(provider.id, sent.outcome);
        verdict = judgeAnswer(situation, sent.attempt, sent.outcome, factsFor(provider, this.parts));
        // A refused token is the gateway's own trouble: one forced refresh, one resend, each its own attempt.
        const refresh: boolean = sent.outcome.kind === 'authFailed' && !tokenRefused;
        if (refresh) verdict = { ...verdict, next: { kind: 'now' } };
        tokenRefused = refresh;
        situation = await this.applyAnswer(situation, provider, sent.attempt, sent.outcome, verdict);
        looks.resend = refresh;
        if (refresh) continue;
      }
      if (verdict.next.kind !== 'now') return;
      looks.resend = verdict.resend ?? false;
    }
    await this.apply(situation, unchanged({ kind: 'retry' }), 'TIMER');
  }

  private async applyAnswer(
    situation: Claimed,
    provider: ConfiguredProvider,
    attempt: number | null,
    outcome: CloseOutcome,
    verdict: Verdict,
  ): Promise<Claimed> {
    try {
      return await this.apply(situation, verdict, 'RESPONSE', { evidence: outcome });
    } catch (error) {
      // Where the commit failed, whether or not it was done: what the provider said is not to be asked for again.
      if (attempt !== null) await this.applyLate(situation.closure, provider, attempt, outcome);
      throw error;
    }
  }

  /**
   * An answer that finds the claim gone, or could not be written, is weighed against what is stored now, as any writer without a claim does.
   * Where the closure has moved on, it is kept as evidence of its attempt only.
   */
  private async applyLate({ id, tenant }: Closure, provider: ConfiguredProvider, attempt: number, outcome: CloseOutcome): Promise<void> {
    const { store, clock, random, settings, telemetry } = this.parts;
    for (let look = 0; look < MAX_LATE_LOOKS; look += 1) {
      const [closure] = await store.closures(tenant, [id]);
      if (!closure || (closure.status !== 'REQUESTED' && closure.status !== 'UNCONFIRMED')) break;
      const situation = { closure, attempts: await store.attempts(id) };
      const change = changeOf(closure, judgeAnswer(situation, attempt, outcome, factsFor(provider, this.parts)), {
        guard: { version: closure.version },
        lease: 'release',
        cause: 'RESPONSE',
        evidence: outcome,
        now: clock.now(),
        settings,
        random,
      });
      const after = await store.commit(change);
      if (after) return reportChange(telemetry, closure, after, change.event);
    }
    await store.recordLateAnswer(id, answerOf(findingOf(attempt, outcome), clock.now()));
  }

  /** @throws ClaimLost when somebody else wrote since the claim */
  private async apply(
    claimed: Claimed,
    verdict: Verdict,
    cause: EventCause,
    seen: Pick<ChangeContext, 'evidence' | 'aliases' | 'children'> = {},
  ): Promise<Claimed> {
    const { store, clock, random, settings, telemetry } = this.parts;
    const change = changeOf(claimed.closure, verdict, {
      guard: { fence: claimed.closure.fence },
      lease: verdict.next.kind === 'now' ? leaseMs(settings) : 'release',
      cause,
      ...seen,
      now: clock.now(),
      settings,
      random,
    });
    const after = await store.commit(change);
    if (!after) throw new ClaimLost();
    reportChange(telemetry, claimed.closure, after, change.event);
    return { closure: after, attempts: withFindings(claimed, verdict, clock.now()) };
  }
}

function withFindings({ attempts }: Claimed, verdict: Verdict, now: number): Claimed['attempts'] {
  return attempts.map((attempt) => {
    const finding = verdict.findings?.find(({ number }) => number === attempt.number);
    return finding ? { ...attempt, effect: finding.effect, answeredAt: now, evidence: finding.evidence ?? attempt.evidence } : attempt;
  });
}
