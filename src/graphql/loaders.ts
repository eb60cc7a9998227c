import DataLoader from 'dataloader';
import type { AccountInput } from '../domain/account';
import type { Caller } from '../domain/caller';
import type { Closure, ClosureEvent, ClosureReport } from '../domain/closure';
import type { ClosureService, Eligibility, ProviderView } from '../engine/service';

/** One request's reads, gathered: a hundred aliases or representations become one call of the engine. */
export interface Loaders {
  closure: DataLoader<string, Closure | null>;
  /** By closure reference. */
  newest: DataLoader<string, Closure | null>;
  events: DataLoader<Closure, ClosureEvent[], string>;
  reports: DataLoader<Closure, ClosureReport[], string>;
  children: DataLoader<Closure, Closure[], string>;
  parent: DataLoader<Closure, Closure | null, string>;
  /** By what the account is called; every one is a live read at its provider. */
  eligibility: DataLoader<AccountInput, Eligibility, string>;
  /** All providers the caller may see, read once. */
  providers(): Promise<ProviderView[]>;
}

export function createLoaders(service: ClosureService, caller: Caller): Loaders {
  // A later step of one mutation document sees the history as it is then, not as it was.
  const cacheKeyFn = (closure: Closure) => `${closure.id}:${closure.version}`;
  let providers: Promise<ProviderView[]> | undefined;
  return {
    closure: new DataLoader((ids: readonly string[]) => service.closures(caller, ids)),
    newest: new DataLoader((refs: readonly string[]) => service.newestByRef(caller, refs)),
    events: new DataLoader((closures: readonly Closure[]) => service.events(caller, closures), { cacheKeyFn }),
    reports: new DataLoader((closures: readonly Closure[]) => service.reports(caller, closures), { cacheKeyFn }),
    children: new DataLoader((closures: readonly Closure[]) => service.children(caller, closures), { cacheKeyFn }),
    parent: new DataLoader((closures: readonly Closure[]) => service.parents(caller, closures), { cacheKeyFn }),
    eligibility: new DataLoader((accounts: readonly AccountInput[]) => eligibilities(service, caller, accounts), { cacheKeyFn: nameOf }),
    providers: () => (providers ??= service.providers(caller)),
  };
}

/** One that fails must not fail the others. */
async function eligibilities(service: ClosureService, caller: Caller, accounts: readonly AccountInput[]): Promise<(Eligibility | Error)[]> {
  const settled = await Promise.allSettled(accounts.map(async (account) => service.closureEligibility(caller, account)));
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : asError(one.reason)));
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('Something that is no error was thrown.', { cause: reason });
}

function nameOf({ provider, kind, id, idType, country }: AccountInput): string {
  return JSON.stringify([provider, kind, id, idType ?? null, country ?? null]);
}
