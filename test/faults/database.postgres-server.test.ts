import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type Child, startChild } from '../support/child';
import { type Client, environmentFor, freshKey, QUICK_ENV, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';
import { type PostgresServer, startPostgres } from '../support/postgres-server';

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

async function byKey(client: Client, key: string): Promise<{ id: string } | undefined> {
  const query = 'query ($key: String!) { closures(filter: { idempotencyKey: $key }) { edges { node { id } } } }';
  const { closures } = await client.graphql<{ closures: { edges: { node: { id: string } }[] } }>(query, { key });
  return closures.edges[0]?.node;
}

describe('a gateway without its database', () => {
  it('does not start, and names the variable', async () => {
    await server.stop();
    const child = startChild('node', ['dist/src/main.js'], { ...QUICK_ENV, ...environment() });
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
  const KILLS = 8;
  const IN_FLIGHT = 8;

  it('lose no acknowledged closure, and close none twice', async () => {
    const asked: { provider: 'upvest' | 'emoney'; id: string; idempotencyKey: string; closureId?: string }[] = [];
    const gateways = [await start(), await start()];
    const end = new AbortController();
    const acknowledged = () => asked.filter(({ closureId }) => closureId !== undefined);

    async function load(index: number): Promise<void> {
      while (!end.signal.aborted) {
        const request: (typeof asked)[number] = { provider: asked.length % 2 ? 'upvest' : 'emoney', id: randomUUID(), idempotencyKey: freshKey() };
        asked.push(request);
        const { client } = gateways[index % gateways.length]!;
        try {
          const { closure } = await client.close({ idempotencyKey: request.idempotencyKey, account: { provider: request.provider, id: request.id } });
          request.closureId = closure?.id;
        } catch {
          // The process is gone, and with it the answer; another one is being started.
          await wait(20);
        }
      }
    }

    const callers = Array.from({ length: IN_FLIGHT }, (_, index) => load(index));
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = acknowledged().length;
      while (acknowledged().length < before + IN_FLIGHT) await wait(5);
      if (kill % 4 === 3) {
        await server.crash();
        await server.start();
      } else {
        await gateways[kill % 2]!.child.kill();
        gateways[kill % 2] = await start();
      }
    }
    end.abort();
    await Promise.all(callers);

    const { client } = gateways[0]!;
    for (const { provider, id, idempotencyKey, closureId } of asked) {
      const found = await byKey(client, idempotencyKey);
      if (closureId !== undefined) expect(found?.id).toBe(closureId);
      if (!found) {
        expect(sandboxes[provider].closeRequests(id)).toBe(0);
        continue;
      }
      const done = await client.until(found.id, 'CLOSED');
      expect(sandboxes[provider].effectiveCloses(id)).toBe(1);
      // A request may have been marked and not sent; none was sent and not marked.
      expect(sandboxes[provider].closeRequests(id)).toBeLessThanOrEqual(done.attempts);
    }
  }, 240_000);
});
