import { PGlite } from '@electric-sql/pglite';
import { openOnDriver } from '../../src/store/postgres';
import { openAuditTrailOn } from '../../src/store/postgres/audit-trail';
import { storeContract } from '../store-contract/suite';
import { pgliteDriver } from './pglite-driver';
import { postgresHarnesses } from './postgres-harness';

let db: PGlite;
beforeAll(async () => {
  db = await PGlite.create();
}, 60_000);
afterAll(() => db.close());

storeContract('PGlite', {
  open: postgresHarnesses(() => ({
    open: () => openOnDriver(pgliteDriver(db)),
    auditTrail: () => openAuditTrailOn(pgliteDriver(db)),
    sql: (text) => db.exec(text),
  })),
});
