import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StoreLocked, StoreNotDurable, StoreTooNew, StoreUnwritable } from '../../src/store/errors';
import { openSqliteStore } from '../../src/store/sqlite';
import { assertDurable, Database, openDurableDatabase } from '../../src/store/sqlite/database';
import { byWorker, recorded } from '../store-contract/harness';
import type { Child } from '../support/child';
import { sampleMark } from '../support/sample-closure';
import { buildForChildren, hasSaid, linesOf, startStoreChild } from './child';
import { openSqliteHarness, type SqliteHarness, temporaryFolder } from './sqlite-harness';

const clock = { now: Date.now, monotonic: () => performance.now() };

describe('the data folder of the embedded store', () => {
  let folder: string;
  let dataDir: string;
  const children: Child[] = [];
  const child = (mode: string) => {
    const started = startStoreChild(mode, dataDir);
    children.push(started);
    return started;
  };

  beforeAll(buildForChildren);
  beforeEach(() => {
    folder = temporaryFolder();
    dataDir = join(folder, 'deep', 'data');
  });
  afterEach(async () => {
    for (const started of children.splice(0)) await started.kill();
    rmSync(folder, { recursive: true });
  });

  describe('held by another process', () => {
    it('is refused, with the name of the holder', async () => {
      const holder = child('hold');
      await hasSaid(holder, 1);
      const refusal = await openSqliteStore({ dataDir, clock }).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(StoreLocked);
      const today = new Date().toISOString().slice(0, 4);
      expect(String(refusal)).toContain(`process ${holder.pid} on ${hostname()} since ${today}`);
      expect(String(refusal)).toContain(dataDir);
    });

    it('is free at once when the holder is killed', async () => {
      const holder = child('hold');
      await hasSaid(holder, 1);
      await holder.kill();
      const store = await openSqliteStore({ dataDir, clock });
      await expect(store.ping()).resolves.toBeUndefined();
      await store.dispose();
    });
  });

  describe('held by this process', () => {
    let harness: SqliteHarness;
    beforeEach(async () => {
      harness = await openSqliteHarness();
      dataDir = harness.dataDir;
    });
    afterEach(() => harness.dispose());

    it('is refused to a second store here, and to another process even after that', async () => {
      await expect(openSqliteStore({ dataDir, clock })).rejects.toThrow(`process ${process.pid} on`);
      const refused = child('hold');
      await refused.ended;
      expect(refused.stderr()).toContain(`process ${process.pid} on`);
      await expect(harness.store.ping()).resolves.toBeUndefined();
    });

    it('is free for another process after dispose', async () => {
      await harness.store.dispose();
      const next = child('hold');
      await hasSaid(next, 1);
      expect(linesOf(next)).toEqual(['open']);
    });

    it('is refused without a name when the note is of a holder that was killed, is missing or is no note', async () => {
      const note = join(dataDir, 'gateway.lock.txt');
      const killed = startStoreChild('hold', join(folder, 'other'));
      await hasSaid(killed, 1);
      await killed.kill();
      const refusal = () => openSqliteStore({ dataDir, clock });
      writeFileSync(note, `process ${killed.pid} on ${hostname()} since 2026-01-01T00:00:00.000Z\n`);
      await expect(refusal()).rejects.toThrow('in use by a process that has not left its name yet');
      writeFileSync(note, 'nonsense');
      await expect(refusal()).rejects.toThrow('in use by a process that has not left its name yet');
      rmSync(note);
      await expect(refusal()).rejects.toThrow('in use by a process that has not left its name yet');
    });

    it('names a holder on another host, whose processes cannot be seen from here', async () => {
      const words = 'process 4194304999 on another-host since 2026-01-01T00:00:00.000Z';
      writeFileSync(join(dataDir, 'gateway.lock.txt'), words);
      await expect(openSqliteStore({ dataDir, clock })).rejects.toThrow(words);
    });

    it('is readable by its owner alone', async () => {
      await harness.store.ping();
      const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
      expect(mode(dataDir)).toBe('700');
      const modes = readdirSync(dataDir).map((name) => [name, mode(join(dataDir, name))]);
      expect(Object.fromEntries(modes)).toMatchObject({ 'gateway.db': '600', 'gateway.db-wal': '600', 'gateway.lock.db': '600' });
      expect(new Set(modes.map(([, bits]) => bits))).toEqual(new Set(['600']));
    });

    it('voids the claims of the process before, at open', async () => {
      const closure = await recorded(() => harness);
      expect(await harness.store.claimDue(1, 1000)).toEqual([]);
      const store = await harness.reopen();
      expect(await store.commit(byWorker(closure, { mark: sampleMark(1) }))).toBeNull();
      expect(await store.claimDue(1, 1000)).toMatchObject([{ closure: { id: closure.id }, attempts: [] }]);
    });

    it('has no note once it is let go of', async () => {
      expect(readFileSync(join(dataDir, 'gateway.lock.txt'), 'utf8')).toContain(String(process.pid));
      await harness.store.dispose();
      expect(readdirSync(dataDir)).not.toContain('gateway.lock.txt');
    });
  });

  it('that cannot be made is refused by name', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const refusal = openSqliteStore({ dataDir: join(file, 'data'), clock });
    await expect(refusal).rejects.toThrow(StoreUnwritable);
    await expect(refusal).rejects.toThrow(join(file, 'data'));
  });

  describe('with a database', () => {
    const MIGRATIONS = readdirSync(join(__dirname, '../../src/store/migrations/sqlite')).length;
    const tamper = (sql: string) => {
      const db = new Database(join(dataDir, 'gateway.db'), 0);
      db.exec(sql);
      db.close();
    };
    beforeEach(async () => {
      await (await openSqliteStore({ dataDir, clock })).dispose();
    });

    it('of a newer gateway is refused, and left to it', async () => {
      tamper('PRAGMA user_version = 999');
      await expect(openSqliteStore({ dataDir, clock })).rejects.toThrow(StoreTooNew);
      tamper(`PRAGMA user_version = ${MIGRATIONS}`);
      await (await openSqliteStore({ dataDir, clock })).dispose();
    });

    it('that cannot be migrated lets go of the folder', async () => {
      tamper('PRAGMA user_version = 0');
      await expect(openSqliteStore({ dataDir, clock })).rejects.toThrow('already exists');
      tamper(`PRAGMA user_version = ${MIGRATIONS}`);
      await (await openSqliteStore({ dataDir, clock })).dispose();
    });
  });
});

describe('the settings of the database', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are made again at every open', () => {
    const path = join(folder, 'settings.db');
    for (const _ of ['new', 'opened again']) {
      const db = openDurableDatabase(path);
      expect(() => assertDurable(db)).not.toThrow();
      // SQLite's own number for FULL.
      expect(db.all('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
      db.close();
    }
  });

  it.each([
    ['synchronous', 'NORMAL', '1'],
    ['foreign_keys', 'OFF', '0'],
    ['journal_mode', 'DELETE', 'delete'],
  ])('are refused when %s is %s', (name, value, found) => {
    const db = openDurableDatabase(join(folder, 'settings.db'));
    db.all(`PRAGMA ${name} = ${value}`);
    expect(() => assertDurable(db)).toThrow(StoreNotDurable);
    expect(() => assertDurable(db)).toThrow(new RegExp(`${name} must be .*, and the database says ${found}`));
    db.close();
  });

  it('are refused for a database that cannot have a write-ahead log', () => {
    expect(() => openDurableDatabase(':memory:')).toThrow('PRAGMA journal_mode must be wal, and the database says memory');
  });
});
