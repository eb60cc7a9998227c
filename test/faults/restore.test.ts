import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Child, startChild } from '../support/child';
import { freePorts } from '../support/free-port';
import { type Client, type ClosureView, environmentFor, freshKey, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';

// Most of a test here is starting processes, which a busy machine takes its time for.
jest.setTimeout(300_000);

const PROVIDERS = ['upvest', 'emoney'] as const;
type Provider = (typeof PROVIDERS)[number];

let folder: string;
let sandboxes: Sandboxes;
let running: Child | undefined;

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'closure-restore-'));
  sandboxes = await startBothSandboxes();
});
afterEach(async () => {
  await running?.kill();
  await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
  rmSync(folder, { recursive: true, force: true });
});

const dataDir = () => join(folder, 'data');
const restoredDir = () => join(folder, 'restored');

async function start(dir: string, env: Record<string, string> = {}): Promise<Client> {
  const { child, client } = await startGatewayProcess({ DATA_DIR: dir, RECONCILE_HORIZON_MS: '86400000', ...environmentFor({ ...sandboxes }), ...env });
  running = child;
  return client;
}

async function stop(): Promise<void> {
  await running?.kill();
  running = undefined;
}

/** Where nobody listens: no request can reach a provider. */
async function unreachable(): Promise<Record<string, string>> {
  const nowhere = `http://127.0.0.1:${await freePorts(1)}`;
  return { UPVEST_BASE_URL: nowhere, EMONEY_BASE_URL: nowhere, EMONEY_TOKEN_URL: `${nowhere}/token` };
}

async function backUp(): Promise<void> {
  const child = startChild('node', ['dist/scripts/backup.js', '--from', dataDir(), '--to', join(folder, 'backup')]);
  expect([await child.ended, child.stderr()]).toEqual([0, '']);
}

/** As after the loss of the machine: the data folder is gone, and the backup is put in the place of another. */
async function loseAndRestore(): Promise<void> {
  await stop();
  rmSync(dataDir(), { recursive: true });
  cpSync(join(folder, 'backup'), restoredDir(), { recursive: true });
}

async function idsIn(client: Client, status: string): Promise<string[]> {
  const query = 'query ($status: [ClosureStatus!]) { closures(first: 100, filter: { status: $status }) { edges { node { id } } } }';
  const { closures } = await client.graphql<{ closures: { edges: { node: { id: string } }[] } }>(query, { status: [status] });
  return closures.edges.map(({ node }) => node.id);
}

interface Asked {
  provider: Provider;
  id: string;
  idempotencyKey: string;
  closureId?: string;
}

function ask(client: Client, { provider, id, idempotencyKey }: Asked) {
  return client.close({ idempotencyKey, account: { provider, id } });
}

const request = (provider: Provider): Asked => ({ provider, id: randomUUID(), idempotencyKey: freshKey() });

describe('a backup taken beside a gateway under load', () => {
  const IN_FLIGHT = 8;

  it('has every closure that was acknowledged before it; restored, none is closed twice', async () => {
    const asked: Asked[] = [];
    const acknowledged = () => asked.filter(({ closureId }) => closureId !== undefined);
    const client = await start(dataDir());
    const enough = new AbortController();
    async function load(): Promise<void> {
      while (!enough.signal.aborted) {
        const next = request(PROVIDERS[asked.length % 2]!);
        asked.push(next);
        next.closureId = (await ask(client, next)).closure?.id;
      }
    }
    const callers = Array.from({ length: IN_FLIGHT }, load);
    while (acknowledged().length < 40) await wait(2);

    // Applied, and unanswered while the backup is taken.
    const inDoubt = PROVIDERS.map(request);
    for (const { provider, id } of inDoubt) sandboxes[provider].script(id, 'close', ['hang-after']);
    const answers = inDoubt.map((one) => ask(client, one));
    for (const { provider, id } of inDoubt) while (sandboxes[provider].effectiveCloses(id) === 0) await wait(2);

    const before = [...acknowledged()];
    await backUp();
    const during = acknowledged().length;
    while (acknowledged().length < during + 40) await wait(2);
    enough.abort();
    await Promise.all([...callers, ...answers]);
    await loseAndRestore();

    const restored = await start(restoredDir());
    for (const { closureId } of before) expect(await restored.status(closureId!)).not.toBeNull();
    // All callers come again with their keys, as after any answer that was lost.
    for (const one of [...asked, ...inDoubt]) {
      const { closure } = await ask(restored, one);
      const done = await restored.until(closure?.id ?? '', 'CLOSED', 'REJECTED');
      if (done.status === 'REJECTED') expect(done.error?.code).toBe('ACCOUNT_ALREADY_CLOSED');
      expect(sandboxes[one.provider].effectiveCloses(one.id)).toBe(1);
    }
    for (const { idempotencyKey, ...one } of inDoubt) {
      const { closure, replayed } = await ask(restored, { idempotencyKey, ...one });
      expect({ replayed, status: closure?.status }).toEqual({ replayed: true, status: 'CLOSED' });
    }
  });

  it('can be read by its owner alone', async () => {
    await start(dataDir());
    await backUp();
    expect(statSync(join(folder, 'backup')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'backup', 'gateway.db')).mode & 0o777).toBe(0o600);
  });
});

