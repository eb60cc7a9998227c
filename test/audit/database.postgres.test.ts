import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClosureStore } from '../../src/ports/store';
import { openPostgresStore } from '../../src/store/postgres';
import { auditKey } from '../support/audit';
import { run } from '../support/audited-store';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { sampleClosure, sampleEvent } from '../support/sample-closure';

const key = auditKey();
let database: TestDatabase;
let folder: string;
let keyFile: string;
const opened: ClosureStore[] = [];

beforeEach(async () => {
  database = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), 'closure-audit-'));
  keyFile = join(folder, 'audit.pub');
  writeFileSync(keyFile, key.publicPem);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.dispose()));
  await database.dispose();
  rmSync(folder, { recursive: true });
});

async function open(): Promise<ClosureStore> {
  const { store } = await openPostgresStore(database.url);
  opened.push(store);
  return store;
}

const verify = (...more: string[]) => run('verify', '--from', database.url, '--key', keyFile, ...more);

/** A closure of two entries. */
async function closed(store: ClosureStore): Promise<string> {
  const closure = sampleClosure({ reasonText: 'weg – 離' });
  const { id } = closure;
  await store.record(closure, sampleEvent({ detail: 'Grund – 理由' }), 0);
  const event = sampleEvent({ from: 'REQUESTED', to: 'CLOSED', cause: 'RESPONSE', actor: null, evidence: { httpStatus: 204 } });
  await store.commit({ id, guard: { version: 1 }, set: { status: 'CLOSED' }, visible: true, event, lease: 'release' });
  return id;
}

describe('the audit trail of a database', () => {
  it('is whole while many processes write and seal', async () => {
    const stores = await Promise.all([open(), open(), open()]);
    const work = stores.flatMap((store) => Array.from({ length: 20 }, () => closed(store)));
    const seals = stores.map(async (store) => {
      for (let seal = 0; seal < 10; seal += 1) await store.sealCheckpoint(7, key.signer);
    });
    const looks = (async () => {
      for (let look = 0; look < 5; look += 1) expect(await verify()).toMatchObject({ status: 0 });
    })();
    await Promise.all([...work, ...seals, looks]);
    while (await stores[0]!.sealCheckpoint(7, key.signer));
    const { status, lines } = await verify();
    expect(lines[0]).toMatch(/^Looked at 60 closures with 120 entries, and at \d+ checkpoints\.$/);
    expect(lines.at(-1)).toBe('Nothing is wrong.');
    expect(status).toBe(0);
  });

  it.each([
    ['an entry that was changed', "UPDATE closure_event SET detail = 'x' WHERE seq = 1", /entry 1, or what was asked for, was changed/],
    ['evidence that was changed', "UPDATE closure_event SET evidence = '{}' WHERE seq = 2", /entry 2 was changed/],
    ['a status that was changed', "UPDATE closure SET status = 'REJECTED'", /its row says REJECTED, and its last entry CLOSED/],
    ['an entry that is gone', 'DELETE FROM closure_event WHERE seq = 2', /entry 2, sealed by checkpoint 1, is missing/],
    ['another account', "UPDATE closure SET account = replace(account, 'ACCOUNT', 'ACCOUNT_GROUP')", /what was asked for, was changed/],
    ['an account that cannot be read', "UPDATE closure SET account = '{'", /what was asked for cannot be read/],
    ['a checkpoint that was changed', 'UPDATE audit_checkpoint SET sealed_at = sealed_at + 1', /checkpoint 1: it, what it lists, or the one before it was changed/],
    [
      'a closure that is gone, by somebody who may drop constraints',
      'ALTER TABLE audit_seal DROP CONSTRAINT audit_seal_closure_id_fkey; ALTER TABLE closure_event DROP CONSTRAINT closure_event_closure_id_fkey; DELETE FROM closure_identifier; DELETE FROM closure',
      /is gone; 2 entries and 1 seals of it are left/,
    ],
  ])('shows %s', async (_what, sql, finding) => {
    const store = await open();
    await closed(store);
    await store.sealCheckpoint(10, key.signer);
    await database.sql(sql);
    const { status, lines } = await verify();
    expect(lines.filter((line) => line.startsWith('WRONG')).join('\n')).toMatch(finding);
    expect(status).toBe(1);
  });

  it('is exported, and its newest checkpoint, which verify then takes', async () => {
    const store = await open();
    const id = await closed(store);
    await store.sealCheckpoint(10, key.signer);
    const { lines } = await run('export', '--from', database.url, '--closure', id);
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['closure', 'entry', 'entry', 'seal']);
    expect(await run('export', '--from', database.url, '--closure', 'nobody')).toMatchObject({ status: 1 });
    const out = join(folder, 'checkpoint.json');
    expect(await run('checkpoint', '--from', database.url, '--out', out)).toMatchObject({ status: 0 });
    expect(await verify('--checkpoint', out)).toMatchObject({ status: 0 });
    await database.sql('DELETE FROM audit_seal; DELETE FROM audit_checkpoint; UPDATE closure SET audit_sealed = 0');
    expect(await verify('--checkpoint', out)).toMatchObject({ status: 1 });
  });

  it('is read with the right to read alone, and from a database that is no place for a store', async () => {
    await closed(await open());
    const role = `auditor_${process.pid}`;
    await database.sql(`CREATE ROLE ${role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}; ALTER ROLE ${role} SET synchronous_commit = off`);
    const url = new URL(database.url);
    url.username = role;
    expect(await run('verify', '--from', url.href)).toMatchObject({ status: 0 });
    await database.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it('is not made where there is none, and a database that cannot be read is no trail in order', async () => {
    expect(await verify()).toEqual({ status: 2, lines: ['The database holds no store.'] });
    expect(await database.sql("SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public'")).toEqual([{ tables: 0 }]);
    const nowhere = new URL(database.url);
    nowhere.pathname = '/no_such_database';
    nowhere.password = 'very-secret-word';
    const { status, lines } = await run('verify', '--from', nowhere.href);
    expect(status).toBe(2);
    expect(lines.join()).toMatch(/^The database cannot be used: /);
    expect(lines.join()).not.toContain('very-secret-word');
  });
});
