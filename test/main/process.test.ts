import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { graphql } from 'graphql';
import { type Sandboxes, startSandboxes } from '../../scripts/sandboxes';
import { buildSubgraph } from '../../src/graphql/build-schema';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import { type Child, startChild } from '../support/child';

const MAIN = 'dist/src/bundle/gateway.js';
const children: Child[] = [];
let sandboxes: Sandboxes;
let folder: string;

beforeAll(async () => {
  execFileSync('node', ['scripts/build.mjs']);
  sandboxes = await startSandboxes();
});
afterAll(() => sandboxes.dispose());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'closure-main-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  rmSync(folder, { recursive: true, force: true });
});

function start(env: NodeJS.ProcessEnv = {}, command = ['node', MAIN]): Child {
  const [program = 'node', ...args] = command;
  const base = { AUTH: 'none', PORT: '0', DRAIN_GRACE_MS: '50', DATA_DIR: join(folder, 'data'), ...sandboxes.env };
  const child = startChild(program, args, { ...base, ...env });
  children.push(child);
  return child;
}

async function urlOf(child: Child): Promise<string> {
  const [, url] = await child.waitFor(/"url":"(http:[^"]+)","msg":"gateway started"/);
  return String(url);
}

async function closeAccount(url: string, provider: string, id: string): Promise<{ closure: { id: string; status: string } }> {
  const input = { idempotencyKey: randomUUID(), account: { provider, id }, reason: 'CUSTOMER_REQUEST' };
  const query = 'mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure { id status } error { code } } }';
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data } = (await response.json()) as { data: { closeAccount: { closure: { id: string; status: string } } } };
  return data.closeAccount;
}

/** One whose close is answered at once with the end. */
const PROVIDER = 'emoney';

function sandbox(): RunningSandbox {
  const running = sandboxes.byProvider.get(PROVIDER);
  if (!running) throw new Error('The sandbox is not running.');
  return running;
}

describe('npm start', () => {
  it('with nothing configured names everything that is missing, and ends with 1', async () => {
    const child = startChild('npm', ['start']);
    children.push(child);
    expect(await child.ended).toBe(1);
    expect(child.stderr()).toMatch(/^AUTH_JWKS_URL: .*AUTH=none/m);
    expect(child.stderr()).toMatch(/^PROVIDERS: /m);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('serves, drains at a %s that npm is sent, and ends with 0', async (signal) => {
    const child = start({}, ['npm', 'start']);
    const url = await urlOf(child);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    child.signal(signal);
    expect(await child.ended).toBe(0);
    expect(child.stdout()).toContain('"msg":"drained"');
  });
});

describe('a process that cannot start', () => {
  async function refusal(env: NodeJS.ProcessEnv): Promise<string> {
    const child = start(env);
    expect(await child.ended).toBe(1);
    expect(child.stderr()).not.toMatch(/^\s+at /m);
    return child.stderr();
  }

  it('refuses AUTH=none where others can reach it', async () => {
    expect(await refusal({ HOST: '0.0.0.0' })).toMatch(/^AUTH: .*loopback/m);
  });

  it('names the one that holds the data folder', async () => {
    const holder = start();
    await urlOf(holder);
    expect(await refusal({})).toMatch(new RegExp(`^DATA_DIR: .*process ${holder.pid} on`, 'm'));
    expect((await fetch(`${await urlOf(holder)}/readyz`)).status).toBe(200);
  });

  it('says that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    try {
      expect(await refusal({ PORT: String((other.address() as AddressInfo).port) })).toMatch(/^PORT: /m);
    } finally {
      other.close();
    }
  });

  it('says which key file is missing', async () => {
    expect(await refusal({ EMONEY_PRIVATE_KEY: 'file:/no/such/key.pem' })).toMatch(/^EMONEY_PRIVATE_KEY: .*file/m);
  });

  it('says that the data folder cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await refusal({ DATA_DIR: join(folder, 'file', 'data') })).toMatch(/^DATA_DIR: /m);
  });
});

