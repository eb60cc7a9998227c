import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import { type Bench, inShort, openBench, requests, until } from './bench';
import type { ProviderContract } from './contract';

const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

/** One request, its mark, its token, and letting go. */
export function closing<Sandbox extends RunningSandbox>(contract: ProviderContract<Sandbox>): void {
  const open: Bench<Sandbox>[] = [];
  let bench: Bench<Sandbox>;
  beforeEach(async () => {
    bench = await opened();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.dispose()));
  });

  async function opened(): Promise<Bench<Sandbox>> {
    const another = await openBench(contract);
    open.push(another);
    return another;
  }

  it('asks for its mark once, before anything of the close reaches the provider', async () => {
    const account = bench.account();
    let arrived: number | undefined;
    await bench.close(account, {
      beforeFirstByte: async () => {
        arrived = bench.sandbox.closeRequests();
      },
    });
    expect({ marks: bench.marks(), arrived }).toEqual({ marks: 1, arrived: 0 });
    expect(bench.sandbox.closeRequests(bench.named(account))).toBe(1);
  });

  it('sends nothing where the mark cannot be had, and hands on why', async () => {
    const failure = new Error('the store is gone');
    await expect(bench.close(bench.account(), { beforeFirstByte: () => Promise.reject(failure) })).rejects.toBe(failure);
    expect(bench.sandbox.closeRequests()).toBe(0);
  });

  it('makes one request a call, and reports it once', async () => {
    const accounts = Array.from({ length: 5 }, () => bench.account());
    await Promise.all(accounts.map((account) => bench.close(account)));
    expect(accounts.map((account) => bench.sandbox.closeRequests(bench.named(account)))).toEqual(accounts.map(() => 1));
    expect(bench.calls.filter(({ operation }) => operation === 'close')).toHaveLength(accounts.length);
    expect(bench.calls.every(({ provider }) => provider === 'bank')).toBe(true);
  });

  it('reports the outcome under the caller\'s correlation id', async () => {
    const outcome = await bench.close(bench.account(), { correlationId: 'correlation-7' });
    expect(bench.calls.filter(({ operation }) => operation === 'close')).toEqual([
      expect.objectContaining({ outcome: outcome.kind, httpStatus: outcome.httpStatus, correlationId: 'correlation-7' }),
    ]);
  });

  it('of a provider that is not there was not applied', async () => {
    await bench.sandbox.dispose();
    expect(inShort(await bench.close(bench.account()))).toBe('notApplied PROVIDER_UNAVAILABLE');
  });

  it('sends nothing after dispose, which frees every connection', async () => {
    await bench.dispose();
    const before = sockets();
    const other = await opened();
    await Promise.all(Array.from({ length: 3 }, () => other.close(other.account())));
    await other.read(other.account());
    expect(other.sandbox.ledger).not.toEqual([]);
    await other.adapter.dispose();
    await until(() => sockets() <= before);
    const sent = other.sandbox.closeRequests();
    expect(inShort(await other.close(other.account()))).toBe('notApplied PROVIDER_UNAVAILABLE');
    expect(other.sandbox.closeRequests()).toBe(sent);
  });

  const { tokens } = contract;
  if (!tokens) return;

  it.each([
    [{ status: 400 }, 'notApplied PROVIDER_AUTHENTICATION_FAILED'],
    [{ status: 401 }, 'notApplied PROVIDER_AUTHENTICATION_FAILED'],
    [{ status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' }, 'notApplied PROVIDER_AUTHENTICATION_FAILED'],
    [{ status: 429, headers: { 'retry-after': '3' } }, 'notApplied PROVIDER_RATE_LIMITED'],
    [{ status: 503, headers: { 'retry-after': '3' } }, 'notApplied PROVIDER_UNAVAILABLE'],
    ['reset-before' as const, 'notApplied PROVIDER_UNAVAILABLE'],
    ['hang-before' as const, 'notApplied PROVIDER_UNAVAILABLE'],
    ['redirect-307' as const, 'notApplied PROVIDER_AUTHENTICATION_FAILED'],
  ])('without a token sends no close and asks for no mark: %j', async (step, expected) => {
    bench.sandbox.script('*', 'token', [step]);
    expect(inShort(await bench.close(bench.account()))).toBe(expected);
    expect({ marks: bench.marks(), closes: bench.sandbox.closeRequests() }).toEqual({ marks: 0, closes: 0 });
    expect({ tokens: requests(bench.sandbox, 'token'), stray: bench.sandbox.strayRequests() }).toEqual({ tokens: 1, stray: 0 });
  });

  it('shares one token among closes at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => bench.close(bench.account())));
    expect(requests(bench.sandbox, 'token')).toBe(1);
  });

  it('with a refused token is authFailed, and the next one gets a fresh token', async () => {
    const usual = inShort(await bench.close(bench.account()));
    tokens.revoke(bench.sandbox);
    const account = bench.account();
    expect(inShort(await bench.close(account))).toBe('authFailed');
    expect(bench.sandbox.closeRequests(bench.named(account))).toBe(1);
    expect(inShort(await bench.close(account, { freshToken: true }))).toBe(usual);
    expect(requests(bench.sandbox, 'token')).toBe(2);
  });
}