describe('what happened after the backup', () => {
  /** One closure at each provider, recorded and not sent yet when the backup was taken. */
  async function backedUpUnsent(): Promise<{ asked: Asked; closureId: string }[]> {
    const client = await start(dataDir(), await unreachable());
    const unsent = [];
    for (const asked of PROVIDERS.map(request)) {
      const { closure } = await ask(client, asked);
      expect(closure).toMatchObject({ status: 'REQUESTED', attempts: 0 });
      unsent.push({ asked, closureId: closure!.id });
    }
    await backUp();
    await stop();
    return unsent;
  }

  it('a closure sent and closed since is sent again, and told to be closed already', async () => {
    const unsent = await backedUpUnsent();
    const client = await start(dataDir());
    for (const { closureId } of unsent) await client.until(closureId, 'CLOSED');
    await loseAndRestore();

    const restored = await start(restoredDir());
    for (const { asked, closureId } of unsent) {
      const done: ClosureView = await restored.until(closureId, 'REJECTED');
      expect(done.error).toMatchObject({ code: 'ACCOUNT_ALREADY_CLOSED', retry: 'NEVER' });
      expect(sandboxes[asked.provider].effectiveCloses(asked.id)).toBe(1);
    }
  });

  it('a closure withdrawn since is not sent, where it is withdrawn again before providers can be reached', async () => {
    const unsent = await backedUpUnsent();
    await loseAndRestore();

    const held = await start(restoredDir(), await unreachable());
    const waiting = await idsIn(held, 'REQUESTED');
    expect(waiting.toSorted()).toEqual(unsent.map(({ closureId }) => closureId).toSorted());
    const [withdrawn, wanted] = unsent as [(typeof unsent)[number], (typeof unsent)[number]];
    const cancel = 'mutation ($id: ID!) { cancelClosure(closureId: $id) { closure { status } error { code } } }';
    expect(await held.graphql(cancel, { id: withdrawn.closureId })).toEqual({ cancelClosure: { closure: { status: 'CANCELLED' }, error: null } });
    await stop();

    const restored = await start(restoredDir());
    await restored.until(wanted.closureId, 'CLOSED');
    expect(await restored.status(withdrawn.closureId)).toMatchObject({ status: 'CANCELLED' });
    expect(sandboxes[withdrawn.asked.provider].closeRequests(withdrawn.asked.id)).toBe(0);
  });
});

describe('what is in doubt in the backup', () => {
  it('is read and not sent again, where the horizon is set to have passed', async () => {
    const client = await start(dataDir(), { PROVIDER_TIMEOUT_MS: '20000' });
    const asked = request('upvest');
    sandboxes.upvest.script(asked.id, 'close', ['hang-before']);
    const lost = ask(client, asked).catch(() => undefined);
    while (sandboxes.upvest.closeRequests(asked.id) === 0) await wait(2);
    await backUp();
    await loseAndRestore();
    await lost;

    const restored = await start(restoredDir(), { RECONCILE_HORIZON_MS: '1', PROVIDER_TIMEOUT_MS: '500' });
    const { closure } = await ask(restored, asked);
    const done = await restored.until(closure!.id, 'NEEDS_REVIEW');
    expect(done.history.map(({ to }) => to)).toEqual(['REQUESTED', 'UNCONFIRMED', 'NEEDS_REVIEW']);
    expect(sandboxes.upvest.closeRequests(asked.id)).toBe(1);
  });
});

describe('npm run backup', () => {
  const run = (...args: string[]) => startChild('node', ['dist/scripts/backup.js', ...args]);

  it('copies a folder in which no gateway is at work, too', async () => {
    const client = await start(dataDir());
    const { closure } = await ask(client, request('emoney'));
    await stop();
    await backUp();
    await loseAndRestore();
    const restored = await start(restoredDir());
    expect(await restored.status(closure!.id)).toMatchObject({ status: 'CLOSED' });
  });

  it('does not overwrite a backup, and says what it needs', async () => {
    await start(dataDir());
    await backUp();
    const refusals: [string[], RegExp][] = [
      [['--from', dataDir(), '--to', join(folder, 'backup')], /exists already/],
      [['--from', join(folder, 'nowhere'), '--to', join(folder, 'other')], /is no data folder/],
      [['--from', dataDir()], /--to FOLDER/],
      [['--form', dataDir()], /--to FOLDER/],
      [['--from', dataDir(), '--to', join(dataDir(), 'gateway.db', 'x')], /not a directory/],
    ];
    for (const [args, sentence] of refusals) {
      const child = run(...args);
      expect(await child.ended).toBe(1);
      expect(child.stderr()).toMatch(sentence);
      expect(child.stderr()).not.toMatch(/^\s+at /m);
    }
  });
});
