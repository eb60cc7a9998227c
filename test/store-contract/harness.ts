import type { Closure } from '../../src/domain/closure';
import type { AuditTrail } from '../../src/ports/audit';
import type { Clock } from '../../src/ports/clock';
import type { ClosureChange, ClosureStore } from '../../src/ports/store';
import { sampleClosure, sampleEvent } from '../support/sample-closure';

/** One open store with nothing in it, and what a test needs to drive it. */
export interface StoreHarness {
  store: ClosureStore;
  /** The clock on which the store measures leases and due times. */
  clock: Clock & { advance(ms: number): void | Promise<void> };
  /** Opens the store's audit trail, for reading beside it; whoever opens it disposes it. */
  auditTrail(): Promise<AuditTrail>;
  /** Disposes the store and opens the same data again; `store` is the new one afterwards, too. */
  reopen(): Promise<ClosureStore>;
  /** Disposes the store and removes its data. */
  dispose(): Promise<void>;
}

/** The harness of the test that is running. */
export type Current = () => StoreHarness;

/** Longer than any test. */
export const LEASE_MS = 60_000;

/** Records a sample closure, claimed by its recorder; it is due on the store's clock. */
export async function recorded(current: Current, over: Partial<Closure> = {}, leaseMs = LEASE_MS): Promise<Closure> {
  const { store, clock } = current();
  const closure = sampleClosure({ dueAt: clock.now(), ...over });
  const result = await store.record(closure, sampleEvent({ to: closure.status }), leaseMs);
  if (result.kind !== 'recorded') throw new Error(`The sample closure was not recorded: ${result.kind}`);
  return result.closure;
}

/** A change by the worker that has the closure's claim. */
export function byWorker(closure: Closure, over: Partial<ClosureChange> = {}): ClosureChange {
  return { id: closure.id, guard: { fence: closure.fence }, set: {}, visible: true, lease: 'keep', ...over };
}

/** A change by somebody who saw the closure and has no claim. */
export function byObserver(closure: Closure, over: Partial<ClosureChange> = {}): ClosureChange {
  return { ...byWorker(closure, over), guard: { version: closure.version } };
}

/** The closure as the store has it now. */
export async function stored(current: Current, closure: Closure): Promise<Closure> {
  const [found] = await current().store.closures(closure.tenant, [closure.id]);
  if (!found) throw new Error(`Closure ${closure.id} is not in the store`);
  return found;
}

export function idsOf(closures: readonly (Closure | null)[]): (string | null)[] {
  return closures.map((closure) => closure && closure.id);
}

export function countBy<T>(items: readonly T[], word: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[word(item)] = (counts[word(item)] ?? 0) + 1;
  return counts;
}
