import type { AuditTrail } from '../../src/ports/audit';
import type { OpenPostgresStore } from '../../src/store/postgres';
import type { StoreHarness } from '../store-contract/harness';

/** A database with a store in it, however it is reached. */
export interface HarnessDatabase {
  open(): Promise<OpenPostgresStore>;
  auditTrail(): Promise<AuditTrail>;
  sql(text: string): Promise<unknown>;
}

/** In place of the database's own clock, one that only moves when it is told to. */
const TEST_CLOCK = `
  CREATE TABLE IF NOT EXISTS test_clock (now bigint);
  CREATE OR REPLACE FUNCTION gateway_now() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT now FROM test_clock';`;
const START = 1_790_000_000_000;

/** Without waiting for the disk: what is deleted here matters to nobody. */
const EMPTY = `
  BEGIN;
  SET LOCAL synchronous_commit = off;
  DELETE FROM audit_seal; DELETE FROM audit_checkpoint; DELETE FROM closure_child; DELETE FROM closure_report; DELETE FROM closure_event; DELETE FROM attempt;
  DELETE FROM closure_identifier; DELETE FROM closure; DELETE FROM webhook_event; DELETE FROM probe; DELETE FROM test_clock;
  INSERT INTO test_clock VALUES (${START});
  COMMIT`;

/** Makes empty stores in one database, one after another, on a clock that only moves when it is told to. */
export function postgresHarnesses(database: () => HarnessDatabase): () => Promise<StoreHarness> {
  let ready: Promise<void> | undefined;
  return async () => {
    ready ??= makeReady(database());
    await ready;
    return openHarness(database());
  };
}

async function makeReady({ open, sql }: HarnessDatabase): Promise<void> {
  await (await open()).store.dispose();
  await sql(TEST_CLOCK);
}

async function openHarness({ open, auditTrail, sql }: HarnessDatabase): Promise<StoreHarness> {
  await sql(EMPTY);
  let now = START;
  const clock = {
    now: () => now,
    monotonic: () => now,
    advance: async (ms: number) => {
      now += ms;
      await sql(`UPDATE test_clock SET now = ${now}`);
    },
  };
  const harness: StoreHarness = {
    clock,
    store: (await open()).store,
    auditTrail,
    async reopen() {
      await harness.store.dispose();
      harness.store = (await open()).store;
      return harness.store;
    },
    dispose: () => harness.store.dispose(),
  };
  return harness;
}
