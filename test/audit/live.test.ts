import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/store/sqlite/database';
import { auditKey } from '../support/audit';
import { run } from '../support/audited-store';
import { type Child, startChild } from '../support/child';
import { type Client, environmentFor, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';

/** A busy machine must not make a closure one that a person settles: that is not what is tried here. */
const PATIENT = { PROVIDER_TIMEOUT_MS: '20000', RECONCILE_HORIZON_MS: '600000' };
jest.setTimeout(120_000);

const key = auditKey();
const children: Child[] = [];
let sandboxes: Sandboxes;
let folder: string;
let dataDir: string;
let keyFile: string;

beforeAll(async () => {
  execFileSync('node', ['scripts/build.mjs']);
  sandboxes = await startBothSandboxes();
});
afterAll(() => Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'closure-audit-'));
  dataDir = join(folder, 'data');
  keyFile = join(folder, 'audit.pem');
  writeFileSync(keyFile, key.privatePem);
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  rmSync(folder, { recursive: true });
});

async function start(env: Record<string, string> = {}): Promise<{ child: Child; client: Client }> {
  const audit = { AUDIT_KEY: `file:${keyFile}`, AUDIT_CHECKPOINT_MS: '50' };
  const started = await startGatewayProcess({ DATA_DIR: dataDir, ...environmentFor({ ...sandboxes }), ...PATIENT, ...audit, ...env });
  children.push(started.child);
  return started;
}

const verify = (...more: string[]) => run('verify', '--data', dataDir, '--key', keyFile, ...more);
const newest = (lines: string[]) => Number(/newest checkpoint is number (\d+)/.exec(lines.join('\n'))?.[1] ?? 0);

