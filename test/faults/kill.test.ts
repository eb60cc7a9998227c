import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Child } from '../support/child';
import { Client, type ClosureView, environmentFor, freshKey, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';

let sandboxes: Sandboxes;
let dataDir: string;
let running: Child | undefined;

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'closure-kill-'));
  sandboxes = await startBothSandboxes();
});
afterEach(async () => {
  await running?.kill();
  await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(env: Record<string, string> = {}): Promise<Client> {
  const { child, client } = await startGatewayProcess({ DATA_DIR: dataDir, RECONCILE_HORIZON_MS: '86400000', PROVIDER_TIMEOUT_MS: '400', ...environmentFor({ ...sandboxes }), ...env });
  running = child;
  return client;
}

async function byKey(client: Client, idempotencyKey: string): Promise<{ id: string; status: string } | undefined> {
  const query = 'query ($key: String!) { closures(filter: { idempotencyKey: $key }) { edges { node { id status } } } }';
  const { closures } = await client.graphql<{ closures: { edges: { node: { id: string; status: string } }[] } }>(query, { key: idempotencyKey });
  return closures.edges[0]?.node;
}

describe('kill -9 after the provider applied the close and before its answer is stored', () => {
  it.each(['upvest', 'emoney'] as const)('%s: the closure ends CLOSED, with one effective close', async (provider) => {
    const id = randomUUID();
    const sandbox = sandboxes[provider];
    sandbox.script(id, 'close', ['hang-after']);
    const idempotencyKey = freshKey();
    const first = await start({ PROVIDER_TIMEOUT_MS: '20000' });
    const lost = first.close({ idempotencyKey, account: { provider, id } }).catch(() => undefined);
    while (sandbox.effectiveCloses(id) === 0) await wait(5);
    await running?.kill();
    await lost;

    const second = await start();
    const found = await byKey(second, idempotencyKey);
    const done = await second.until(found?.id ?? '', 'CLOSED');
    // Whether a read still catches the account closing depends on how long the restart takes.
    const path = done.history.map(({ to }) => to).filter((to) => to !== 'CLOSING');
    expect(path).toEqual(['REQUESTED', 'UNCONFIRMED', 'CLOSED']);
    expect(sandbox.effectiveCloses(id)).toBe(1);
    // The caller that never heard finds its closure by the same key, without another one.
    expect(await second.close({ idempotencyKey, account: { provider, id } })).toMatchObject({ replayed: true, closure: { id: done.id } });
  });
});

describe('20 kills under load', () => {
  const KILLS = 20;
  const IN_FLIGHT = 16;

  it('lose no acknowledged closure, and close none twice', async () => {
    const asked: { provider: 'upvest' | 'emoney'; id: string; idempotencyKey: string; closureId?: string }[] = [];

    async function load(client: Client, stopped: () => boolean): Promise<void> {
      while (!stopped()) {
        const request: (typeof asked)[number] = { provider: asked.length % 2 ? 'upvest' : 'emoney', id: randomUUID(), idempotencyKey: freshKey() };
        asked.push(request);
        try {
          const { closure } = await client.close({ idempotencyKey: request.idempotencyKey, account: { provider: request.provider, id: request.id } });
          request.closureId = closure?.id;
        } catch {
          return; // The process is gone, and with it the answer.
        }
      }
    }

    const acknowledged = () => asked.filter(({ closureId }) => closureId !== undefined);

    for (let kill = 0; kill < KILLS; kill += 1) {
      const client = await start();
      let stopped = false;
      const callers = Array.from({ length: IN_FLIGHT }, () => load(client, () => stopped));
      // From the first answer on, so that every kill meets a process at work.
      const before = acknowledged().length;
      while (acknowledged().length === before) await wait(2);
      await wait(Math.random() * 300);
      await running?.kill();
      stopped = true;
      await Promise.all(callers);
    }

    const client = await start();
    expect(acknowledged().length).toBeGreaterThan(2 * KILLS);
    for (const { provider, id, idempotencyKey, closureId } of asked) {
      const found = await byKey(client, idempotencyKey);
      if (closureId !== undefined) expect(found?.id).toBe(closureId);
      if (!found) {
        expect(sandboxes[provider].closeRequests(id)).toBe(0);
        continue;
      }
      const done: ClosureView = await client.until(found.id, 'CLOSED');
      expect(sandboxes[provider].effectiveCloses(id)).toBe(1);
      // A request may have been marked and not sent; none was sent and not marked.
      expect(sandboxes[provider].closeRequests(id)).toBeLessThanOrEqual(done.attempts);
    }
  }, 180_000);
});
