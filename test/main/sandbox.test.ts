import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../support/child';
import { freePorts } from '../support/free-port';

let folder: string;
const children: Child[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'closure-sandbox-test-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  rmSync(folder, { recursive: true, force: true });
});

function start(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Child {
  const child = startChild(command, args, { TMPDIR: folder, ...env });
  children.push(child);
  return child;
}

async function startSandbox(...args: string[]): Promise<{ child: Child; exports: string }> {
  const child = start('npm', ['run', 'sandbox', '--', ...args]);
  await child.waitFor(/Ctrl-C ends the sandboxes/);
  return { child, exports: [...child.stdout().matchAll(/^export .*$/gm)].join('\n') };
}

async function statusOfClosing(url: string, provider: string): Promise<string> {
  const input = `{ idempotencyKey: "${randomUUID()}", account: { provider: "${provider}", id: "${randomUUID()}" }, reason: CUSTOMER_REQUEST }`;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `mutation { closeAccount(input: ${input}) { closure { status } } }` }),
  });
  const { data } = (await response.json()) as { data: { closeAccount: { closure: { status: string } } } };
  return data.closeAccount.closure.status;
}

describe('npm run sandbox', () => {
  it('prints lines that, pasted into a shell, make npm start work', async () => {
    const sandbox = await startSandbox();
    const script = `${sandbox.exports}\nexport PORT=0 DATA_DIR='${join(folder, 'data')}'\nexec npm start`;
    const gateway = start('sh', ['-c', script]);
    const [, url] = await gateway.waitFor(/"url":"(http:[^"]+)","msg":"gateway started"/);
    expect(await statusOfClosing(String(url), 'upvest')).toBe('CLOSING');
    expect(await statusOfClosing(String(url), 'emoney')).toBe('CLOSED');
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
    sandbox.child.signal('SIGINT');
    expect(await sandbox.child.ended).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('closure-'))).toEqual([]);
  });

  it('prints no key, only where it is', async () => {
    const { child, exports } = await startSandbox();
    expect(exports).toMatch(/_PRIVATE_KEY=file:/);
    expect(child.stdout()).not.toContain('BEGIN');
  });

  it('takes the ports it is told to', async () => {
    const port = await freePorts(2);
    const { exports } = await startSandbox('--port', String(port));
    expect(exports).toContain(`http://127.0.0.1:${port}`);
    expect(exports).toContain(`http://127.0.0.1:${port + 1}`);
  });

  it('refuses what is no port', async () => {
    const child = start('npm', ['run', 'sandbox', '--', '--port', 'many']);
    expect(await child.ended).toBe(1);
    expect(child.stderr()).toMatch(/^--port takes/m);
  });
});
