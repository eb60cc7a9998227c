import { Sealer } from '../../src/audit/sealer';
import type { ClosureStore } from '../../src/ports/store';
import { auditKey, verified } from '../support/audit';
import { sampleClosure, sampleEvent } from '../support/sample-closure';
import { watchStore, type WatchedStore } from '../support/watched-store';
import { openSqliteHarness, type SqliteHarness } from '../store/sqlite-harness';

/** More than a test takes. */
const NEVER_MS = 1_000_000;
const SOON_MS = 5;

describe('the sealer', () => {
  const key = auditKey();
  let harness: SqliteHarness;
  let watched: WatchedStore;
  let alarms: string[];
  let sealers: Sealer[];
  beforeEach(async () => {
    harness = await openSqliteHarness();
    watched = watchStore(harness.store);
    alarms = [];
    sealers = [];
  });
  afterEach(async () => {
    for (const sealer of sealers) await sealer.drain();
    await harness.dispose();
  });

  function sealing(everyMs: number): Sealer {
    const telemetry = { alarm: ({ what }: { what: string }) => void alarms.push(what) };
    const made = new Sealer({ store: watched.store, signer: key.signer, everyMs, telemetry });
    sealers.push(made);
    return made;
  }
  const record = (store: ClosureStore = harness.store) => store.record(sampleClosure(), sampleEvent(), 0);
  async function look() {
    const trail = await harness.auditTrail();
    const result = await verified(trail, [key]);
    await trail.dispose();
    return result;
  }
  async function until(holds: (found: Awaited<ReturnType<typeof look>>) => boolean) {
    let found = await look();
    for (; !holds(found); found = await look()) await new Promise((resolve) => setTimeout(resolve, SOON_MS));
    return found;
  }

  it('takes up at its start what an earlier one left', async () => {
    await record();
    sealing(NEVER_MS).start();
    expect(await until(({ unsealed }) => unsealed === 0)).toMatchObject({ checkpoints: 1, found: [] });
  });

  it('seals again what came since, and nothing where nothing came', async () => {
    sealing(SOON_MS).start();
    await record();
    await until(({ checkpoints }) => checkpoints === 1);
    watched.reset();
    while (watched.calls('sealCheckpoint') < 3) await new Promise((resolve) => setTimeout(resolve, SOON_MS));
    expect(await look()).toMatchObject({ checkpoints: 1, unsealed: 0 });
    await record();
    await until(({ checkpoints }) => checkpoints === 2);
  });

  it('makes several checkpoints of more than one may list', async () => {
    await Promise.all(Array.from({ length: 1001 }, () => record()));
    sealing(NEVER_MS).start();
    expect(await until(({ unsealed }) => unsealed === 0)).toMatchObject({ checkpoints: 3, entries: 1001, found: [] });
  });

  it('seals the rest when it is drained', async () => {
    const one = sealing(NEVER_MS);
    one.start();
    await record();
    await one.drain();
    expect(await look()).toMatchObject({ unsealed: 0, checkpoints: 1 });
  });

  it('raises an alarm where the store does not take a checkpoint, and goes on', async () => {
    watched.fail('sealCheckpoint', new Error('disk full'));
    await record();
    sealing(SOON_MS).start();
    while (alarms.length < 2) await new Promise((resolve) => setTimeout(resolve, SOON_MS));
    expect(new Set(alarms)).toEqual(new Set(['an audit checkpoint could not be sealed']));
    watched.fail('sealCheckpoint', null);
    await until(({ unsealed }) => unsealed === 0);
  });
});
