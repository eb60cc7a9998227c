import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startSandbox, type UpvestSandbox } from '../../providers/upvest/sandbox';
import type { Child } from '../support/child';
import { Client, environmentFor, freshKey, startGatewayProcess } from '../support/gateway';

let upvest: UpvestSandbox;
let dataDir: string;
let running: Child | undefined;

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'closure-kill-sale-'));
  upvest = await startSandbox({ closingMs: 50, sellingMs: 50 });
});
afterEach(async () => {
  await running?.kill();
  await upvest.dispose();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(timeoutMs: string): Promise<Client> {
  const { child, client } = await startGatewayProcess({ DATA_DIR: dataDir, RECONCILE_HORIZON_MS: '86400000', PROVIDER_TIMEOUT_MS: timeoutMs, ...environmentFor({ upvest }) });
  running = child;
  return client;
}

describe('kill -9 between the mark of a request to sell and its answer', () => {
  it.each([
    // The list shows the sale, so that it is not asked for again.
    ['after the sale was begun', 'hang-after', 1],
    // The list shows none, so that it is asked for again, once that means something.
    ['before the sale was begun', 'hang-before', 2],
  ] as const)('%s: the positions are sold once, and the account is closed once', async (_when, fault, requests) => {
    const id = randomUUID();
    upvest.change(id, { positions: [{ isin: 'US0378331005', quantity: '2' }] });
    upvest.script(id, 'liquidate', [fault]);
    const sales = () => upvest.ledger.filter(({ operation, accountId }) => operation === 'liquidate' && accountId === id);
    const input = { idempotencyKey: freshKey(), account: { provider: 'upvest', id }, liquidatePositions: true };

    const first = await start('4000');
    const lost = first.close(input).catch(() => undefined);
    while (sales().length === 0) await wait(5);
    await running?.kill();
    await lost;

    const second = await start('400');
    const { closure, replayed } = await second.close(input);
    await second.until(closure?.id ?? '', 'CLOSED');
    expect(replayed).toBe(true);
    expect(sales()).toHaveLength(requests);
    expect(sales().filter(({ effect }) => effect)).toHaveLength(1);
    expect(upvest.effectiveCloses(id)).toBe(1);
  }, 300_000);
});
