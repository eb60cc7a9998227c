import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultBench } from './fault-bench';
import { fillUp } from './full-disk';
import { countsOf, type PartOptions, type PartReport } from './report';
import { sqliteIn } from './stores';
import { until } from './waiting';

const SIZE = '2m';
const STEADY = { PROVIDER_TIMEOUT_MS: '400', RETRY_MAX_MS: '1000', RECONCILE_HORIZON_MS: '86400000', REOPEN_GRACE_MS: '86400000' };
/** A gateway process looks again after its lease: what was under way when the disk filled up is settled by then, ms. */
const READY_LIMIT_MS = 10_000;

/** A file system of its own in memory. Only root may make one. */
function mountSmall(): { folder: string; unmount(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'closure-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'closure-faults', folder], { stdio: 'pipe' });
  } catch {
    rmSync(folder, { recursive: true });
    throw new Error('The part "disk" makes a small file system, which only root may: run it as root, or name the other parts.');
  }
  return {
    folder,
    unmount() {
      // Lazily: a database that is closed lets go of its files only when its statements are collected.
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** A file system that fills up under a running gateway and is freed again; then one that cannot be written at all. */
export async function diskBattery({ say }: PartOptions): Promise<PartReport> {
  const disk = mountSmall();
  try {
    const dataDir = join(disk.folder, 'data');
    // Something else takes half of the room, and gives it back later.
    const other = join(disk.folder, 'other');
    writeFileSync(other, Buffer.alloc(1024 * 1024));
    const bench = await FaultBench.open({ store: async () => sqliteIn(dataDir), env: STEADY });
    try {
      const { caller } = await bench.start();
      const full = await fillUp(bench, caller);
      say(JSON.stringify({ ...full, error: full.error?.code }));
      rmSync(other);
      const isReady = await until(async () => (await fetch(`${caller.url}/readyz`)).status === 200, READY_LIMIT_MS);
      await bench.allSettled(caller);
      const refused = bench.history.requests.filter(({ answers }) => answers.every(({ closureId }) => closureId === null));
      let settled = 0;
      for (const request of refused) {
        const { closure } = await caller.again(request, { account: { provider: request.provider, id: request.accountId } });
        if (closure && (await bench.settled(caller, closure.id)) === 'CLOSED') settled += 1;
      }
      await bench.stop();
      execFileSync('mount', ['-o', 'remount,ro', disk.folder]);
      const refusal = await bench.start().then(
        () => 'it starts',
        (error: unknown) => String(error),
      );
      execFileSync('mount', ['-o', 'remount,rw', disk.folder]);
      const saysWhere = /^DATA_DIR: /m.test(refusal);
      if (!saysWhere) say(refusal);
      const findings = await bench.check();
      return {
        rows: [
          ['closings acknowledged before the disk was full', String(full.acknowledged)],
          ['what the caller is told then', `${full.error?.code}, ${full.error?.retry}`],
          ['close requests sent for what could not be recorded', String(full.sentUnrecorded)],
          ['`/readyz`, and a webhook that cannot be kept', `${full.readyz}, ${full.delivery}`],
          ['reads go on', full.canRead ? 'yes' : 'no'],
          ['ready again by itself when there is room', isReady ? 'yes' : 'no'],
          ['refused requests that the same key settles then', `${settled} of ${refused.length}`],
          ['on a read-only file system', saysWhere ? 'refuses to start, and names DATA_DIR' : 'does not say why'],
          ...countsOf(findings),
        ],
        isWhole: true,
        isGood: full.sentUnrecorded === 0 && full.readyz === 503 && full.delivery === 503 && full.canRead && isReady && settled === refused.length && saysWhere && findings.length === 0,
      };
    } finally {
      await bench.dispose();
    }
  } finally {
    disk.unmount();
  }
}
