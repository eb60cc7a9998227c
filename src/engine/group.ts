import { closureRef, lockKey } from '../domain/account';
import type { Closure } from '../domain/closure';
import { isTerminal } from '../domain/closure-status';
import type { Evidence } from '../domain/outcome';
import { isSettled, judgeChildren, judgeListed, judgeUnlisted, waitingFor } from '../domain/rules/group';
import type { Facts, Situation, Verdict } from '../domain/rules/situation';
import type { ChildAccount, ChildrenRead, ConfiguredProvider, KindCapabilities } from '../ports/provider';
import type { ChildClosure } from '../ports/store';
import type { EngineParts } from './driver';
import { firstEvent, newClosure } from './new-closure';
import { canShowReopened, reopening } from './reopen';
import { dueAt } from './schedule';
import { within } from './within';

/** What came of a look at a group's accounts. */
export interface Gathered {
  verdict: Verdict;
  /** Accounts that have no closure yet. */
  children: ChildClosure[];
  /** What the list carried. */
  evidence?: Evidence;
}

const REOPENED = 'The closing of its group was asked for, and a list shows the account open again.';

/** Closes the accounts of a group before the group: each by a closure of its own, which goes on without its parent. */
export class Group {
  private readonly listing = new Map<string, Promise<ChildrenRead>>();

  constructor(private readonly parts: EngineParts) {}

  /**
   * Whether the group's own request may leave. It lists only when every account known so far is on its way, and so
   * once more right before the request: an account may have been opened since.
   */
  async gather(situation: Situation, provider: ConfiguredProvider, facts: Facts): Promise<Gathered> {
    const { closure } = situation;
    const [known = []] = await this.parts.store.children(closure.tenant, [closure.id]);
    const verdict = judgeChildren(situation, known, facts);
    if (verdict) return { verdict, children: [] };
    const read = await this.list(closure, provider);
    if (!read.ok) return { verdict: judgeUnlisted(situation, read, facts), children: [], evidence: read };
    const done = new Set(known.filter(isSettled).map((child) => child.lockKey));
    const children = await this.newChildren(closure, provider, read.children, done);
    const added = children.map((child) => child.closure);
    return { verdict: judgeListed(situation, added, facts), children, evidence: read };
  }

  /**
   * A new parent, and the children to be recorded with it. Where the accounts cannot be had in so many ms there are
   * none, and the worker finds them.
   */
  async withChildren(parent: Closure, provider: ConfiguredProvider, waitMs: number): Promise<{ parent: Closure; children: ChildClosure[] }> {
    const read = await within(this.listOnce(parent, provider), waitMs);
    if (!read?.ok) return { parent, children: [] };
    const children = await this.newChildren(parent, provider, read.children, new Set());
    const waiting = children.map(({ closure }) => closure);
    return { parent: { ...parent, accountsListed: true, ...(waiting.length > 0 && waitingFor(waiting)) }, children };
  }

  /** However many ask for the closing of one group at once, its accounts are listed for all of them together. */
  private listOnce(parent: Closure, provider: ConfiguredProvider): Promise<ChildrenRead> {
    const key = closureRef(parent.account);
    const running = this.listing.get(key);
    if (running) return running;
    const listing = this.list(parent, provider).finally(() => this.listing.delete(key));
    this.listing.set(key, listing);
    return listing;
  }

  /** Tells of the children that were recorded; the others are closures that were there before. */
  async tell(parent: Closure, children: readonly ChildClosure[]): Promise<void> {
    if (children.length === 0) return;
    const { store, telemetry } = this.parts;
    const [stored = []] = await store.children(parent.tenant, [parent.id]);
    const ids = new Set(stored.map(({ id }) => id));
    for (const { closure, event, also } of children.filter((child) => ids.has(child.closure.id))) {
      const { provider } = closure.account;
      if (also?.event) telemetry.transition({ closureId: also.id, provider, ...also.event });
      telemetry.transition({ closureId: closure.id, provider, ...event });
    }
  }

