import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import { FAULT_NAMES, type FaultName } from '../../src/provider-kit/sandbox-faults';
import { type Bench, inShort, openBench } from './bench';
import type { ProviderContract } from './contract';

/** What these faults come to at every provider; every other one leaves the outcome unknown. */
const OUTCOMES: Partial<Record<FaultName, string>> = {
  teapot: 'conflict undocumented',
  'throttled-seconds': 'notApplied PROVIDER_RATE_LIMITED',
  'throttled-date': 'notApplied PROVIDER_RATE_LIMITED',
  'throttled-nonsense': 'notApplied PROVIDER_RATE_LIMITED',
  'down-seconds': 'unavailable',
  'down-date': 'unavailable',
  'down-nonsense': 'unavailable',
};

/** Resets, hangs, cut bodies, redirects: what may have been applied is never taken for refused. */
export function faults<Sandbox extends RunningSandbox>(contract: ProviderContract<Sandbox>): void {
  let bench: Bench<Sandbox>;
  beforeAll(async () => {
    bench = await openBench(contract);
  });
  afterAll(() => bench.dispose());

  it.each(FAULT_NAMES)('%s: one request leaves, none follows a redirect, nothing is taken for more than it is', async (fault) => {
    const account = bench.account();
    bench.sandbox.script(bench.named(account), 'close', [fault]);
    const bare = /^bare-(\d+)$/.exec(fault)?.[1];
    const expected = (bare && contract.bareSuccess[Number(bare)]) ?? OUTCOMES[fault] ?? 'unknown';
    expect(inShort(await bench.close(account))).toBe(expected);
    expect(bench.sandbox.closeRequests(bench.named(account))).toBe(1);
    expect(bench.sandbox.strayRequests()).toBe(0);
  });

  it('that came after the close was applied leave nothing to be applied twice', async () => {
    const account = bench.account();
    bench.sandbox.script(bench.named(account), 'close', ['reset-after']);
    expect(inShort(await bench.close(account))).toBe('unknown');
    await bench.close(account);
    expect(bench.sandbox.effectiveCloses(bench.named(account))).toBe(1);
  });
}
