import DataLoader from 'dataloader';
import type { Caller } from '../domain/caller';
import type { Closure, ClosureEvent, ClosureReport } from '../domain/closure';
import type { ClosureService, ProviderView } from '../engine/service';

/** One request's reads, gathered: a hundred aliases or representations become one call of the engine. */
export interface Loaders {
  closure: DataLoader<string, Closure | null>;
  /** By closure reference. */
  newest: DataLoader<string, Closure | null>;
  events: DataLoader<Closure, ClosureEvent[], string>;
  reports: DataLoader<Closure, ClosureReport[], string>;
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
    providers: () => (providers ??= service.providers(caller)),
  };
}
