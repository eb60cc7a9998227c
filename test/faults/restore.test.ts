import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../support/child';
import { verified } from '../support/audit';
import { openSqliteAuditTrail } from '../../src/store/sqlite/audit-trail';
import { ask, type BackedUpStore, request, RestoreBench, restoreSuite } from './restore-suite';

// Most of a test here is starting processes, which a busy machine takes its time for.
jest.setTimeout(300_000);

let folder: string;
const dataDir = () => join(folder, 'data');
const restoredDir = () => join(folder, 'restored');

/** The embedded store, with `npm run backup`. */
async function dataFolder(): Promise<BackedUpStore> {
  folder = mkdtempSync(join(tmpdir(), 'closure-restore-'));
  let dir = dataDir();
  return {
    env: () => ({ DATA_DIR: dir }),
    async backUp() {
      const child = startChild('node', ['dist/scripts/backup.js', '--from', dir, '--to', join(folder, 'backup')]);
      expect([await child.ended, child.stderr()]).toEqual([0, '']);
    },
    async loseAndRestore() {
      rmSync(dir, { recursive: true });
      dir = restoredDir();
      cpSync(join(folder, 'backup'), dir, { recursive: true });
    },
    async troubles() {
      const trail = await openSqliteAuditTrail(dir);
      try {
        return (await verified(trail)).found;
      } finally {
        await trail.dispose();
      }
    },
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

describe('the embedded store', () => restoreSuite(dataFolder));

describe('npm run backup', () => {
  const run = (...args: string[]) => startChild('node', ['dist/scripts/backup.js', ...args]);
  let bench: RestoreBench;
  beforeAll(() => {
    execFileSync('node', ['scripts/build.mjs']);
  });
  beforeEach(async () => {
    bench = await RestoreBench.start(dataFolder);
  });
  afterEach(() => bench.dispose());

  it('makes what its owner alone can read', async () => {
    await bench.gateway();
    await bench.store.backUp();
    expect(statSync(join(folder, 'backup')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'backup', 'gateway.db')).mode & 0o777).toBe(0o600);
  });

  it('copies a folder in which no gateway is at work, too', async () => {
    const client = await bench.gateway();
    const { closure } = await ask(client, request('emoney'));
    await bench.stop();
    await bench.store.backUp();
    await bench.loseAndRestore();
    const restored = await bench.gateway();
    expect(await restored.status(closure!.id)).toMatchObject({ status: 'CLOSED' });
  });

  it('does not overwrite a backup, and says what it needs', async () => {
    await bench.gateway();
    await bench.store.backUp();
    const refusals: [string[], RegExp][] = [
      [['--from', dataDir(), '--to', join(folder, 'backup')], /exists already/],
      [['--from', join(folder, 'nowhere'), '--to', join(folder, 'other')], /is no data folder/],
      [['--from', dataDir()], /--to FOLDER/],
      [['--form', dataDir()], /--to FOLDER/],
      [['--from', dataDir(), '--to', join(dataDir(), 'gateway.db', 'x')], /not a directory/],
    ];
    for (const [args, sentence] of refusals) {
      const child = run(...args);
      expect(await child.ended).toBe(1);
      expect(child.stderr()).toMatch(sentence);
      expect(child.stderr()).not.toMatch(/^\s+at /m);
    }
  });
});
