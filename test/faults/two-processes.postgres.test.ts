import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Client as Connection } from 'pg';
import type { Child } from '../support/child';
import { type Client, environmentFor, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { newSeed } from './chance';
import { race } from './races';
import { postgresOn } from './stores';

/** Two gateways on one database; a claim of theirs holds for 5.4 s. */
const PROVIDER_TIMEOUT_MS = '200';
const ROUNDS = 25;
const seed = newSeed();
const server = process.env.TEST_DATABASE_URL ?? '';

let database: TestDatabase;
let sandboxes: Sandboxes;
let children: Child[];

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
beforeEach(async () => {
  database = await createDatabase();
  sandboxes = await startBothSandboxes();
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map((child) => child.kill()));
  await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
  await database.dispose();
});

async function start(): Promise<{ child: Child; client: Client }> {
  const env = { DATABASE_URL: database.url, PROVIDER_TIMEOUT_MS, RECONCILE_HORIZON_MS: '86400000', ...environmentFor({ ...sandboxes }) };
  const gateway = await startGatewayProcess(env);
  children.push(gateway.child);
  return gateway;
}

async function startTwo() {
  return [await start(), await start()] as const;
}

describe('two processes on one database', () => {
  it.each(['key', 'account'] as const)(`take one %s, raced from both, for one closure and one close request (seed ${seed})`, async (kind) => {
    const { processes, won, oddities, findings } = await race(kind, postgresOn(server), ROUNDS, seed);
    expect({ processes, won, oddities, findings }).toEqual({ processes: 2, won: ROUNDS, oddities: [], findings: [] });
  }, 300_000);

  it.each(['upvest', 'emoney'] as const)('%s: go on with what the other was doing when it was killed', async (provider) => {
    const [one, two] = await startTwo();
    const id = randomUUID();
    sandboxes[provider].script(id, 'close', ['hang-after']);
    const lost = one.client.close({ account: { provider, id } }).catch(() => undefined);
    while (sandboxes[provider].effectiveCloses(id) === 0) await wait(2);
    await one.child.kill();
    await lost;
    const [row] = await database.sql('SELECT id FROM closure');
    const done = await two.client.until(String(row?.id), 'CLOSED');
    expect(done.attempts).toBe(1);
    expect(sandboxes[provider].closeRequests(id)).toBe(1);
  });

  it('leave a webhook that one of them kept to whoever lives', async () => {
    const [one, two] = await startTwo();
    const id = randomUUID();
    const { closure } = await two.client.close({ account: { provider: 'upvest', id } });
    one.child.signal('SIGKILL');
    await one.child.ended;
    expect(await two.client.until(closure?.id ?? '', 'CLOSED')).toMatchObject({ attempts: 1 });
  });
});

describe('a process that was stopped for longer than its claim', () => {
  /** Keeps every mark from being written until the function given back is called. */
  async function holdMarks(): Promise<() => Promise<void>> {
    const connection = new Connection(database.url);
    await connection.connect();
    await connection.query('BEGIN; LOCK TABLE attempt IN EXCLUSIVE MODE');
    return async () => {
      await connection.query('COMMIT');
      await connection.end();
    };
  }

  async function aMarkWaits(): Promise<void> {
    const waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while ((await database.sql(waiting)).length === 0) await wait(5);
  }

  it.each(['upvest', 'emoney'] as const)('%s: sends nothing when its mark was written and another took over', async (provider) => {
    const [stopped, other] = await startTwo();
    const id = randomUUID();
    const letGo = await holdMarks();
    const answer = stopped.client.close({ account: { provider, id } });
    await aMarkWaits();
    stopped.child.signal('SIGSTOP');
    // The mark is at the server already, and is written without the process that asked for it.
    await letGo();
    const [row] = await database.sql('SELECT id FROM closure');
    const done = await other.client.until(String(row?.id), 'CLOSED');
    stopped.child.signal('SIGCONT');
    expect((await answer).closure).toMatchObject({ id: done.id });
    // What it may still do, it does before it ends.
    stopped.child.signal('SIGTERM');
    expect(await stopped.child.ended).toBe(0);
    expect([sandboxes[provider].closeRequests(id), sandboxes[provider].effectiveCloses(id)]).toEqual([1, 1]);
    const after = await other.client.status(done.id);
    expect(after?.history).toEqual(done.history);
    expect(after?.status).toBe('CLOSED');
  });

  it('changes nothing with an answer that it reads too late', async () => {
    const [stopped, other] = await startTwo();
    const id = randomUUID();
    sandboxes.emoney.script(id, 'close', ['hang-after']);
    const answer = stopped.client.close({ account: { provider: 'emoney', id } });
    while (sandboxes.emoney.effectiveCloses(id) === 0) await wait(2);
    stopped.child.signal('SIGSTOP');
    const [row] = await database.sql('SELECT id FROM closure');
    const done = await other.client.until(String(row?.id), 'CLOSED');
    stopped.child.signal('SIGCONT');
    await answer;
    stopped.child.signal('SIGTERM');
    expect(await stopped.child.ended).toBe(0);
    expect(sandboxes.emoney.closeRequests(id)).toBe(1);
    expect(await other.client.status(done.id)).toMatchObject({ status: 'CLOSED', history: done.history });
  });
});
