import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Child } from '../support/child';
import { type Client, environmentFor, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { follow, sseClient, statusesOf, wsClient } from '../support/watching';

/** Whoever waits for the next try waits for the whole of a test. */
const UNHURRIED = { RETRY_MIN_MS: '600000', RETRY_MAX_MS: '600000' };

let database: TestDatabase;
let sandboxes: Sandboxes;
let children: Child[];

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
beforeEach(async () => {
  children = [];
  database = await createDatabase();
  sandboxes = await startBothSandboxes({ upvest: { closingMs: 1_000 } });
});
afterEach(async () => {
  await Promise.all(children.map((child) => child.kill()));
  await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
  await database.dispose();
});

async function start(): Promise<{ child: Child; client: Client }> {
  const gateway = await startGatewayProcess({ DATABASE_URL: database.url, ...UNHURRIED, ...environmentFor({ ...sandboxes }) });
  children.push(gateway.child);
  return gateway;
}

async function cancel(client: Client, id: string): Promise<void> {
  const answer = await client.graphql('mutation ($id: ID!) { cancelClosure(closureId: $id) { closure { status } error { code } } }', { id });
  expect(answer).toEqual({ cancelClosure: { closure: { status: 'CANCELLED' }, error: null } });
}

/** One that waits for its next try, because its provider does not answer. */
async function waiting(client: Client): Promise<string> {
  const id = randomUUID();
  sandboxes.emoney.script(id, 'close', Array.from({ length: 1_000 }, () => 'throttled-date'));
  return String((await client.close({ account: { provider: 'emoney', id } })).closure?.id);
}

test('a change that one process makes reaches who watches at another', async () => {
  const [one, two] = [await start(), await start()];
  const closure = (await one.client.close({ account: { provider: 'upvest', id: randomUUID() } })).closure;
  const followed = [one, two].flatMap(({ client }) => [wsClient(client.url), sseClient(client.url)]).map((client) => follow(client, { id: closure?.id }));
  expect(await Promise.all(followed.map(({ end }) => end))).toEqual(Array.from({ length: 4 }, () => 'complete'));
  for (const each of followed) {
    expect(statusesOf(each).at(0)).toBe('CLOSING');
    expect(statusesOf(each).at(-1)).toBe('CLOSED');
  }
});

test('a person cancels at one process what another shows', async () => {
  const [one, two] = [await start(), await start()];
  const id = await waiting(one.client);
  const followed = follow(wsClient(two.client.url), { id });
  await followed.atLeast(1);
  await cancel(one.client, id);
  expect(await followed.end).toBe('complete');
  expect(statusesOf(followed).at(-1)).toBe('CANCELLED');
});

test('who watches at a process that is told to end goes on at another, and the process ends by itself', async () => {
  const [one, two] = [await start(), await start()];
  const id = await waiting(one.client);
  let { url } = one.client;
  const address = () => `${url}/graphql`;
  const again = { retryAttempts: 5, retry: async () => {} };
  const followed = [
    follow(wsClient(url, { url: () => address().replace('http', 'ws'), retryAttempts: 5, retryWait: async () => {} }), { id }),
    follow(sseClient(url, { ...again, url: address }), { id }),
  ];
  await Promise.all(followed.map((each) => each.atLeast(1)));
  url = two.client.url;
  one.child.signal('SIGTERM');
  expect(await one.child.ended).toBe(0);
  expect(one.child.stdout()).toContain('"msg":"drained"');
  // Nothing has changed: the second one is the other process's first.
  await Promise.all(followed.map((each) => each.atLeast(2)));
  await cancel(two.client, id);
  expect(await Promise.all(followed.map(({ end }) => end))).toEqual(['complete', 'complete']);
  for (const each of followed) expect(statusesOf(each).at(-1)).toBe('CANCELLED');
});

test('who watches through a cut of the connection to the database misses no end', async () => {
  const [one, two] = [await start(), await start()];
  const id = await waiting(one.client);
  const followed = follow(wsClient(two.client.url), { id });
  await followed.atLeast(1);
  const cut = await database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'");
  expect(cut).toHaveLength(2);
  await cancel(one.client, id);
  expect(await followed.end).toBe('complete');
  expect(statusesOf(followed).at(-1)).toBe('CANCELLED');
});
