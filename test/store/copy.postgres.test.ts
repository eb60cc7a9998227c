import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { closureRef } from '../../src/domain/account';
import type { Closure } from '../../src/domain/closure';
import type { ClosureStore } from '../../src/ports/store';
import { CopyRefused, CopyUnknown, copyStore } from '../../src/store/copy';
import { StoreLocked, StoreMoved, StoreUnreachable } from '../../src/store/errors';
import { openPostgresStore } from '../../src/store/postgres';
import { openPostgresAuditTrail } from '../../src/store/postgres/audit-trail';
import { openSqliteStore } from '../../src/store/sqlite';
import { openSqliteAuditTrail } from '../../src/store/sqlite/audit-trail';
import { byWorker, LEASE_MS } from '../store-contract/harness';
import { auditKey, verified } from '../support/audit';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { sampleAccount, sampleClosure, sampleEvent, sampleMark } from '../support/sample-closure';
import { type Meddling, startTcpProxy } from '../support/tcp-proxy';
import { buildForChildren } from './child';
import { temporaryFolder } from './sqlite-harness';

const clock = { now: Date.now, monotonic: () => performance.now() };
/** More than one page of every table. */
const MANY = 600;

let database: TestDatabase;
let dataDir: string;

beforeAll(buildForChildren);
beforeEach(async () => {
  database = await createDatabase();
  dataDir = join(temporaryFolder(), 'data');
});
afterEach(async () => {
  await database.dispose();
  rmSync(join(dataDir, '..'), { recursive: true });
});

const copy = () => copyStore({ dataDir, url: database.url, now: Date.now() });

/** Closures with something in every table, the last one claimed. */
async function fill(store: ClosureStore): Promise<Closure[]> {
  const closures = Array.from({ length: MANY }, (_, index) =>
    sampleClosure({ announceOnly: index % 2 === 0, liquidatePositions: index % 3 === 0, reasonText: `ß ' \\ " \u2028 ${index}` }),
  );
  for (const closure of closures) void store.record(closure, sampleEvent(), LEASE_MS);
  await Promise.all(
    closures.map((closure) =>
      store.commit(
        byWorker(closure, {
          set: { status: 'CLOSING', error: { code: 'INTERNAL', message: '\0', blockers: [], providerErrors: [], correlationId: 'c' } },
          event: sampleEvent({ from: 'REQUESTED', to: 'CLOSING', detail: 'ß\0', evidence: { providerStatus: '\0 ß' } }),
          mark: sampleMark(1, { evidence: { requestId: 'request-1' } }),
          aliases: [{ account: sampleAccount(), lockKey: closure.id }],
          reports: [{ id: 'report', type: 'STATEMENT', createdAt: 1 }],
        }),
      ),
    ),
  );
  const [first] = closures;
  const twin = sampleClosure({ account: first!.account, idempotencyKey: null });
  await store.record(sampleClosure(), sampleEvent(), LEASE_MS, { children: [{ closure: twin, event: sampleEvent() }] });
  const events = closures.map(({ id }) => ({ id: `event-${id}`, type: 'NEWS', payload: '{}' })).toReversed();
  await store.keepEvents('bank', events, 1);
  await store.settleEvent('bank', events[0]!.id, 'APPLIED');
  return closures;
}

/** Everything that a store tells of its closures. */
async function told(store: ClosureStore, closures: Closure[]): Promise<unknown> {
  const ids = closures.map(({ id }) => id);
  return {
    list: await store.list('tenant-a', {}, 2 * MANY, null),
    events: await store.events('tenant-a', ids),
    reports: await store.reports('tenant-a', ids),
    attempts: await Promise.all(ids.map((id) => store.attempts(id))),
    byRef: await store.newestByRef('tenant-a', closures.map(({ account }) => closureRef(account))),
    byAlias: await store.byLockKey('tenant-a', 'bank', ids[0]!),
    parents: await store.parents('tenant-a', ids),
    inbox: await store.claimEvents(MANY, 0),
  };
}

