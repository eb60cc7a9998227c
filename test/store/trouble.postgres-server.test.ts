import type { StoreNews } from '../../src/ports/store';
import { StoreNotDurable, StoreUnreachable } from '../../src/store/errors';
import { openPostgresStore } from '../../src/store/postgres';
import { LEASE_MS } from '../store-contract/harness';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { type PostgresServer, startPostgres } from '../support/postgres-server';
import { sampleClosure, sampleEvent } from '../support/sample-closure';
import { startTcpProxy } from '../support/tcp-proxy';

let server: PostgresServer;
let database: TestDatabase;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.dispose());
beforeEach(async () => {
  database = await createDatabase(server.url());
});
afterEach(() => database.dispose());

const write = (store: Awaited<ReturnType<typeof openPostgresStore>>['store'], closure = sampleClosure()) =>
  store.record(closure, sampleEvent(), LEASE_MS);

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a server that does not keep what it acknowledged', () => {
  afterEach(async () => {
    await server.stop();
    await server.start();
  });

  it.each(['fsync', 'full_page_writes', 'synchronous_commit'])('is refused: %s=off', async (setting) => {
    await server.stop();
    await server.start([`${setting}=off`]);
    const refusal = openPostgresStore(database.url);
    await expect(refusal).rejects.toThrow(StoreNotDurable);
    await expect(refusal).rejects.toThrow(`${setting} must be on, and the database says off`);
  });
});

describe('a server that is told, under an open store, to keep nothing', () => {
  async function set(setting: string, value: string): Promise<void> {
    await database.sql(`ALTER SYSTEM SET ${setting} = ${value}`);
    await database.sql('SELECT pg_reload_conf()');
    await until(async () => (await database.sql(`SHOW ${setting}`))[0]?.[setting] === value);
  }

  it.each(['fsync', 'full_page_writes', 'synchronous_commit'])('makes it unready until it is told otherwise: %s=off', async (setting) => {
    const { store } = await openPostgresStore(database.url);
    await store.ping();
    await set(setting, 'off');
    await expect(store.ping()).rejects.toThrow(`${setting} must be on, and the database says off`);
    await set(setting, 'on');
    await store.ping();
    await store.dispose();
  });

  it('loses nothing that was acknowledged when it crashes: synchronous_commit=off', async () => {
    await server.stop();
    // Nobody else writes to the disk what a commit did not.
    await server.start(['wal_writer_delay=10000']);
    const { store } = await openPostgresStore(database.url);
    await write(store);
    await set('synchronous_commit', 'off');
    const closure = sampleClosure();
    await write(store, closure);
    await server.crash();
    await server.start();
    await set('synchronous_commit', 'on');
    expect(await store.closures('tenant-a', [closure.id])).toMatchObject([{ id: closure.id }]);
    await store.dispose();
  });
});

describe('a server that goes away', () => {
  it('fails what is asked meanwhile, and is used again when it is back', async () => {
    const { store } = await openPostgresStore(database.url);
    const before = sampleClosure();
    await write(store, before);
    await server.stop();
    await expect(write(store)).rejects.toThrow();
    await expect(store.closures('tenant-a', [before.id])).rejects.toThrow();
    await expect(store.ping()).rejects.toThrow();
    await server.start();
    await store.ping();
    expect(await store.closures('tenant-a', [before.id])).toMatchObject([{ id: before.id }]);
    expect(await write(store)).toMatchObject({ kind: 'recorded' });
    await store.dispose();
  });

  it('is listened to again, and says that something may have been missed', async () => {
    const [{ store }, { store: other }] = [await openPostgresStore(database.url), await openPostgresStore(database.url)];
    const heard: StoreNews[] = [];
    store.onNews((news) => heard.push(news));
    await server.stop();
    heard.length = 0;
    await server.start();
    await until(() => heard.some(({ kind }) => kind === 'missed'));
    const closure = sampleClosure();
    await write(other, closure);
    await until(() => heard.some((news) => news.kind === 'changed' && news.id === closure.id));
    await Promise.all([store.dispose(), other.dispose()]);
  });

  it('loses nothing that it acknowledged when it crashes under load', async () => {
    const CRASHES = 3;
    const SIDES = 16;
    const { store } = await openPostgresStore(database.url);
    const acknowledged: string[] = [];
    for (let crash = 0; crash < CRASHES; crash += 1) {
      const before = acknowledged.length;
      const side = async (): Promise<void> => {
        for (;;) {
          const closure = sampleClosure();
          try {
            await write(store, closure);
          } catch {
            return;
          }
          acknowledged.push(closure.id);
        }
      };
      const sides = Array.from({ length: SIDES }, side);
      await until(() => acknowledged.length > before + 5 * SIDES);
      await server.crash();
      await Promise.all(sides);
      await server.start();
    }
    const found = await store.closures('tenant-a', acknowledged);
    expect(found).not.toContain(null);
    expect(await store.events('tenant-a', acknowledged)).not.toContainEqual([]);
    await store.dispose();
  });

  it('is named at the start when it is not there, without its password', async () => {
    const url = new URL(database.url);
    url.password = 'very-secret-word';
    url.port = '1';
    const refusal = await openPostgresStore(url.href).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StoreUnreachable);
    expect(String(refusal)).toContain('ECONNREFUSED');
    expect(String(refusal)).not.toContain('very-secret-word');
  });
});

describe('a connection that is lost during the commit', () => {
  it('rejects every write of the group, though they may stand, and the store goes on', async () => {
    const url = new URL(database.url);
    const proxy = await startTcpProxy(Number(url.port));
    url.port = String(proxy.port);
    const { store } = await openPostgresStore(url.href);
    const closures = Array.from({ length: 5 }, () => sampleClosure());
    proxy.loseAnswers();
    const writes = await Promise.allSettled(closures.map((closure) => write(store, closure)));
    expect(writes.map(({ status }) => status)).toEqual(closures.map(() => 'rejected'));
    proxy.heal();
    const again = await Promise.all(closures.map((closure) => write(store, { ...sampleClosure(), idempotencyKey: closure.idempotencyKey })));
    expect(again.map(({ kind }) => kind)).toEqual(closures.map(() => 'keyTaken'));
    await store.dispose();
    await proxy.dispose();
  });
});

describe('a connection that is to listen, and is not answered', () => {
  /** A store whose connection that listens is broken, and whose next one meets silence. */
  async function unanswered() {
    const url = new URL(database.url);
    let silences = 0;
    let isHealthy = true;
    const proxy = await startTcpProxy(Number(url.port), (sent) => {
      if (isHealthy || !sent.includes('LISTEN')) return 'pass';
      isHealthy = true;
      silences += 1;
      return 'silence';
    });
    url.port = String(proxy.port);
    const { store } = await openPostgresStore(url.href);
    const heard: StoreNews[] = [];
    store.onNews((news) => heard.push(news));
    isHealthy = false;
    await database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'");
    await until(() => silences > 0);
    return { store, heard, proxy };
  }

  it('is given up for another one', async () => {
    const { store, heard, proxy } = await unanswered();
    await until(() => heard.some(({ kind }) => kind === 'missed'));
    const closure = sampleClosure();
    await write(store, closure);
    await until(() => heard.some((news) => news.kind === 'changed' && news.id === closure.id));
    await store.dispose();
    await proxy.dispose();
  });

  it('does not keep the store from closing', async () => {
    const { store, heard, proxy } = await unanswered();
    await store.dispose();
    expect(heard).toEqual([]);
    await proxy.dispose();
  });
});