it('the program, which is made of many files, serves the schema of their source', async () => {
  const source = '{ served: _service { sdl } }';
  const headers = { 'apollo-require-preflight': 'true' };
  const response = await fetch(`${await urlOf(start())}/graphql?query=${encodeURIComponent(source)}`, { headers });
  const { data } = await graphql({ schema: buildSubgraph().schema, source });
  expect(data).toEqual({ served: { sdl: expect.stringContaining('type Closure') } });
  expect(await response.json()).toEqual({ data });
});

describe('a signal to end', () => {
  it('lets the request under way get its answer, and ends with 0', async () => {
    const child = start({ PROVIDER_TIMEOUT_MS: '1500', CLOSE_WAIT_MS: '10000' });
    const url = await urlOf(child);
    const account = randomUUID();
    sandbox().script(account, 'close', ['hang-before']);
    const answer = closeAccount(url, PROVIDER, account);
    while (sandbox().closeRequests(account) === 0) await wait(10);
    child.signal('SIGTERM');
    expect((await answer).closure.status).toBe('UNCONFIRMED');
    expect(await child.ended).toBe(0);
    expect(child.stdout()).toContain('"msg":"drained"');
  });

  it('drains at a Ctrl-C that arrives twice, from the terminal and from npm', async () => {
    const child = start();
    await urlOf(child);
    child.signal('SIGINT');
    child.signal('SIGINT');
    expect(await child.ended).toBe(0);
    expect(child.stdout()).toContain('"msg":"drained"');
  });

  it('twice ends the process at once; what was sent is taken up by the next one', async () => {
    const child = start({ PROVIDER_TIMEOUT_MS: '20000', CLOSE_WAIT_MS: '1', RETRY_MIN_MS: '10', VISIBILITY_LAG_MS: '10' });
    const url = await urlOf(child);
    const account = randomUUID();
    sandbox().script(account, 'close', ['hang-after']);
    const { closure } = await closeAccount(url, PROVIDER, account);
    while (sandbox().closeRequests(account) === 0) await wait(10);
    child.signal('SIGTERM');
    await child.waitFor(/"msg":"draining"/);
    await wait(1_200);
    child.signal('SIGTERM');
    expect(await child.ended).toBe(1);

    const next = start({ PROVIDER_TIMEOUT_MS: '500', RETRY_MIN_MS: '10', VISIBILITY_LAG_MS: '10' });
    await urlOf(next);
    await next.waitFor(new RegExp(`"closureId":"${closure.id}".*"to":"CLOSED"`));
    expect(sandbox().effectiveCloses(account)).toBe(1);
  });
});

describe('what the process prints', () => {
  it('has no account, no credential and no key in it', async () => {
    const child = start({ LOG_LEVEL: 'debug' });
    const url = await urlOf(child);
    const account = randomUUID();
    await closeAccount(url, PROVIDER, account);
    child.signal('SIGTERM');
    expect(await child.ended).toBe(0);
    const printed = child.stdout() + child.stderr();
    expect(printed).toContain('"to":"CLOSED"');
    expect(printed).not.toContain(account);
    for (const value of [sandboxes.env.EMONEY_CLIENT_ID, sandboxes.env.EMONEY_KEY_ID]) expect(printed).not.toContain(value);
    expect(printed).not.toMatch(/PRIVATE KEY|eyJ|Bearer/);
  });

  it.each([
    ['uncaughtException', 'throw error'],
    ['unhandledRejection', 'void Promise.reject(error)'],
  ])('is one redacted line at an %s, and the process ends with 1', async (event, fail) => {
    const bug = join(folder, 'bug.cjs');
    writeFileSync(bug, `process.on('SIGUSR2', () => { const error = new Error('for DE89370400440532013000'); ${fail}; });`);
    const child = start({}, ['node', '--require', bug, MAIN]);
    await urlOf(child);
    child.signal('SIGUSR2');
    expect(await child.ended).toBe(1);
    const fatal = child.stdout().split('\n').filter((line) => line.includes('"level":"fatal"'));
    expect(fatal).toHaveLength(1);
    expect(JSON.parse(fatal[0] ?? '')).toMatchObject({ event, err: { type: 'Error' } });
    expect(child.stdout() + child.stderr()).not.toContain('DE89370400440532013000');
  });
});
