import { Client } from 'pg';
import { StoreTooOld } from '../../src/store/errors';
import { migrationFiles } from '../../src/store/migration-files';
import { openPostgresStore } from '../../src/store/postgres';
import { openPostgresAuditTrail } from '../../src/store/postgres/audit-trail';
import type { ClosureStore } from '../../src/ports/store';
import { auditKey, verified } from '../support/audit';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { sampleClosure, sampleEvent } from '../support/sample-closure';

/** Parents before their children. No migration since the oldest here has changed a column. */
const TABLES = ['closure', 'closure_identifier', 'attempt', 'closure_event', 'audit_checkpoint', 'audit_seal', 'closure_report', 'closure_child', 'webhook_event'];
const NEWEST = migrationFiles('postgres').length;
const key = auditKey();

const databases: TestDatabase[] = [];
const stores: ClosureStore[] = [];

async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createDatabase();
  databases.push(database);
  return database;
}

/** What a gateway of the versions before asks for work. */
async function claimAsBefore(database: TestDatabase): Promise<string[]> {
  const [row] = await database.sql("SELECT gateway_claim(10, 1000, '{}', '{}') AS claimed");
  return (row!.claimed as { closure: { id: string } }[]).map(({ closure }) => closure.id);
}

async function open({ url }: TestDatabase): Promise<ClosureStore> {
  const { store } = await openPostgresStore(url);
  stores.push(store);
  return store;
}

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.dispose()));
  await Promise.all(databases.splice(0).map((database) => database.dispose()));
});

/** One closure that is settled and sealed, and one with a request in doubt. */
async function fill(store: ClosureStore) {
  const [done, inDoubt] = [sampleClosure({ reasonText: 'weg – 離', dueAt: null }), sampleClosure({ dueAt: 1 })];
  for (const closure of [done, inDoubt]) await store.record(closure, sampleEvent(), 0);
  const change = { guard: { version: 1 }, visible: true, lease: 'release' } as const;
  await store.commit({ ...change, id: done.id, set: { status: 'CLOSED' }, event: sampleEvent({ from: 'REQUESTED', to: 'CLOSED' }) });
  const mark = { number: 1, markedAt: 1, deadlineMs: 100, effect: 'MARKED', answeredAt: null, evidence: {} } as const;
  await store.commit({ ...change, id: inDoubt.id, set: { status: 'UNCONFIRMED', attempts: 1 }, mark, event: sampleEvent({ from: 'REQUESTED', to: 'UNCONFIRMED' }) });
  await store.sealCheckpoint(100, key.signer);
  return { done, inDoubt };
}

/** A database as the gateway of that version left it, with the same rows. */
async function older(version: number, of: TestDatabase): Promise<TestDatabase> {
  const database = await emptyDatabase();
  for (const { sql } of migrationFiles('postgres').slice(0, version)) await database.sql(sql);
  await database.sql(`CREATE TABLE gateway_schema (version integer NOT NULL); INSERT INTO gateway_schema VALUES (${version})`);
  const client = new Client(database.url);
  await client.connect();
  for (const table of TABLES) {
    const [row] = await of.sql(`SELECT coalesce(json_agg(t), '[]')::text AS rows FROM ${table} AS t`);
    await client.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [row?.rows]);
  }
  await client.end();
  return database;
}

describe.each(Array.from({ length: NEWEST - 3 }, (_, index) => index + 3))('a database of schema version %i', (version) => {
  it('keeps every row, and its audit trail, when this version opens it', async () => {
    const newer = await emptyDatabase();
    const { done, inDoubt } = await fill(await open(newer));
    const database = await older(version, newer);
    await expect(openPostgresAuditTrail(database.url)).rejects.toThrow(StoreTooOld);

    // Two processes of the new version start at once.
    const [store] = await Promise.all([open(database), open(database)]);
    const ids = [done.id, inDoubt.id];
    const [before] = stores;
    expect(await store!.closures(done.tenant, ids)).toEqual(await before!.closures(done.tenant, ids));
    expect(await store!.events(done.tenant, ids)).toEqual(await before!.events(done.tenant, ids));
    expect(await store!.attempts(inDoubt.id)).toEqual(await before!.attempts(inDoubt.id));
    expect(await database.sql('SELECT version FROM gateway_schema')).toEqual([{ version: NEWEST }]);
    const trail = await openPostgresAuditTrail(database.url);
    expect(await verified(trail, [key])).toMatchObject({ found: [], closures: 2, entries: 4, unsealed: 0 });
    await trail.dispose();
  });

  it('works on afterwards as a new one does', async () => {
    const newer = await emptyDatabase();
    const { inDoubt } = await fill(await open(newer));
    const store = await open(await older(version, newer));
    const [before] = await store.closures(inDoubt.tenant, [inDoubt.id]);
    const changed = new Promise<string>((resolve) => store.onNews((news) => news.kind === 'changed' && resolve(news.id)));
    await store.recordLateAnswer(inDoubt.id, { number: 1, effect: 'COMPLETED', answeredAt: 5, evidence: {} });
    expect(await changed).toBe(inDoubt.id);
    // Whoever decided without that answer must not go on: the fence and the version are raised by it.
    expect(await store.closures(inDoubt.tenant, [inDoubt.id])).toMatchObject([{ version: before!.version + 1, fence: before!.fence + 1 }]);
    expect(await store.nextDueAt()).not.toBeNull();
    expect((await store.claimDue(10, 1_000)).map(({ closure }) => closure.id)).toEqual([inDoubt.id]);
    const visibleTo = { subject: inDoubt.subject, accountRefs: [] };
    expect((await store.list(inDoubt.tenant, { visibleTo }, 10, null)).map(({ id }) => id)).toContain(inDoubt.id);
  });
});

it('gives gateways of the versions before work beside this one, each closure to one of them', async () => {
  const database = await emptyDatabase();
  const store = await open(database);
  const due = [1, 2, 3, 4].map((dueAt) => sampleClosure({ dueAt }));
  for (const closure of due) {
    await store.record(closure, sampleEvent(), 0);
    await store.commit({ id: closure.id, guard: { version: 1 }, set: {}, visible: false, lease: 'release' });
  }
  const mine = (await store.claimDue(2, 60_000)).map(({ closure }) => closure.id);
  const theirs = await claimAsBefore(database);
  expect([mine, theirs]).toEqual([due.slice(0, 2).map(({ id }) => id), due.slice(2).map(({ id }) => id)]);
  expect([await store.claimDue(10, 1_000), await claimAsBefore(database)]).toEqual([[], []]);
});
