import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClosureStore } from '../src/ports/store';
import { openSqliteStore } from '../src/store/sqlite';
import { sampleAccount, sampleClosure, sampleEvent } from '../test/support/sample-closure';

/**
 * What a provider with a long backlog costs the work for the others: `npm run bench:backlog`. A worker's look at what is
 * due at one provider, with many closings waiting at another one against none. Both stores are asked in turn, and only the
 * ratio of the medians counts: at most 5.
 */
const BACKLOG = 20_000;
const ROUNDS = 200;
const MOST_RATIO = 5;
const LEASE_MS = 1_000;
const clock = { now: Date.now, monotonic: () => performance.now() };

async function storeWith(backlog: number, folder: string): Promise<ClosureStore> {
  const store = await openSqliteStore({ dataDir: join(folder, String(backlog)), clock });
  for (let made = 0; made < backlog; made += 1_000) {
    await Promise.all(
      Array.from({ length: Math.min(1_000, backlog - made) }, async () => {
        const closure = sampleClosure({ account: sampleAccount({ provider: 'out-of-service' }), dueAt: 1 });
        await store.record(closure, sampleEvent(), 0);
        await store.commit({ id: closure.id, guard: { version: 1 }, set: {}, visible: false, lease: 'release' });
      }),
    );
  }
  return store;
}

/** One look of a worker that has no room for the provider in trouble, ms. */
async function look(store: ClosureStore): Promise<number> {
  const notNow = { closures: [], providers: ['out-of-service'] };
  const begun = performance.now();
  await store.claimDue(16, LEASE_MS, notNow);
  await store.nextDueAt(notNow);
  return performance.now() - begun;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'closure-bench-'));
  const [none, full] = [await storeWith(0, folder), await storeWith(BACKLOG, folder)];
  const took: { none: number[]; full: number[] } = { none: [], full: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    took.none.push(await look(none));
    took.full.push(await look(full));
  }
  await Promise.all([none.dispose(), full.dispose()]);
  rmSync(folder, { recursive: true });
  const ratio = median(took.full) / median(took.none);
  const ms = (values: readonly number[]): string => `${median(values).toFixed(2)} ms`;
  process.stdout.write(`a look takes ${ms(took.none)} with nothing waiting at the other provider, ${ms(took.full)} with ${BACKLOG}: ${ratio.toFixed(1)} times as long\n`);
  if (ratio > MOST_RATIO) process.exitCode = 1;
}

void main();