  private async list({ id: closureId, account, correlationId }: Closure, { adapter, id, displayName }: ConfiguredProvider): Promise<ChildrenRead> {
    const { telemetry } = this.parts;
    try {
      if (adapter.listChildren) return await adapter.listChildren(account, { correlationId, purpose: 'RECONCILE' });
      // Its adapter could when the closure was recorded.
      const message = `${displayName} does not list the accounts of a group any more.`;
      telemetry.alarm({ what: message, provider: id, closureId, correlationId });
      return { ok: false, code: 'UNSUPPORTED_BY_PROVIDER', message };
    } catch (error) {
      telemetry.alarm({ what: 'an adapter threw', provider: id, closureId, correlationId, error });
      return { ok: false, code: 'INTERNAL', message: 'The accounts of the group could not be listed.' };
    }
  }

  private async newChildren(
    parent: Closure,
    provider: ConfiguredProvider,
    listed: readonly ChildAccount[],
    done: ReadonlySet<string>,
  ): Promise<ChildClosure[]> {
    const { kindsShareIds } = provider.adapter.capabilities;
    const byKey = new Map(listed.map((child) => [lockKey(child.account, kindsShareIds), child]));
    const open = [...byKey].filter(([key]) => !done.has(key));
    const children = await Promise.all(open.map(([key, child]) => this.childFor(parent, provider, child, key)));
    return children.filter((child) => child !== null);
  }

  /** Null: the account is closed. Where a live closure has the account, the store links that one. */
  private async childFor(parent: Closure, provider: ConfiguredProvider, { account, state }: ChildAccount, key: string): Promise<ChildClosure | null> {
    const { store } = this.parts;
    const newest = await store.byLockKey(parent.tenant, provider.id, key);
    const live = newest && !isTerminal(newest.status);
    if (state === 'CLOSED' && !live) return null;
    const earlier = newest?.status === 'CLOSED' ? newest : undefined;
    // A list lags behind: an account that was closed a moment ago may still be shown as it was.
    if (earlier && (state !== 'OPEN' || !canShowReopened(this.parts, provider, earlier))) return null;
    const also = earlier && reopening(this.parts, earlier, REOPENED, { correlationId: parent.correlationId });
    const closure = this.child(parent, provider, account, key, state === 'CLOSING');
    const detail = closure.status === 'CLOSING' ? 'The closing was begun by someone else and is adopted.' : null;
    return { closure, event: firstEvent(closure, 'REQUEST', parent.subject, detail), also };
  }

  /** It has no idempotency key, so that no caller's key can ever be taken for it. */
  private child(parent: Closure, provider: ConfiguredProvider, account: Closure['account'], key: string, closing: boolean): Closure {
    const { clock, random, settings } = this.parts;
    const kind = provider.adapter.capabilities.kinds.find((one) => one.kind === account.kind);
    const now = clock.now();
    const reasonText = takesText(kind, parent.reasonText) ? parent.reasonText : null;
    const intent = {
      id: random.id(),
      tenant: parent.tenant,
      subject: parent.subject,
      idempotencyKey: null,
      fingerprint: '',
      account,
      lockKey: key,
      reason: parent.reason,
      reasonText,
      reasonMapping: provider.adapter.mapReason({ account, reason: parent.reason, reasonText, announceOnly: false }),
      initiator: parent.initiator,
      announceOnly: false,
      liquidatePositions: parent.liquidatePositions && (kind?.liquidatePositions ?? false),
      includeAccounts: false,
      correlationId: parent.correlationId,
      requestedAt: now,
    };
    const poll = dueAt({ kind: 'poll' }, now, { dueAt: null, quietSteps: 0 }, random.fraction(), settings);
    return newClosure(intent, closing ? { status: 'CLOSING', closingSeenAt: now, dueAt: poll } : { status: 'REQUESTED', dueAt: now });
  }
}

function takesText(kind: KindCapabilities | undefined, text: string | null): boolean {
  if (text === null || kind?.reasonMode !== 'TEXT') return false;
  return !kind.reasonText || (text.length <= kind.reasonText.maxLength && kind.reasonText.pattern.test(text));
}
