import type { ClosureStore } from '../../src/ports/store';

export interface WatchedStore {
  store: ClosureStore;
  /** How often a statement was asked for since the last `reset`. */
  calls(statement: keyof ClosureStore): number;
  /** Of every statement that was asked for since then. */
  counts(): Partial<Record<keyof ClosureStore, number>>;
  reset(): void;
  /** From now on the statement rejects with the error; null: it works again. */
  fail(statement: keyof ClosureStore, error: Error | null): void;
}

/** The given store, with its statements counted and, on demand, failing as a broken disk would make them. */
export function watchStore(real: ClosureStore): WatchedStore {
  const counts = new Map<PropertyKey, number>();
  const failures = new Map<PropertyKey, Error>();
  const store = new Proxy(real, {
    get(target, name: keyof ClosureStore) {
      return (...args: never[]) => {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        const failure = failures.get(name);
        if (failure) return Promise.reject(failure);
        return (target[name] as (...given: never[]) => unknown).apply(target, args);
      };
    },
  });
  return {
    store,
    calls: (statement) => counts.get(statement) ?? 0,
    counts: () => Object.fromEntries(counts),
    reset: () => counts.clear(),
    fail(statement, error) {
      if (error) failures.set(statement, error);
      else failures.delete(statement);
    },
  };
}
