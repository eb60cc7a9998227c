import { openSqliteStore } from '../../src/store/sqlite';
import { sampleClosure, sampleEvent } from './sample-closure';

/**
 * A process of its own that uses an embedded store, for tests that kill it or watch its system calls:
 * `node store-child.js MODE DATA_DIR [COUNT]`. Every line on stdout is written after the write that it speaks of
 * was acknowledged.
 * - hold: opens the store and keeps it
 * - load: writes from many sides at once until it is killed
 * - sequential: COUNT writes, each after the one before
 * - together: COUNT writes in one turn of the event loop
 */
const LEASE_MS = 60_000;
const SIDES = 16;

const [mode, dataDir = '', count = '0'] = process.argv.slice(2);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const store = await openSqliteStore({ dataDir, clock: { now: Date.now, monotonic: () => performance.now() } });
  const numbers = Array.from({ length: Number(count) }, (_, index) => index);

  const write = async () => {
    const closure = sampleClosure();
    const result = await store.record(closure, sampleEvent(), LEASE_MS);
    if (result.kind !== 'recorded') throw new Error(result.kind);
    say(`acknowledged ${closure.id} REQUESTED`);
    return result.closure;
  };
  const writeForever = async (): Promise<void> => {
    for (;;) {
      const { id, fence } = await write();
      const guard = { fence };
      const event = sampleEvent({ from: 'REQUESTED', to: 'CLOSING' });
      if (!(await store.commit({ id, guard, set: { status: 'CLOSING' }, visible: true, event, lease: 'release' }))) throw new Error(id);
      say(`acknowledged ${id} CLOSING`);
    }
  };

  say('open');
  if (mode === 'hold') {
    setInterval(() => {}, LEASE_MS);
    return;
  }
  if (mode === 'load') await Promise.all(Array.from({ length: SIDES }, writeForever));
  if (mode === 'sequential') for (const _ of numbers) await write();
  if (mode === 'together') await Promise.all(numbers.map(write));
  say('done');
  await store.dispose();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