describe('copying the embedded store to PostgreSQL', () => {
  it('takes everything along, and leaves nobody a claim', async () => {
    const source = await openSqliteStore({ dataDir, clock });
    const closures = await fill(source);
    const before = await told(source, closures);
    await source.dispose();
    await copy();
    const { store } = await openPostgresStore(database.url);
    expect(await told(store, closures)).toEqual(before);
    const held = await store.record(sampleClosure({ account: closures[0]!.account }), sampleEvent(), LEASE_MS);
    expect(held.kind).toBe('accountTaken');
    expect(await store.claimDue(2 * MANY, LEASE_MS)).toHaveLength(MANY + 1);
    await store.dispose();
  });

  it('takes the audit trail along, which goes on there', async () => {
    const key = auditKey();
    const source = await openSqliteStore({ dataDir, clock });
    await fill(source);
    while (await source.sealCheckpoint(250, key.signer));
    await source.record(sampleClosure(), sampleEvent(), LEASE_MS);
    await source.dispose();
    const trailBefore = await openSqliteAuditTrail(dataDir);
    const before = await verified(trailBefore, [key]);
    await trailBefore.dispose();
    expect(before).toMatchObject({ found: [], checkpoints: 3, unsealed: 1 });
    await copy();
    const trail = await openPostgresAuditTrail(database.url);
    expect(await verified(trail, [key], before.newest!)).toEqual(before);
    const { store } = await openPostgresStore(database.url);
    expect(await store.sealCheckpoint(10, key.signer)).toMatchObject({ number: 4, closures: 1 });
    expect(await verified(trail, [key], before.newest!)).toMatchObject({ found: [], unsealed: 0 });
    await store.dispose();
    await trail.dispose();
  });

  it('leaves a folder that no gateway works on any more', async () => {
    await (await openSqliteStore({ dataDir, clock })).dispose();
    await copy();
    await expect(openSqliteStore({ dataDir, clock })).rejects.toThrow(StoreMoved);
    const refusal = await openSqliteStore({ dataDir, clock }).catch(String);
    expect(refusal).toContain(join(dataDir, 'gateway.moved.txt'));
    rmSync(join(dataDir, 'gateway.moved.txt'));
    await (await openSqliteStore({ dataDir, clock })).dispose();
  });

  it('is refused, and changes nothing, where the database has closures', async () => {
    const { store } = await openPostgresStore(database.url);
    await store.record(sampleClosure(), sampleEvent(), LEASE_MS);
    await store.dispose();
    const source = await openSqliteStore({ dataDir, clock });
    await source.record(sampleClosure(), sampleEvent(), LEASE_MS);
    await source.dispose();
    await expect(copy()).rejects.toThrow(CopyRefused);
    expect(await database.sql('SELECT count(*)::int AS rows FROM closure')).toEqual([{ rows: 1 }]);
    await (await openSqliteStore({ dataDir, clock })).dispose();
  });

  it('is refused while a gateway has the folder', async () => {
    const source = await openSqliteStore({ dataDir, clock });
    await expect(copy()).rejects.toThrow(StoreLocked);
    await source.dispose();
  });

  it('is refused where there is no store, and makes none', async () => {
    await expect(copy()).rejects.toThrow(CopyRefused);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('that fails on the way leaves the folder to its gateway', async () => {
    await (await openSqliteStore({ dataDir, clock })).dispose();
    const nowhere = new URL(database.url);
    nowhere.pathname = '/no_such_database';
    await expect(copyStore({ dataDir, url: nowhere.href, now: Date.now() })).rejects.toThrow(StoreUnreachable);
    await (await openSqliteStore({ dataDir, clock })).dispose();
  });

  it('is a command that says what it did', async () => {
    const source = await openSqliteStore({ dataDir, clock });
    await source.record(sampleClosure(), sampleEvent(), LEASE_MS);
    await source.dispose();
    const run = (...args: string[]) => promisify(execFile)(process.execPath, ['dist/scripts/copy-store.js', ...args]);
    const { stdout } = await run('--from', dataDir, '--to', database.url);
    expect(stdout).toMatch(/^closure: 1 rows$/m);
    expect(stdout).toMatch(/^closure_event: 1 rows$/m);
    await expect(run('--from', dataDir, '--to', database.url)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was copied') });
    await expect(run('--from', dataDir)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('--to') });
  });
});

describe('a connection that breaks while the copy is committed', () => {
  beforeEach(async () => {
    const source = await openSqliteStore({ dataDir, clock });
    await source.record(sampleClosure(), sampleEvent(), LEASE_MS);
    await source.dispose();
    // Making the tables is a commit of its own.
    await (await openPostgresStore(database.url)).store.dispose();
  });

  /** Copies over a wire on which that becomes of the commit, and that of everything after it. */
  async function copyCut(commit: Meddling, afterwards: Meddling = 'pass'): Promise<unknown> {
    const url = new URL(database.url);
    let isCut = false;
    const proxy = await startTcpProxy(Number(url.port), (sent) => {
      if (isCut) return afterwards;
      isCut = sent.includes('COMMIT');
      return isCut ? commit : 'pass';
    });
    url.port = String(proxy.port);
    try {
      return await copyStore({ dataDir, url: url.href, now: Date.now() }).catch((error: unknown) => error);
    } finally {
      await proxy.dispose();
    }
  }
  const copied = () => database.sql('SELECT count(*)::int AS rows FROM closure');

  it('when it was made there is found out, and leaves the folder marked', async () => {
    expect(await copyCut('loseAnswer')).toBeUndefined();
    expect(await copied()).toEqual([{ rows: 1 }]);
    await expect(openSqliteStore({ dataDir, clock })).rejects.toThrow(StoreMoved);
  });

  it('before it got there is found out, and gives the folder back', async () => {
    expect(await copyCut('loseRequest')).toBeInstanceOf(CopyRefused);
    expect(await copied()).toEqual([{ rows: 0 }]);
    await (await openSqliteStore({ dataDir, clock })).dispose();
  });

  it('and stays broken leaves the folder marked, and says how to find out', async () => {
    const error = await copyCut('loseAnswer', 'loseRequest');
    expect(error).toBeInstanceOf(CopyUnknown);
    const [, question] = /(SELECT pg_xact_status\('\d+'\))/.exec(String(error)) ?? [];
    expect(await database.sql(String(question))).toEqual([{ pg_xact_status: 'committed' }]);
    expect(String(error)).toContain(join(dataDir, 'gateway.moved.txt'));
    await expect(openSqliteStore({ dataDir, clock })).rejects.toThrow(StoreMoved);
  });
});
