import { type AccountRef, closureRef, lockKey } from '../domain/account';
import type { Closure, ClosureReport } from '../domain/closure';
import { isTerminal } from '../domain/closure-status';
import { judgeNews, type News } from '../domain/rules/news';
import type { Facts } from '../domain/rules/situation';
import type { ConfiguredProvider, ProviderWebhooks, WebhookDelivery, WebhookNews } from '../ports/provider';
import type { EventOutcome, InboxEvent, ListFilter } from '../ports/store';
import { changeOf } from './change';
import { type EngineParts, factsFor } from './driver';
import { firstEvent, newClosure } from './new-closure';
import { reportChange } from './report';
import { dueAt } from './schedule';
import { leaseMs } from './settings';
import type { Worker } from './worker';

/** What became of a delivery: `unknown` where no such provider sends any. */
export type DeliveryResult = 'kept' | 'refused' | 'unavailable' | 'unknown';

const BATCH = 50;
/** A write that keeps losing to others gives up after so many looks. */
const MAX_LOOKS = 10;
/** How often events that another process left are looked for, and after trouble with the store or with one event, ms. */
const LOOK_EVERY_MS = 5_000;

/** Webhooks: verified, kept durably, answered, and only then applied. */
export class Webhooks {
  private applying: Promise<void> | null = null;
  /** Events were kept since the run under way began; it may not see them. */
  private again = false;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;
  /** Events that could not be applied, by provider and id: claimed here still, and tried again at that time (monotonic, ms). */
  private readonly failed = new Map<string, { event: InboxEvent; at: number }>();

  constructor(
    private readonly parts: EngineParts,
    private readonly worker: Worker,
  ) {}

  /** Takes up what was kept and not applied. */
  start(): void {
    this.apply();
  }

  async drain(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.applying;
  }

  /** @throws when the store does not keep the events: the sender must come again */
  async receive(providerId: string, delivery: WebhookDelivery): Promise<DeliveryResult> {
    const { providers, store, clock, telemetry } = this.parts;
    const provider = providers.find(providerId);
    const webhooks = provider?.adapter.webhooks;
    if (!webhooks) return 'unknown';
    const receipt = await webhooks.receive(delivery);
    if (receipt.kind !== 'verified') {
      telemetry.alarm({ what: `a webhook was ${receipt.kind}`, provider: providerId, error: new Error(receipt.reason) });
      return receipt.kind;
    }
    await store.keepEvents(providerId, receipt.events, clock.now());
    this.apply();
    return 'kept';
  }

  /** Applies what is kept, one run at a time. */
  private apply(): void {
    if (this.stopping) return;
    this.again = this.applying !== null;
    if (this.again) return;
    clearTimeout(this.timer);
    this.applying = this.applyAll()
      .catch((error: unknown) => this.notApplied(error))
      .finally(() => {
        this.applying = null;
        if (this.again) this.apply();
        else if (!this.stopping) this.timer = setTimeout(() => this.apply(), LOOK_EVERY_MS).unref();
      });
  }

  private async applyAll(): Promise<void> {
    const { store, clock, settings } = this.parts;
    const now = clock.monotonic();
    await this.applyEach([...this.failed.values()].flatMap(({ event, at }) => (at <= now ? [event] : [])));
    for (;;) {
      const events = await store.claimEvents(BATCH, leaseMs(settings));
      await this.applyEach(events);
      if (events.length < BATCH || this.failed.size >= BATCH || this.stopping) return;
    }
  }

  /** Never rejects: an event that fails holds no other one up. */
  private async applyEach(events: readonly InboxEvent[]): Promise<void> {
    const { store, clock } = this.parts;
    const errors: unknown[] = [];
    for (const event of events) {
      const key = `${event.provider} ${event.id}`;
      try {
        await store.settleEvent(event.provider, event.id, await this.applyOne(event));
        this.failed.delete(key);
      } catch (error) {
        this.failed.set(key, { event, at: clock.monotonic() + LOOK_EVERY_MS });
        errors.push(error);
      }
    }
    // Mostly they have one cause.
    if (errors.length > 0) this.notApplied(errors[0]);
  }

  private notApplied(error: unknown): void {
    this.parts.telemetry.alarm({ what: 'kept webhooks could not be applied', error });
  }

  private async applyOne(event: InboxEvent): Promise<EventOutcome> {
    const provider = this.parts.providers.find(event.provider);
    const webhooks = provider?.adapter.webhooks;
    if (!provider || !webhooks) return 'IGNORED';
    const news = this.read(webhooks, event);
    if (!news) return 'UNREADABLE';
    if (news.kind === 'other') return 'IGNORED';
    const key = lockKey(news.account, provider.adapter.capabilities.kindsShareIds);
    const closures = await this.parts.store.newestOfAccount(provider.id, key);
    const mine = closures.filter(({ tenant }) => provider.tenants === '*' || provider.tenants.has(tenant));
    for (const closure of mine) {
      await (news.kind === 'report' ? this.attachToAll(closure, news.report) : this.tell(provider, closure, news, event.id));
    }
    return mine.length > 0 ? 'APPLIED' : 'IGNORED';
  }

