import { randomUUID } from 'node:crypto';
import type { SandboxStep } from '../../src/provider-kit/sandbox';
import { FAULT_NAMES, type FaultName } from '../../src/provider-kit/sandbox-faults';
import { startTestGateway, type TestGateway } from '../support/gateway';
import type { ProviderName } from './fault-bench';
import { inLanes } from './waiting';

/**
 * Every fault met once by a close request, twice by reads and once by a token request, then a provider in good
 * health: what the closure becomes in the end. What the first answer makes of it is in test/gateway/answers.test.ts.
 */
const QUICKLY = { PROVIDER_TIMEOUT_MS: '2000', RECONCILE_HORIZON_MS: '86400000', REOPEN_GRACE_MS: '86400000' };
const PROVIDERS = ['upvest', 'emoney'] as const;
const AT_ONCE = 8;
/** Asked to wait a minute: it does. */
const PUT_OFF: ReadonlySet<FaultName> = new Set(['throttled-date', 'down-date']);

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway(QUICKLY, { upvest: { closingMs: 20 } });
});
afterAll(() => gateway.dispose());

/** Closes an account; in the end: path and effective closes. */
async function closing(provider: ProviderName, steps: { close?: SandboxStep[]; read?: SandboxStep[] }, ends = 'CLOSED'): Promise<string> {
  const id = randomUUID();
  const sandbox = gateway.sandboxes[provider];
  sandbox.script(id, 'close', steps.close ?? []);
  sandbox.script(id, 'read', steps.read ?? []);
  const { closure } = await gateway.client.close({ account: { provider, id } });
  const done = await gateway.client.until(closure?.id ?? '', ends);
  const path = done.history.map(({ to }) => to).filter((to) => to !== 'CLOSING');
  return `${path.join(' ')}, ${sandbox.effectiveCloses(id)} effective`;
}

describe.each(PROVIDERS)('%s', (provider) => {
  const isDocumented = (fault: FaultName): boolean => fault === (provider === 'upvest' ? 'bare-202' : 'bare-204');

  function expectedOfClose(fault: FaultName): string {
    if (fault === 'teapot') return 'REQUESTED UNCONFIRMED REJECTED, 0 effective';
    if (PUT_OFF.has(fault)) return 'REQUESTED, 0 effective';
    if (fault.startsWith('throttled') || fault.startsWith('down')) return 'REQUESTED CLOSED, 1 effective';
    return 'REQUESTED UNCONFIRMED CLOSED, 1 effective';
  }

  it('a close request that meets a fault', async () => {
    const faults = FAULT_NAMES.filter((fault) => !isDocumented(fault));
    const seen = await inLanes(faults, AT_ONCE, async (fault) => {
      const ends = /(?:\S+ )*(\S+),/.exec(expectedOfClose(fault))?.[1];
      return [fault, await closing(provider, { close: [fault] }, ends)];
    });
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(faults.map((fault) => [fault, expectedOfClose(fault)])));
  });

  it('reads after a lost answer that meet a fault decide nothing, and the next one does', async () => {
    const faults = FAULT_NAMES.filter((fault) => !PUT_OFF.has(fault));
    const seen = await inLanes(faults, AT_ONCE, async (fault) => [fault, await closing(provider, { close: ['reset-after'], read: [fault, fault] })]);
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(faults.map((fault) => [fault, 'REQUESTED UNCONFIRMED CLOSED, 1 effective'])));
  });

  it('a token request that meets a fault: no close request leaves without a token', async () => {
    const sandbox = gateway.sandboxes[provider];
    const seen: Record<string, string> = {};
    for (const fault of FAULT_NAMES.filter((name) => !PUT_OFF.has(name))) {
      // The first close request finds its token refused, and the one for the next is in trouble.
      sandbox.revokeTokens();
      sandbox.script('*', 'token', [fault]);
      seen[fault] = await closing(provider, {});
    }
    expect(seen).toEqual(Object.fromEntries(Object.keys(seen).map((fault) => [fault, 'REQUESTED CLOSED, 1 effective'])));
    expect(sandbox.strayRequests()).toBe(0);
  });
});

describe('Retry-After', () => {
  const HOUR_MS = 3_600_000;
  const SLOW = { RETRY_MIN_MS: '60000', RETRY_MAX_MS: '60000' };
  let slow: TestGateway;
  beforeAll(async () => {
    slow = await startTestGateway(SLOW);
  });
  afterAll(() => slow.dispose());

  it.each([
    ['0', 60_000, 70_000],
    ['1', 60_000, 70_000],
    ['-1', 60_000, 70_000],
    ['', 60_000, 70_000],
    ['NaN', 60_000, 70_000],
    ['1e12', 60_000, 70_000],
    ['1.5', 60_000, 70_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 60_000, 70_000],
    ['600', 600_000, 670_000],
    ['86400', 24 * HOUR_MS, 26.5 * HOUR_MS],
    ['999999999999', 24 * HOUR_MS, 26.5 * HOUR_MS],
    ['2147483648', 24 * HOUR_MS, 26.5 * HOUR_MS],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 24 * HOUR_MS, 26.5 * HOUR_MS],
  ])('%j: the next request waits for at least the shortest interval, and a day at most', async (value, atLeast, atMost) => {
    for (const provider of PROVIDERS) {
      for (const status of [429, 503]) {
        const id = randomUUID();
        slow.sandboxes[provider].script(id, 'close', [{ status, headers: { 'retry-after': value } }]);
        const begun = Date.now();
        const { closure } = await slow.client.close({ account: { provider, id } });
        const wait = Date.parse(closure?.nextCheckAt ?? '') - begun;
        expect({ provider, is: closure?.status, wait: wait >= atLeast && wait <= atMost ? 'as asked' : wait }).toEqual({ provider, is: 'REQUESTED', wait: 'as asked' });
        expect(slow.sandboxes[provider].closeRequests(id)).toBe(1);
      }
    }
  });
});
