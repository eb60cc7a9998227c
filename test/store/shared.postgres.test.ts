import { Client } from 'pg';
import { ClockWatch } from '../../src/engine/clock-watch';
import type { ClosureStore, StoreNews } from '../../src/ports/store';
import type { Telemetry } from '../../src/ports/telemetry';
import { StoreNotDurable, StoreTooNew, StoreUnreachable } from '../../src/store/errors';
import { openPostgresStore, type PostgresOptions } from '../../src/store/postgres';
import { until } from '../faults/waiting';
import { byObserver, byWorker, LEASE_MS } from '../store-contract/harness';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { sampleClosure, sampleEvent } from '../support/sample-closure';

let database: TestDatabase;
const opened: ClosureStore[] = [];
beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.dispose()));
  await database.dispose();
});

async function open(options?: PostgresOptions) {
  const { store, clock } = await openPostgresStore(database.url, options);
  opened.push(store);
  return { store, clock };
}

async function openTwo() {
  return [(await open()).store, (await open()).store] as const;
}

async function recorded(store: ClosureStore, over = {}, leaseMs = LEASE_MS) {
  const result = await store.record(sampleClosure(over), sampleEvent(), leaseMs);
  if (result.kind !== 'recorded') throw new Error(result.kind);
  return result.closure;
}

/** A statement by somebody else, whose transaction stays open until the function given back is called. */
async function during(sql: string): Promise<() => Promise<void>> {
  const client = new Client(database.url);
  await client.connect();
  await client.query('BEGIN');
  await client.query(sql);
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}

function next(store: ClosureStore, wanted: (news: StoreNews) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const end = store.onNews((news) => {
      if (!wanted(news)) return;
      end();
      resolve();
    });
  });
}

describe('the tables', () => {
  it('are made once when ten processes start at the same moment', async () => {
    const stores = await Promise.all(Array.from({ length: 10 }, () => open()));
    await Promise.all(stores.map(({ store }) => recorded(store)));
    expect(await database.sql('SELECT count(*)::int AS rows FROM gateway_schema')).toEqual([{ rows: 1 }]);
  });

  it('of a newer gateway are refused, and left to it', async () => {
    await open();
    await database.sql('UPDATE gateway_schema SET version = 999');
    await expect(open()).rejects.toThrow(StoreTooNew);
    expect(await database.sql('SELECT version FROM gateway_schema')).toEqual([{ version: 999 }]);
  });

  it('are used by a role that may not change them', async () => {
    await open();
    const role = `reader_${process.pid}`;
    await database.sql(`CREATE ROLE ${role} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
    const url = new URL(database.url);
    url.username = role;
    const { store } = await openPostgresStore(url.href);
    await recorded(store);
    await store.dispose();
    await database.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
});

describe('a setting of the database alone', () => {
  it('that gives durability away is refused', async () => {
    await database.sql(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET synchronous_commit = off`);
    await expect(open()).rejects.toThrow(StoreNotDurable);
  });

  it('that gives it away later makes the store unready', async () => {
    const { store } = await open();
    await store.ping();
    await database.sql(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET synchronous_commit = off`);
    await database.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()');
    await expect(store.ping().catch(() => store.ping())).rejects.toThrow(StoreNotDurable);
  });

  it('such as another isolation changes nothing', async () => {
    await database.sql(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET default_transaction_isolation = serializable`);
    const [one, two] = await openTwo();
    const closure = await recorded(one);
    const writes = Array.from({ length: 40 }, (_, index) => (index % 2 ? one : two).commit(byObserver(closure, { set: { quietSteps: index } })));
    expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1);
  });

  it('such as a role without a database of that name is told', async () => {
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    await expect(openPostgresStore(url.href)).rejects.toThrow(StoreUnreachable);
    await expect(openPostgresStore(url.href)).rejects.toThrow('database "no_such_database" does not exist');
  });
});