  private read(webhooks: ProviderWebhooks, event: InboxEvent): WebhookNews | null {
    try {
      return webhooks.read(event);
    } catch (error) {
      this.parts.telemetry.alarm({ what: 'a webhook event cannot be read', provider: event.provider, error });
      return null;
    }
  }

  /** Until it is written or says nothing any more: others write at the same time. */
  private async tell(provider: ConfiguredProvider, first: Closure, news: News & { account: AccountRef }, eventId: string): Promise<void> {
    const { store, clock, random, settings, telemetry } = this.parts;
    let closure: Closure | undefined = first;
    for (let look = 0; look < MAX_LOOKS && closure; look += 1) {
      const facts = factsFor(provider, this.parts);
      const heard: News = facts.canRead && (await this.isOfEarlier(closure, news, facts)) ? { ...news, kind: 'changed' } : news;
      const judged = judgeNews({ closure, attempts: await store.attempts(closure.id) }, heard, facts);
      if (judged === null) return;
      if (judged === 'own') {
        if (await this.recordOwn(provider, closure, news, eventId)) return;
      } else {
        const guard = { version: closure.version };
        const change = changeOf(closure, judged.verdict, { guard, lease: 'release', cause: 'WEBHOOK', evidence: { webhookEventId: eventId, providerStatus: news.providerStatus }, now: clock.now(), settings, random });
        const after = await store.commit(change);
        if (after) {
          reportChange(telemetry, closure, after, change.event);
          return this.worker.wake();
        }
      }
      closure = (await store.newestOfAccount(provider.id, first.lockKey)).find(({ tenant }) => tenant === first.tenant);
    }
    throw new Error('The closure changed with every look.');
  }

  /**
   * A delivery may have been held back for long: where another closing of the account was under way before, what happened
   * well before the request may belong to that one.
   */
  private async isOfEarlier({ tenant, account, requestedAt, status }: Closure, { at }: News, { visibilityLagMs }: Facts): Promise<boolean> {
    if (isTerminal(status) || at >= requestedAt - visibilityLagMs) return false;
    const filter: ListFilter = { accountRef: closureRef(account), status: ['CLOSED', 'REOPENED', 'FAILED', 'CANCELLED'] };
    return (await this.parts.store.list(tenant, filter, 1, null)).length > 0;
  }

  /** A closing that the provider began by itself, on an account that is known here. */
  private async recordOwn(provider: ConfiguredProvider, known: Closure, news: News & { account: AccountRef }, eventId: string): Promise<boolean> {
    const { store, clock, random, settings, telemetry } = this.parts;
    const now = clock.now();
    const intent = {
      id: random.id(),
      tenant: known.tenant,
      subject: provider.id,
      idempotencyKey: null,
      fingerprint: '',
      account: news.account,
      lockKey: lockKey(news.account, provider.adapter.capabilities.kindsShareIds),
      reason: 'PROVIDER_DECISION' as const,
      reasonText: null,
      reasonMapping: 'NOT_SENT' as const,
      initiator: 'PROVIDER' as const,
      announceOnly: false,
      liquidatePositions: false,
      includeAccounts: false,
      correlationId: random.id(),
      requestedAt: now,
    };
    const closing = { status: 'CLOSING' as const, closingSeenAt: now, dueAt: dueAt({ kind: 'poll' }, now, { dueAt: null, quietSteps: 0 }, random.fraction(), settings) };
    const closed = { status: 'CLOSED' as const, closedAt: now, providerStatus: news.providerStatus ?? null, dueAt: null };
    const closure = newClosure(intent, news.kind === 'closed' ? closed : closing);
    const first = firstEvent(closure, 'WEBHOOK', null, 'The provider closes the account by its own decision.');
    const event = { ...first, evidence: { webhookEventId: eventId, providerStatus: news.providerStatus } };
    // Another process may have recorded it meanwhile, or even its end.
    const result = await store.record(closure, event, 0, { newest: known });
    if (result.kind !== 'recorded') return false;
    telemetry.transition({ closureId: closure.id, provider: provider.id, ...event });
    this.worker.wake();
    return true;
  }

  /** A report on an account belongs to the closure of its group too. */
  private async attachToAll(closure: Closure, report: ClosureReport): Promise<void> {
    const parents = await this.parts.store.parents(closure.tenant, [closure.id]);
    for (const one of [closure, ...parents]) if (one) await this.attach(one, report);
  }

  private async attach(first: Closure, report: ClosureReport): Promise<void> {
    const { store, clock } = this.parts;
    let closure: Closure | null | undefined = first;
    for (let look = 0; look < MAX_LOOKS && closure; look += 1) {
      const [known] = await store.reports(closure.tenant, [closure.id]);
      if (known?.some(({ id }) => id === report.id)) return;
      const guard = { version: closure.version };
      if (await store.commit({ id: closure.id, guard, set: { updatedAt: clock.now() }, visible: true, reports: [report], lease: 'release' })) return;
      [closure] = await store.closures(first.tenant, [first.id]);
    }
    throw new Error('The closure changed with every look.');
  }
}
