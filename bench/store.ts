import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClosureStore } from '../src/ports/store';
import { openPostgresStore } from '../src/store/postgres';
import { openSqliteStore } from '../src/store/sqlite';
import { sampleClosure, sampleEvent } from '../test/support/sample-closure';

/**
 * What group commit gives: closures per second, each with two durable commits, from many sides at once (their
 * writes share commits) against one after another (each commits alone). Disks and minutes differ, so the rounds
 * are interleaved and only the ratio counts: `npm run bench:store`. With DATABASE_URL it is a PostgreSQL database, which
 * has many more closures afterwards.
 */
const ROUNDS = 5;
const ROUND_MS = 1000;
const SIDES = 32;
const clock = { now: Date.now, monotonic: () => performance.now() };

async function closeOne(store: ClosureStore): Promise<void> {
  const closure = sampleClosure();
  await store.record(closure, sampleEvent(), ROUND_MS);
  const event = sampleEvent({ from: 'REQUESTED', to: 'CLOSING' });
  await store.commit({ id: closure.id, guard: { fence: 1 }, set: { status: 'CLOSING' }, visible: true, event, lease: 'release' });
}

/** Closures per second with so many sides. */
async function round(store: ClosureStore, sides: number): Promise<number> {
  const begin = performance.now();
  let closures = 0;
  const side = async () => {
    while (performance.now() - begin < ROUND_MS) {
      await closeOne(store);
      closures += 1;
    }
  };
  await Promise.all(Array.from({ length: sides }, side));
  return (closures * 1000) / (performance.now() - begin);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'closure-bench-'));
  const { DATABASE_URL } = process.env;
  const store = DATABASE_URL ? (await openPostgresStore(DATABASE_URL)).store : await openSqliteStore({ dataDir: folder, clock });
  const alone: number[] = [];
  const grouped: number[] = [];
  for (let index = 0; index < ROUNDS; index += 1) {
    alone.push(await round(store, 1));
    grouped.push(await round(store, SIDES));
  }
  await store.dispose();
  rmSync(folder, { recursive: true });
  const ratio = median(grouped) / median(alone);
  process.stdout.write(
    `one after another ${median(alone).toFixed(0)} closures/s, ${SIDES} at once ${median(grouped).toFixed(0)} closures/s: ` +
      `group commit gives ${ratio.toFixed(1)} times as many\n`,
  );
}

void main();
