import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { newSeed } from './chance';
import { FaultBench } from './fault-bench';
import { randomKills } from './random-kills';
import { sqliteFolder } from './stores';
import { until } from './waiting';

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});

describe('kill -9 after the provider applied the close and before its answer is stored', () => {
  let bench: FaultBench;

  beforeEach(async () => {
    bench = await FaultBench.open({ store: sqliteFolder, env: { RECONCILE_HORIZON_MS: '86400000', PROVIDER_TIMEOUT_MS: '400' } });
  });
  afterEach(() => bench.dispose());

  it.each(['upvest', 'emoney'] as const)('%s: the closure ends CLOSED, with one effective close', async (provider) => {
    const id = randomUUID();
    const account = { provider, id };
    const sandbox = bench.sandboxes[provider];
    sandbox.script(id, 'close', ['hang-after']);
    const first = await bench.start({ PROVIDER_TIMEOUT_MS: '20000' });
    const { request, answer } = first.caller.request({ account });
    const lost = expect(answer).rejects.toThrow();
    await until(() => sandbox.effectiveCloses(id) > 0);
    await first.child.kill();
    await lost;

    const { caller } = await bench.start();
    const found = await caller.find(request.idempotencyKey);
    expect(await bench.settled(caller, found ?? '')).toBe('CLOSED');
    // Whether a read still catches the account closing depends on how long the restart takes.
    const path = (await caller.look(found ?? ''))?.history.map(({ to }) => to).filter((to) => to !== 'CLOSING');
    expect(path).toEqual(['REQUESTED', 'UNCONFIRMED', 'CLOSED']);
    expect(sandbox.effectiveCloses(id)).toBe(1);
    // The caller that never heard finds its closure by the same key, without another one.
    expect(await caller.again(request, { account })).toMatchObject({ replayed: true, closure: { id: found } });
    expect(await bench.check()).toEqual([]);
  });
});

describe('20 kills under load, with both providers and mixed answers', () => {
  const KILLS = 20;
  const seed = newSeed();

  it(`lose no acknowledged closure, and close none twice (seed ${seed})`, async () => {
    const { asked, acknowledged, findings } = await randomKills(sqliteFolder, KILLS, seed);
    expect(findings).toEqual([]);
    expect(acknowledged).toBeGreaterThan(2 * KILLS);
    expect(asked).toBeGreaterThan(acknowledged);
  }, 300_000);
});
