import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type Child, startChild } from '../support/child';
import { type Client, environmentFor, freshKey, QUICK_ENV, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';
import { type PostgresServer, startPostgres } from '../support/postgres-server';
import { newSeed } from './chance';
import { randomKills } from './random-kills';
import { postgresOn } from './stores';

let server: PostgresServer;
let sandboxes: Sandboxes;
let children: Child[];

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
beforeEach(async () => {
  server = await startPostgres();
  sandboxes = await startBothSandboxes();
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map((child) => child.kill()));
  await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
  await server.dispose();
});

const environment = () => ({
  DATABASE_URL: server.url(),
  PROVIDER_TIMEOUT_MS: '400',
  RECONCILE_HORIZON_MS: '86400000',
  ...environmentFor({ ...sandboxes }),
});

async function start(): Promise<{ child: Child; client: Client }> {
  const gateway = await startGatewayProcess(environment());
  children.push(gateway.child);
  return gateway;
}

async function untilReady(client: Client, status: number): Promise<void> {
  while ((await fetch(`${client.url}/readyz`)).status !== status) await wait(20);
}

describe('a gateway without its database', () => {
  it('does not start, and names the variable', async () => {
    await server.stop();
    const child = startChild('node', ['dist/src/bundle/gateway.js'], { ...QUICK_ENV, ...environment() });
    children.push(child);
    expect(await child.ended).toBe(1);
    expect(child.stderr()).toMatch(/^DATABASE_URL: The database cannot be used: .*ECONNREFUSED/m);
    await server.start();
  });

  it('is not ready, answers that nothing is known, and goes on when the database is back', async () => {
    const { client } = await start();
    await untilReady(client, 200);
    const id = randomUUID();
    sandboxes.upvest.script(id, 'close', ['down-seconds']);
    const { closure } = await client.close({ account: { provider: 'upvest', id } });
    await server.stop();
    await untilReady(client, 503);
    const request = { idempotencyKey: freshKey(), account: { provider: 'emoney', id: randomUUID() } };
    expect((await client.close(request)).error).toMatchObject({ code: 'INTERNAL', retry: 'SAFE_NOW' });
    await server.start();
    await untilReady(client, 200);
    await client.until(closure?.id ?? '', 'CLOSED');
    const again = await client.close(request);
    await client.until(again.closure?.id ?? '', 'CLOSED');
    expect(sandboxes.emoney.effectiveCloses(request.account.id)).toBe(1);
  });
});

describe('gateways and a server that are killed at random under load', () => {
  const KILLS = 10;
  const seed = newSeed();

  it(`lose no acknowledged closure, and close none twice (seed ${seed})`, async () => {
    const { acknowledged, findings } = await randomKills(postgresOn(server), KILLS, seed);
    expect(findings).toEqual([]);
    expect(acknowledged).toBeGreaterThan(2 * KILLS);
  }, 300_000);
});
