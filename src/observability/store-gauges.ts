import { Gauge, type Registry } from 'prom-client';
import type { Census } from '../ports/census';
import type { ClosureStore } from '../ports/store';

/** Backlogs are counted up to here: whatever is beyond is too many all the same. */
const MOST = 10_000;
/** A store that has not answered by then counts as down, ms; below the usual time-out of a scrape. */
const LIMIT_MS = 5_000;

/**
 * What the store holds, asked for at each scrape. Where the store does not answer, `closure_store_up` is 0 and the
 * other gauges are left out: an old number would look like a new one. They are about the whole store, whichever process tells of it.
 * @returns the function that asks; it never rejects
 */
export function createStoreGauges(registry: Registry, store: Pick<ClosureStore, 'census' | 'ping'>): () => Promise<void> {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const up = gauge('closure_store_up', '1 where the store takes a write and answers, otherwise 0.');
  const write = gauge('closure_store_write_duration_seconds', 'How long a write took that changes nothing, until it was durable.');
  const closures = gauge('closure_closures', 'Closures that are in the status now.', 'provider', 'status');
  const oldest = gauge('closure_oldest_age_seconds', 'For how long the oldest closure has been in the status; terminal ones are left out.', 'provider', 'status');
  const due = gauge('closure_due_closures', `Closures whose next step is due, those under way included; counted up to ${MOST}.`);
  const dueAge = gauge('closure_due_oldest_age_seconds', 'For how long the first of them has been due; 0 where none is.');
  const inbox = gauge('closure_inbox_events', `Webhook events that are kept and not applied yet; counted up to ${MOST}.`);
  const inboxAge = gauge('closure_inbox_oldest_age_seconds', 'How long ago the first of them was received; 0 where none waits.');

  function show(census: Census, writeMs: number): void {
    closures.reset();
    oldest.reset();
    for (const { provider, status, count, oldestMs } of census.closures) {
      closures.set({ provider, status }, count);
      if (oldestMs !== null) oldest.set({ provider, status }, seconds(oldestMs));
    }
    due.set(census.due.count);
    dueAge.set(seconds(census.due.oldestMs));
    inbox.set(census.inbox.count);
    inboxAge.set(seconds(census.inbox.oldestMs));
    write.set(seconds(writeMs));
    up.set(1);
  }

  function showNothing(): void {
    closures.reset();
    oldest.reset();
    for (const one of [due, dueAge, inbox, inboxAge, write]) one.remove();
    up.set(0);
  }

  async function look(): Promise<[Census, number]> {
    const started = performance.now();
    await store.ping();
    const writeMs = performance.now() - started;
    return [await store.census(MOST), writeMs];
  }

  return async () => {
    try {
      show(...(await inTime(look())));
    } catch {
      // What is wrong with the store is told by whoever needed it.
      showNothing();
    }
  };
}

/** A clock that was set back makes no negative age. */
function seconds(ms: number | null): number {
  return Math.max(0, ms ?? 0) / 1000;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The store did not answer in time.')), LIMIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
