import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Child } from '../support/child';
import { type Client, environmentFor, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';
import { openConnection } from '../support/raw-http';

let sandboxes: Sandboxes;
let dataDir: string;
const children: Child[] = [];

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'closure-drain-'));
  sandboxes = await startBothSandboxes();
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(env: Record<string, string>): Promise<{ child: Child; client: Client }> {
  const running = await startGatewayProcess({ DATA_DIR: dataDir, RECONCILE_HORIZON_MS: '86400000', ...environmentFor({ ...sandboxes }), ...env });
  children.push(running.child);
  return running;
}

/** Ended by itself, with nothing cut off. */
async function endsWell(child: Child): Promise<void> {
  expect(await child.ended).toBe(0);
  expect(child.stdout()).toContain('"msg":"drained"');
  expect(child.stdout()).not.toContain('took too long');
}

describe('a process told to end', () => {
  it('is unready at once, and serves whoever comes before the load balancers have noticed', async () => {
    const { child, client } = await start({ DRAIN_GRACE_MS: '4000' });
    const kept = await openConnection(client.url);
    child.signal('SIGTERM');
    await child.waitFor(/"msg":"draining"/);
    const ready = await fetch(`${client.url}/readyz`);
    expect([ready.status, ready.headers.get('connection'), await ready.json()]).toEqual([503, 'close', { status: 'unready', reason: 'draining' }]);
    const { closure } = await client.close({ account: { provider: 'emoney', id: randomUUID() } });
    expect(closure?.status).toBe('CLOSED');
    kept.send('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n');
    expect(await kept.received(/alive/)).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close/i);
    await kept.closed;
    await endsWell(child);
    await expect(fetch(`${client.url}/livez`)).rejects.toThrow('fetch failed');
  });

  it('takes up nothing more that is due: the next process does', async () => {
    const account = randomUUID();
    sandboxes.emoney.script(account, 'close', Array(1_000).fill('down-nonsense'));
    const { child, client } = await start({ DRAIN_GRACE_MS: '1000' });
    const { closure } = await client.close({ account: { provider: 'emoney', id: account } });
    while (sandboxes.emoney.closeRequests(account) < 3) await wait(10);
    child.signal('SIGTERM');
    await child.waitFor(/"msg":"draining"/);
    // One may be on its way.
    await wait(200);
    const sent = sandboxes.emoney.closeRequests(account);
    await endsWell(child);
    expect(sandboxes.emoney.closeRequests(account)).toBe(sent);
    const next = await start({});
    while (sandboxes.emoney.closeRequests(account) <= sent) await wait(10);
    expect(await next.client.status(closure?.id ?? '')).toMatchObject({ status: 'REQUESTED', error: { code: 'PROVIDER_UNAVAILABLE' } });
  });

  it('ends although a provider hangs for longer than it may take: everybody is answered, and what was sent is in doubt', async () => {
    const account = randomUUID();
    sandboxes.emoney.script(account, 'close', ['hang-after']);
    sandboxes.emoney.script('*', 'read', ['hang-before']);
    const { child, client } = await start({ PROVIDER_TIMEOUT_MS: '60000', CLOSE_WAIT_MS: '60000' });
    const answer = client.close({ account: { provider: 'emoney', id: account } });
    const eligibility = client.graphql<{ closureEligibility: { eligible: boolean | null; error: { code: string } } }>(
      'query ($account: AccountInput!) { closureEligibility(account: $account) { eligible error { code } } }',
      { account: { provider: 'emoney', id: randomUUID() } },
    );
    while (sandboxes.emoney.ledger.filter(({ status }) => status === 'hang').length < 2) await wait(10);
    child.signal('SIGTERM');
    const { closure } = await answer;
    expect(closure).toMatchObject({ status: 'UNCONFIRMED', attempts: 1, error: { code: 'OUTCOME_UNKNOWN' } });
    expect((await eligibility).closureEligibility).toEqual({ eligible: null, error: { code: 'PROVIDER_UNAVAILABLE' } });
    await endsWell(child);
    const next = await start({});
    await next.client.until(closure?.id ?? '', 'CLOSED');
    expect(sandboxes.emoney.effectiveCloses(account)).toBe(1);
  }, 60_000);
});
