import type { Clock } from '../../src/ports/clock';
import { systemClock } from '../../src/system';
import { CALLER, type EngineHarness, freshKey, startEngine } from '../support/engine';
import { GroupProvider } from '../support/group-provider';
import { ScriptedProvider } from '../support/scripted-provider';

const HOUR_MS = 3_600_000;

let harness: EngineHarness;
let aheadMs: number;
afterEach(() => harness.dispose());

async function open(settings: { maxClosesPerHourBySubject?: number; maxClosesPerHourByTenant?: number }): Promise<void> {
  aheadMs = 0;
  const clock: Clock = { now: () => systemClock.now() + aheadMs, monotonic: () => systemClock.monotonic() };
  harness = await startEngine([new ScriptedProvider().configured()], settings, clock);
}

let counter = 0;
function close(subject = 'anna', idempotencyKey = freshKey()) {
  counter += 1;
  return harness.close({ idempotencyKey, account: { provider: 'bank', kind: 'ACCOUNT', id: `acc-quota-${counter}` } }, { ...CALLER, subject });
}
const codes = (results: { error: { code: string } | null }[]) => results.map(({ error }) => error?.code ?? null);

it('lets a subject close so many accounts in an hour, tells when there is room again, and records nothing for one more', async () => {
  await open({ maxClosesPerHourBySubject: 2 });
  expect(codes([await close(), await close()])).toEqual([null, null]);
  const refused = await close();
  expect(refused).toMatchObject({ closure: null, error: { code: 'OVERLOADED' }, replayed: false });
  expect(refused.error?.retryAfterSeconds).toBeGreaterThan(3_500);
  expect(refused.error?.retryAfterSeconds).toBeLessThanOrEqual(3_600);
  expect(await harness.store.list(CALLER.tenant, {}, 10, null)).toHaveLength(2);
  expect(codes([await close('bert')])).toEqual([null]);
  aheadMs = HOUR_MS + 1_000;
  expect(codes([await close()])).toEqual([null]);
});

it('lets no more through that ask at the same moment', async () => {
  await open({ maxClosesPerHourBySubject: 3 });
  const results = await Promise.all(Array.from({ length: 20 }, () => close()));
  expect(codes(results).filter((code) => code === null)).toHaveLength(3);
  expect(await harness.store.list(CALLER.tenant, {}, 30, null)).toHaveLength(3);
});

it('lets a tenant close so many, whoever asks', async () => {
  await open({ maxClosesPerHourByTenant: 2 });
  expect(codes([await close('anna'), await close('bert'), await close('carl')])).toEqual([null, null, 'OVERLOADED']);
});

it('counts a group as one when it is asked for, and with its accounts afterwards', async () => {
  harness = await startEngine([new GroupProvider({ a: 'OPEN', b: 'OPEN' }).configured()], { maxClosesPerHourBySubject: 2 });
  const group = await harness.close({ account: { provider: 'bank', kind: 'ACCOUNT_GROUP', id: 'group' }, includeAccounts: true });
  expect(codes([group, await close()])).toEqual([null, 'OVERLOADED']);
});

it('counts no request that only comes again', async () => {
  await open({ maxClosesPerHourBySubject: 1 });
  const key = freshKey();
  const account = { provider: 'bank', kind: 'ACCOUNT', id: 'acc-once' } as const;
  const first = await harness.close({ idempotencyKey: key, account });
  expect(await harness.close({ idempotencyKey: key, account })).toMatchObject({ closure: { id: first.closure?.id }, error: null, replayed: true });
});