/** Looks at the trail until there is a checkpoint above the number and nothing is left to seal. */
async function untilSealed(above: number): Promise<number> {
  for (;;) {
    const { lines } = await verify();
    if (newest(lines) > above && !lines.some((line) => line.startsWith('Not sealed yet'))) return newest(lines);
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
}

async function closeMany(client: Client, count: number): Promise<void> {
  const closings = Array.from({ length: count }, async (_, index) => {
    const { closure } = await client.close({ account: { provider: index % 2 ? 'emoney' : 'upvest', id: randomUUID() } });
    await client.until(closure!.id, 'CLOSED');
  });
  await Promise.all(closings);
}

describe('a gateway at work', () => {
  it('seals what happens, and a verifier beside it finds nothing wrong at any moment', async () => {
    const { client } = await start();
    const work = closeMany(client, 30);
    const ended = work.then(() => true);
    for (let looks = 0; looks < 3 || !(await Promise.race([ended, false])); looks += 1) {
      expect(await verify()).toMatchObject({ status: 0 });
      await pause();
    }
    await work;
    await untilSealed(0);
    const { lines } = await verify();
    expect(lines[0]).toMatch(/^Looked at 30 closures with \d\d entries/);
  });

  it('killed at any moment leaves a whole trail, which the next one goes on with', async () => {
    const kept = join(folder, 'kept.json');
    let sealed = 0;
    for (let kill = 0; kill < 2; kill += 1) {
      const { client, child } = await start();
      await client.close({ account: { provider: 'emoney', id: randomUUID() } });
      sealed = await untilSealed(sealed);
      expect((await run('checkpoint', '--data', dataDir, '--out', kept)).status).toBe(0);
      const work = closeMany(client, 20).catch(() => 'killed');
      // Far into the load, and never between two commits on purpose.
      await child.waitFor(new RegExp(String.raw`(?:"msg":"closure changed"[^]*){20}`));
      await child.kill();
      await work;
      expect(await verify('--checkpoint', kept)).toMatchObject({ status: 0 });
    }
    const { client, child } = await start();
    await client.close({ account: { provider: 'emoney', id: randomUUID() } });
    child.signal('SIGTERM');
    expect(await child.ended).toBe(0);
    const { status, lines } = await verify('--checkpoint', kept);
    expect(status).toBe(0);
    expect(newest(lines)).toBeGreaterThan(sealed);
    // What is still under way moves no more, and what had moved is sealed before the end.
    expect(lines.join('\n')).not.toContain('Not sealed yet');
  });

  it('keeps the evidence of each step, and the key out of its log', async () => {
    const { client, child } = await start({ POLL_MIN_MS: '600000', POLL_MAX_MS: '600000' });
    sandboxes.upvest.subscribe(`${client.url}/webhooks/upvest`);
    const evidenceOf = async (id: string) => {
      const { lines } = await run('export', '--data', dataDir, '--closure', id);
      const entries = lines.map((line) => JSON.parse(line) as { type: string; evidence: string | null; to: string }).filter(({ type }) => type === 'entry');
      return entries.map(({ to, evidence }) => [to, evidence && (JSON.parse(evidence) as unknown)]);
    };
    const accepted = (await client.close({ account: { provider: 'upvest', id: randomUUID() } })).closure!;
    await client.until(accepted.id, 'CLOSED');
    expect(await evidenceOf(accepted.id)).toEqual([
      ['REQUESTED', null],
      ['CLOSING', expect.objectContaining({ httpStatus: 202 })],
      ['CLOSED', { webhookEventId: expect.any(String), providerStatus: 'CLOSED' }],
    ]);
    const forbidden = randomUUID();
    const problem = { type: 'https://docs.upvest.co/errors/forbidden', title: 'Forbidden', status: 403 };
    sandboxes.upvest.script(forbidden, 'close', [{ status: 403, headers: { 'content-type': 'application/problem+json' }, body: JSON.stringify(problem) }]);
    const refused = (await client.close({ account: { provider: 'upvest', id: forbidden } })).closure!;
    await client.until(refused.id, 'REJECTED');
    expect((await evidenceOf(refused.id)).at(-1)).toEqual(['REJECTED', { httpStatus: 403, providerErrors: [expect.objectContaining({ httpStatus: 403 })] }]);
    expect(child.stdout()).not.toContain(key.privatePem.split('\n')[1]);
  });
});

describe('a gateway without a key', () => {
  it('says that it seals nothing, and chains all the same', async () => {
    const { client, child } = await start({ AUDIT_KEY: '' });
    expect(child.stdout()).toContain('AUDIT_KEY is not set');
    await client.close({ account: { provider: 'emoney', id: randomUUID() } });
    const { status, lines } = await run('verify', '--data', dataDir);
    expect(status).toBe(0);
    expect(lines.join('\n')).toMatch(/There is no checkpoint[^]*Not sealed yet: 2 entries/);
  });

  it('does not start with one that it cannot use', async () => {
    await expect(start({ AUDIT_KEY: 'file:/nowhere/audit.pem' })).rejects.toThrow('AUDIT_KEY: Names a file that cannot be read.');
  });
});

describe('the program', () => {
  it('ends with 0 where nothing is wrong, 1 where something is, and 2 where it cannot look', async () => {
    const { client } = await start();
    await client.close({ account: { provider: 'emoney', id: randomUUID() } });
    await untilSealed(0);
    const program = async (...args: string[]) => {
      const child = startChild('npm', ['run', '--silent', 'audit', '--', ...args], { DATA_DIR: dataDir, AUDIT_KEY: `file:${keyFile}` });
      children.push(child);
      return { status: await child.ended, stdout: child.stdout() };
    };
    expect(await program('verify')).toMatchObject({ status: 0, stdout: expect.stringMatching(/Signatures were checked[^]*Nothing is wrong\.\n$/) });
    const db = new Database(join(dataDir, 'gateway.db'), 2000);
    db.run('UPDATE closure_event SET at = at + 1 WHERE seq = 2');
    db.close();
    expect(await program('verify')).toMatchObject({ status: 1, stdout: expect.stringMatching(/^WRONG {2}closure \S+: entry 2 was changed\n/) });
    expect(await program('nonsense')).toMatchObject({ status: 2 });
  });
});