describe('two stores on one database', () => {
  it('give each closure that is due to one of many workers', async () => {
    const stores = await openTwo();
    const closures = await Promise.all(Array.from({ length: 60 }, () => recorded(stores[0], { dueAt: 1 }, 0)));
    const claims = await Promise.all(Array.from({ length: 20 }, (_, index) => stores[index % 2]!.claimDue(5, LEASE_MS)));
    const ids = claims.flat().map(({ closure }) => closure.id);
    const rest = (await stores[0].claimDue(100, LEASE_MS)).map(({ closure }) => closure.id);
    expect([...ids, ...rest].toSorted()).toEqual(closures.map(({ id }) => id).toSorted());
  });

  it('fence the worker of the one when the other takes over', async () => {
    const [one, two] = await openTwo();
    const closure = await recorded(one, { dueAt: 1 }, 0);
    const [claim] = await two.claimDue(1, LEASE_MS);
    expect(claim?.closure.id).toBe(closure.id);
    expect(await one.commit(byWorker(closure, { set: { providerStatus: 'late' } }))).toBeNull();
  });

  it('tell each other of changes, and of work that is due at once', async () => {
    const [one, two] = await openTwo();
    const closure = await recorded(one);
    const heard = next(two, (news) => news.kind === 'changed' && news.id === closure.id);
    const due = next(two, (news) => news.kind === 'due');
    const event = sampleEvent({ from: 'REQUESTED', to: 'CLOSING' });
    await one.commit(byWorker(closure, { set: { status: 'CLOSING', dueAt: 1 }, event, lease: 'release' }));
    await Promise.all([heard, due]);
  });

  it('record one of two hundred requests for one key, and one for one account', async () => {
    const stores = await openTwo();
    const { account, idempotencyKey } = sampleClosure();
    for (const same of [{ idempotencyKey }, { account }]) {
      const writes = Array.from({ length: 200 }, (_, index) => stores[index % 2]!.record(sampleClosure(same), sampleEvent(), LEASE_MS));
      const kinds = (await Promise.all(writes)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'recorded')).toHaveLength(1);
      expect(kinds).not.toContain('stale');
    }
  });

  it('change closures in opposite orders without an end to the waiting', async () => {
    const [one, two] = await openTwo();
    const closures = await Promise.all(Array.from({ length: 30 }, () => recorded(one)));
    const change = (store: ClosureStore, closure: (typeof closures)[number]) =>
      store.commit(byWorker(closure, { set: { quietSteps: 1 }, event: sampleEvent() }));
    for (let round = 0; round < 5; round += 1) {
      const there = closures.map((closure) => change(one, closure));
      const back = closures.toReversed().map((closure) => change(two, closure));
      expect(await Promise.all([...there, ...back])).not.toContain(null);
    }
  });

  it('see one time, whatever their own machines say', async () => {
    const { clock } = await open();
    const [row] = await database.sql('SELECT gateway_now()::float8 AS now');
    // Far less than a lease; a clock of its own could be off by hours.
    expect(Math.abs(clock.now() - Number(row?.now))).toBeLessThan(5_000);
    await database.sql("CREATE OR REPLACE FUNCTION gateway_now() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT 5000000::bigint'");
    const { clock: other } = await open();
    expect(other.now()).toBeLessThan(5_010_000);
  });
});

describe("the database's clock", () => {
  const HOUR_MS = 3_600_000;

  it.each([
    ['forward', HOUR_MS],
    ['back', -HOUR_MS],
  ])('is followed when it is set %s under an open store, and operations are told', async (way, by) => {
    const { clock } = await open({ askTimeEveryMs: 50 });
    const alarms: string[] = [];
    const telemetry: Telemetry = {
      transition() {}, providerCall() {}, circuit() {}, overloaded() {}, unmapped() {}, pruned() {},
      alarm: ({ what, error }) => void alarms.push(`${what}: ${String(error)}`),
    };
    const watch = new ClockWatch({ clock, telemetry });
    watch.start();
    const ahead = () => clock.now() - clock.monotonic();
    const before = ahead();
    await database.sql(
      `CREATE OR REPLACE FUNCTION gateway_now() RETURNS bigint LANGUAGE sql VOLATILE AS
       'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + ${by}'`,
    );
    // Far less than an hour, and more than the questions take on a busy machine.
    expect(await until(() => Math.abs(ahead() - before - by) < 5_000)).toBe(true);
    expect(await until(() => alarms.length > 0)).toBe(true);
    watch.stop();
    expect(alarms).toEqual([expect.stringMatching(new RegExp(`^the clock was set: Error: It went ${way} by 3(59|60)\\d{4} ms\\.$`))]);
  });
});

describe("a row that somebody else's tool has locked", () => {
  it('holds up its own closure, and no other', async () => {
    const { store } = await open();
    const [held, free] = [await recorded(store), await recorded(store)];
    const letGo = await during(`SELECT FROM closure WHERE id = '${held.id}' FOR UPDATE`);
    const waits = store.commit(byWorker(held, { set: { providerStatus: 'x' } }));
    expect(await store.commit(byWorker(free, { set: { providerStatus: 'x' } }))).toMatchObject({ providerStatus: 'x' });
    const together = [store.commit(byWorker(held, { set: { quietSteps: 2 } })), store.commit(byWorker(free, { set: { quietSteps: 2 } }))];
    expect(await together[1]).toMatchObject({ quietSteps: 2 });
    await letGo();
    expect(await waits).toMatchObject({ providerStatus: 'x' });
    expect(await together[0]).toMatchObject({ quietSteps: 2 });
  });

  it('is passed over by a claim', async () => {
    const { store } = await open();
    const [held, free] = [await recorded(store, { dueAt: 1 }, 0), await recorded(store, { dueAt: 1 }, 0)];
    const letGo = await during(`SELECT FROM closure WHERE id = '${held.id}' FOR UPDATE`);
    expect((await store.claimDue(10, LEASE_MS)).map(({ closure }) => closure.id)).toEqual([free.id]);
    await letGo();
    expect((await store.claimDue(10, LEASE_MS)).map(({ closure }) => closure.id)).toEqual([held.id]);
  });
});

describe('the connections', () => {
  it('are eleven at most, whatever is asked at once', async () => {
    const { store } = await open();
    const asked = Array.from({ length: 200 }, () => store.closures('tenant-a', []));
    await Promise.all([...asked, ...Array.from({ length: 200 }, () => recorded(store))]);
    const [row] = await database.sql("SELECT count(*)::int AS open FROM pg_stat_activity WHERE application_name = 'account-closure-gateway' AND datname = current_database()");
    expect(row?.open).toBeLessThanOrEqual(11);
  });
});
