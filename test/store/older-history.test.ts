import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Closure } from '../../src/domain/closure';
import { StoreTooOld } from '../../src/store/errors';
import { openSqliteStore } from '../../src/store/sqlite';
import { openSqliteAuditTrail } from '../../src/store/sqlite/audit-trail';
import { Database } from '../../src/store/sqlite/database';
import { verified } from '../support/audit';
import { sampleClosure, sampleEvent } from '../support/sample-closure';
import { temporaryFolder } from './sqlite-harness';

const clock = { now: Date.now, monotonic: () => performance.now() };
/** More than the migration holds in memory at once. */
const CLOSURES = 1_100;

describe('a store from before the audit trail', () => {
  let dataDir: string;
  const closures: Closure[] = [];

  beforeAll(async () => {
    dataDir = temporaryFolder();
    const store = await openSqliteStore({ dataDir, clock });
    for (let index = 0; index < CLOSURES; index += 1) closures.push(sampleClosure({ reasonText: index % 2 ? 'weg – 離' : null }));
    await Promise.all(closures.map((closure) => store.record(closure, sampleEvent({ detail: 'x' }), 0)));
    const moved = closures.filter((_, index) => index % 3 === 0);
    const event = sampleEvent({ from: 'REQUESTED', to: 'CLOSING', actor: null });
    await Promise.all(moved.map(({ id }) => store.commit({ id, guard: { version: 1 }, set: { status: 'CLOSING' }, visible: true, event, lease: 'release' })));
    await store.dispose();
    const db = new Database(join(dataDir, 'gateway.db'), 0);
    db.exec(`
      ALTER TABLE closure DROP COLUMN blockers_unknown;
      DROP INDEX closure_due_by_provider;
      DROP INDEX closure_by_subject;
      DROP TABLE audit_seal;
      DROP TABLE audit_checkpoint;
      DROP INDEX closure_unsealed;
      ALTER TABLE closure DROP COLUMN audit_head;
      ALTER TABLE closure DROP COLUMN audit_count;
      ALTER TABLE closure DROP COLUMN audit_sealed;
      ALTER TABLE closure_event DROP COLUMN hash;
      ALTER TABLE closure_event DROP COLUMN evidence;
      PRAGMA user_version = 5;
    `);
    db.close();
  });
  afterAll(() => rmSync(dataDir, { recursive: true }));

  it('has no trail that could be read', async () => {
    await expect(openSqliteAuditTrail(dataDir)).rejects.toThrow(StoreTooOld);
  });

  it('is chained when it is opened, every entry of every closure', async () => {
    const store = await openSqliteStore({ dataDir, clock });
    const trail = await openSqliteAuditTrail(dataDir);
    const entries = CLOSURES + Math.ceil(CLOSURES / 3);
    expect(await verified(trail)).toMatchObject({ found: [], closures: CLOSURES, entries, unsealed: entries });
    const event = sampleEvent({ from: 'REQUESTED', to: 'CLOSED' });
    await store.commit({ id: closures[1]!.id, guard: { version: 1 }, set: { status: 'CLOSED' }, visible: true, event, lease: 'release' });
    expect(await verified(trail)).toMatchObject({ found: [], entries: entries + 1 });
    await trail.dispose();
    await store.dispose();
  });
});
