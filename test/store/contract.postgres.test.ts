import { openPostgresStore } from '../../src/store/postgres';
import { openPostgresAuditTrail } from '../../src/store/postgres/audit-trail';
import { storeContract } from '../store-contract/suite';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { postgresHarnesses } from './postgres-harness';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.dispose());

storeContract('PostgreSQL', {
  open: postgresHarnesses(() => ({
    open: () => openPostgresStore(database.url),
    auditTrail: () => openPostgresAuditTrail(database.url),
    sql: (text) => database.sql(text),
  })),
});
