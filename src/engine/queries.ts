import { type AccountInput, type AccountRef, accountOfRef, canonicalAccount, closureRef, FORMER_ID_RULES } from '../domain/account';
import type { Caller } from '../domain/caller';
import { InputRefused } from '../domain/closure-error';
import type { Closure, ClosureEvent, ClosureReport } from '../domain/closure';
import { retryAdvice } from '../domain/error-code';
import type { ReasonMapping } from '../domain/reason';
import { blockerFilterFor, closureAsSeenBy, eventsAsSeenBy } from '../domain/visibility';
import type { ListFilter } from '../ports/store';
import type { Access } from './access';
import type { EngineParts } from './driver';
import { checkAccount, checkIdempotencyKey, mayUse } from './intake';
import type { ClosureFilter, ClosurePage, ProviderView } from './service';

/** Everything that only reads the store; what comes out is as the caller may see it. */
export class Queries {
  constructor(
    private readonly parts: EngineParts,
    private readonly access: Access,
  ) {}

  /** A closure as the caller may see it, with the wait that is left and not the one that was. */
  seen(caller: Caller, closure: Closure): Closure {
    const { error, dueAt } = closure;
    const wait = error && dueAt !== null && retryAdvice(error.code) === 'SAFE_NOW' ? secondsUntil(dueAt, this.parts.clock.now()) : undefined;
    const current = error && wait !== undefined ? { ...closure, error: { ...error, retryAfterSeconds: wait } } : closure;
    return closureAsSeenBy(caller, current, this.ordinaryMapping(closure));
  }

  async closures(caller: Caller, ids: readonly string[]): Promise<(Closure | null)[]> {
    const found = await this.access.closures(caller, ids);
    return found.map((closure) => closure && this.seen(caller, closure));
  }

  async newestByRef(caller: Caller, refs: readonly string[]): Promise<(Closure | null)[]> {
    const visibleTo = await this.access.narrowing(caller, refs.flatMap((ref) => accountOfRef(ref) ?? []));
    const found = await this.parts.store.newestByRef(caller.tenant, refs, visibleTo);
    return found.map((closure) => closure && this.seen(caller, closure));
  }

  async list(caller: Caller, filter: ClosureFilter, first: number, after: string | null): Promise<ClosurePage> {
    const checked = this.storeFilter(caller, filter);
    const visibleTo = await this.access.narrowing(caller, filter.account ? [this.accountOf(caller, filter.account)] : []);
    const found = await this.parts.store.list(caller.tenant, { ...checked, visibleTo }, first + 1, after);
    return { closures: found.slice(0, first).map((closure) => this.seen(caller, closure)), hasNextPage: found.length > first };
  }

  async events(caller: Caller, closures: readonly Closure[]): Promise<ClosureEvent[][]> {
    // The reason on a closure that went out may be masked; what is hidden is decided on what is stored.
    const ids = closures.map(({ id }) => id);
    const [events, stored] = await Promise.all([this.parts.store.events(caller.tenant, ids), this.parts.store.closures(caller.tenant, ids)]);
    return stored.map((closure, index) => (closure ? eventsAsSeenBy(caller, closure, events[index] ?? []) : []));
  }

  async reports(caller: Caller, closures: readonly Closure[]): Promise<ClosureReport[][]> {
    return this.parts.store.reports(caller.tenant, closures.map(({ id }) => id));
  }

  async children(caller: Caller, closures: readonly Closure[]): Promise<Closure[][]> {
    const found = await this.parts.store.children(caller.tenant, closures.map(({ id }) => id));
    return Promise.all(
      closures.map(async ({ id, includeAccounts }, index) => {
        const children = found[index] ?? [];
        // Whether one that was to have children has some that the caller may not see, does not show.
        const missing = children.length === 0 && includeAccounts ? [`children of ${id}`] : [];
        return (await this.allSeen(caller, children, missing)).filter((child) => child !== null);
      }),
    );
  }

  async parents(caller: Caller, closures: readonly Closure[]): Promise<(Closure | null)[]> {
    const found = await this.parts.store.parents(caller.tenant, closures.map(({ id }) => id));
    // Most closures have none: one question is enough for all of these.
    return this.allSeen(caller, found, found.includes(null) ? [`parents of ${closures.map(({ id }) => id).join()}`] : []);
  }

  async providers(caller: Caller): Promise<ProviderView[]> {
    const usable = this.parts.providers.all().filter((provider) => mayUse(caller, provider));
    const gone = (await this.parts.store.providersSeen(caller.tenant)).filter((id) => !usable.some((provider) => provider.id === id));
    return [
      ...usable.map(({ id, adapterName, displayName, adapter }) => ({ id, adapterName, displayName, active: true, capabilities: adapter.capabilities })),
      ...gone.map((id) => ({ id, adapterName: id, displayName: id, active: false, capabilities: null })),
    ];
  }

  /** What the caller may not see is null, like what is not there. */
  private async allSeen(caller: Caller, closures: readonly (Closure | null)[], missing: readonly string[]): Promise<(Closure | null)[]> {
    const visible = await this.access.visible(caller, closures, missing);
    return visible.map((closure) => closure && this.seen(caller, closure));
  }

  /** @throws InputRefused, the field beginning with `filter` */
  private storeFilter(caller: Caller, filter: ClosureFilter): ListFilter {
    try {
      return {
        status: filter.status ?? undefined,
        provider: filter.provider ?? undefined,
        accountRef: filter.account ? closureRef(this.accountOf(caller, filter.account)) : undefined,
        blocker: filter.blocker ? blockerFilterFor(caller, filter.blocker) : undefined,
        key: keyFilter(caller, filter.idempotencyKey),
        requestedAfter: filter.requestedAfter ?? undefined,
        updatedAfter: filter.updatedAfter ?? undefined,
        statusBefore: filter.statusBefore ?? undefined,
      };
    } catch (error) {
      if (error instanceof InputRefused) throw new InputRefused(error.code, error.message, ['filter', ...error.field]);
      throw error;
    }
  }

  /** Closures of a provider that is configured no longer are found too, where the input says of which type the id is. */
  private accountOf(caller: Caller, account: AccountInput): AccountRef {
    const provider = this.parts.providers.find(account.provider);
    const gone = !provider || !mayUse(caller, provider);
    if (gone && account.idType) return canonicalAccount(account, account.idType, FORMER_ID_RULES);
    return checkAccount(this.parts.providers, caller, account).account;
  }

  /** What the provider would be told of the reason OTHER. */
  private ordinaryMapping(closure: Closure): ReasonMapping {
    const provider = this.parts.providers.find(closure.account.provider);
    return provider?.adapter.mapReason({ ...closure, reason: 'OTHER', reasonText: null }) ?? 'NOT_SENT';
  }
}

function secondsUntil(time: number, now: number): number {
  return Math.max(1, Math.ceil((time - now) / 1000));
}

/** Own keys only: another subject's key finds nothing. */
function keyFilter(caller: Caller, idempotencyKey: string | null | undefined): ListFilter['key'] {
  if (idempotencyKey === null || idempotencyKey === undefined) return undefined;
  checkIdempotencyKey(idempotencyKey);
  return { subject: caller.subject, idempotencyKey };
}
