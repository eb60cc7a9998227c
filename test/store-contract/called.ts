import type { ClosureStore } from '../../src/ports/store';
import type { StoreHarness } from './harness';

/** Every method of the port: one that is added there is missing here until it is named. */
const METHODS: Record<keyof ClosureStore, true> = {
  record: true,
  commit: true,
  recordLateAnswer: true,
  claimDue: true,
  nextDueAt: true,
  onNews: true,
  closures: true,
  byIdempotencyKey: true,
  byLockKey: true,
  newestByRef: true,
  list: true,
  requestedAt: true,
  attempts: true,
  events: true,
  reports: true,
  accountRefs: true,
  children: true,
  parents: true,
  newestOfAccount: true,
  keepEvents: true,
  claimEvents: true,
  settleEvent: true,
  prune: true,
  providersSeen: true,
  census: true,
  sealCheckpoint: true,
  ping: true,
  dispose: true,
};

/** Notes which methods of its stores are called. */
export class Called {
  readonly #names = new Set<PropertyKey>();

  /** The harness, whose store is watched, the one that it opens again too. */
  watch(harness: StoreHarness): StoreHarness {
    const watched = (store: ClosureStore): ClosureStore => this.#watched(store);
    return {
      clock: harness.clock,
      get store() {
        return watched(harness.store);
      },
      auditTrail: () => harness.auditTrail(),
      reopen: async () => watched(await harness.reopen()),
      dispose: () => harness.dispose(),
    };
  }

  missing(): string[] {
    return Object.keys(METHODS).filter((name) => !this.#names.has(name));
  }

  #watched(store: ClosureStore): ClosureStore {
    const names = this.#names;
    return new Proxy(store, {
      get(target, property: keyof ClosureStore) {
        const method = target[property] as ((...given: never[]) => unknown) | undefined;
        // Whatever awaits the store looks for a `then`.
        if (typeof method !== 'function') return method;
        return (...given: never[]) => {
          names.add(property);
          return method.apply(target, given);
        };
      },
    });
  }
}
