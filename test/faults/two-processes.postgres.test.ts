import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Client as Connection } from 'pg';
import { startSandbox as startUpvest } from '../../providers/upvest/sandbox';
import type { Child } from '../support/child';
import { type Client, environmentFor, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { newSeed } from './chance';
import { race } from './races';
import { postgresOn } from './stores';
import { until } from './waiting';

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

async function start(over: Record<string, string> = {}, command?: readonly string[]): Promise<{ child: Child; client: Client }> {
  const env = { DATABASE_URL: database.url, PROVIDER_TIMEOUT_MS, RECONCILE_HORIZON_MS: '86400000', ...environmentFor({ ...sandboxes }), ...over };
  const gateway = await startGatewayProcess(env, command);
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

  /** What the store of the process that dies did last: it kept the events, or took them up too. */
  it.each([
    ['kept', 1],
    ['took up', 2],
  ])('leave a webhook that one of them %s to whoever lives', async (_, lastStatement) => {
    // The beginning and the end of the closing come in one delivery, and no read comes before either of them.
    await sandboxes.upvest.dispose();
    sandboxes = { ...sandboxes, upvest: await startUpvest({ closingMs: 50, webhooks: { delayMs: 1_000 } }) };
    const onlyWebhooks = { POLL_MIN_MS: '600000', POLL_MAX_MS: '600000', PROVIDER_TIMEOUT_MS: '2000' };
    const one = await start({ ...onlyWebhooks, FAILPOINT: `${lastStatement} after` }, ['node', 'dist/test/faults/failpoint-main.js']);
    const two = await start(onlyWebhooks);
    sandboxes.upvest.subscribe(`${one.client.url}/webhooks/upvest`);
    const id = randomUUID();
    const { closure } = await two.client.close({ account: { provider: 'upvest', id } });
    // It may look for events at any moment, and is to find those that were left.
    two.child.signal('SIGSTOP');
    expect(await one.child.ended).toBe('SIGKILL');
    const left = await database.sql('SELECT type, outcome, lease_until IS NOT NULL AS claimed FROM webhook_event ORDER BY position');
    expect(left).toEqual(
      ['ACCOUNT.CLOSING_INITIATED', 'ACCOUNT.CLOSED', 'REPORT.CREATED'].map((type) => ({ type, outcome: null, claimed: lastStatement === 2 })),
    );
    two.child.signal('SIGCONT');
    const done = await two.client.until(closure?.id ?? '', 'CLOSED');
    expect(done.history.map(({ to, cause }) => `${to} by ${cause}`)).toEqual(['REQUESTED by REQUEST', 'CLOSING by RESPONSE', 'CLOSED by WEBHOOK']);
    expect([done.attempts, sandboxes.upvest.closeRequests(id)]).toEqual([1, 1]);
    const open = 'SELECT FROM webhook_event WHERE outcome IS DISTINCT FROM $$APPLIED$$';
    expect(await until(async () => (await database.sql(open)).length === 0)).toBe(true);
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
