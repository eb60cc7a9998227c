import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Child } from '../support/child';
import { Client, environmentFor, freshKey, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';

/** How many close requests the provider has got when the gateway is killed: from before the first to after the last. */
const KILL_AT = [0, 1, 2, 3, 4];
const FAMILY = 'query ($id: ID!) { closureStatus(closureId: $id) { children { status account { id } } } }';

let sandboxes: Sandboxes;
let dataDir: string;
let running: Child | undefined;

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'closure-group-kill-'));
  sandboxes = await startBothSandboxes();
});
afterEach(async () => {
  await running?.kill();
  await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<Client> {
  const { child, client } = await startGatewayProcess({ DATA_DIR: dataDir, RECONCILE_HORIZON_MS: '86400000', PROVIDER_TIMEOUT_MS: '400', ...environmentFor({ ...sandboxes }) });
  running = child;
  return client;
}

/** What a caller does who never heard: the same request with the same key. */
async function ask(client: Client, idempotencyKey: string, id: string): Promise<string> {
  const { closure } = await client.close({ idempotencyKey, account: { provider: 'upvest', kind: 'ACCOUNT_GROUP', id }, includeAccounts: true });
  return closure!.id;
}

/** Close requests that came once one had taken effect: the sandbox refuses them, and another provider might not. */
function closesAfterTheFirst(id: string): number {
  const closes = sandboxes.upvest.ledger.filter(({ operation, accountId }) => operation === 'close' && accountId === id);
  return closes.length - 1 - closes.findIndex(({ effect }) => effect);
}

describe('a group with three accounts, whose gateway is killed at five points of its closing', () => {
  it.each([
    ['while everything is answered', []],
    ['while answers get lost', ['hang-after']],
  ] as const)('%s: ends CLOSED with three CLOSED children, none closed twice', async (_name, answers) => {
    const group = sandboxes.upvest.openGroup({ accounts: 3 });
    const all = [group.id, ...group.accounts];
    for (const id of all) sandboxes.upvest.script(id, 'close', [...answers]);
    const idempotencyKey = freshKey();
    const requests = (): number => all.reduce((sum, id) => sum + sandboxes.upvest.closeRequests(id), 0);
    const killedAt: number[] = [];
    for (const least of KILL_AT) {
      const client = await start();
      const asked = ask(client, idempotencyKey, group.id).catch(() => undefined);
      while (requests() < least) await wait(1);
      // What it is in the middle of is left to chance.
      await wait(Math.random() * 10);
      await running?.kill();
      await asked;
      killedAt.push(requests());
    }
    expect(killedAt.some((count) => count > 0 && count < 4)).toBe(true);

    const client = await start();
    const id = await ask(client, idempotencyKey, group.id);
    await client.until(id, 'CLOSED');
    type Answer = { closureStatus: { children: { status: string; account: { id: string } }[] } };
    const family = async () => (await client.graphql<Answer>(FAMILY, { id })).closureStatus.children;
    let children = await family();
    while (children.some(({ status }) => status !== 'CLOSED')) children = await family();
    expect(children.map(({ account }) => account.id).toSorted()).toEqual(group.accounts.toSorted());
    expect(all.map((one) => sandboxes.upvest.effectiveCloses(one))).toEqual([1, 1, 1, 1]);
    expect(all.map(closesAfterTheFirst)).toEqual([0, 0, 0, 0]);
  }, 300_000);
});
