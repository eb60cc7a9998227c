import { execFileSync } from 'node:child_process';
import { FaultBench } from './fault-bench';
import { fillUp } from './full-disk';
import { sqliteFolder } from './stores';

/**
 * A disk that is full, as a user without privileges can have it: files must not grow beyond a limit. Blocks of 512
 * bytes; room for the empty store and a few closings. The long form fills a file system of its own.
 */
const LIMITED = ['sh', '-c', 'ulimit -S -f 1024; exec node dist/src/bundle/gateway.js'];
const STEADY = { RETRY_MAX_MS: '1000', RECONCILE_HORIZON_MS: '86400000', REOPEN_GRACE_MS: '86400000' };

let bench: FaultBench;

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});
beforeEach(async () => {
  bench = await FaultBench.open({ store: sqliteFolder, env: STEADY });
});
afterEach(() => bench.dispose());

it('a full disk is an answer to the caller, sends nothing that is not recorded, and is over when there is room', async () => {
  const { caller } = await bench.start({}, LIMITED);
  const full = await fillUp(bench, caller);
  expect(full).toMatchObject({ error: { code: 'INTERNAL', retry: 'SAFE_NOW', retryAfterSeconds: 1 }, sentUnrecorded: 0, readyz: 503, delivery: 503, canRead: true });
  
  await bench.stop();
  const { caller: later } = await bench.start();
  expect((await fetch(`${later.url}/readyz`)).status).toBe(200);
  await bench.allSettled(later);
  const refused = bench.history.requests.find(({ answers }) => answers.some(({ code }) => code === 'INTERNAL'));
  expect(refused).toBeDefined();
  if (!refused) return;
  // The same key, as the answer advised.
  const { closure, error } = await later.again(refused, { account: { provider: refused.provider, id: refused.accountId } });
  expect({ status: closure?.status, error }).toEqual({ status: 'CLOSED', error: null });
  expect(bench.sandboxes.emoney.effectiveCloses(refused.accountId)).toBe(1);
  expect(await bench.check()).toEqual([]);
}, 300_000);
