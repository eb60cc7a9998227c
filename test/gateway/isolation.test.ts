import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type CloseInput, type ClosurePayload, startTestGateway, type TestGateway } from '../support/gateway';

let gateway: TestGateway;
afterEach(() => gateway.dispose());

const PROVIDERS = [
  ['upvest', 'emoney'],
  ['emoney', 'upvest'],
] as const;

function close(provider: string, id: string = randomUUID()): Promise<ClosurePayload> {
  return gateway.client.close({ account: { provider, id } });
}

async function metrics(): Promise<string> {
  return (await fetch(`${gateway.client.url}/metrics`)).text();
}

describe.each(PROVIDERS)('an outage of %s', (down, well) => {
  it('delays its closures and fails none, whatever it answers; each is closed once when it is over', async () => {
    gateway = await startTestGateway({ PROVIDER_TIMEOUT_MS: '300', RECONCILE_HORIZON_MS: '86400000', CLOSE_WAIT_MS: '50' });
    const sandbox = gateway.sandboxes[down];
    const accounts: string[] = [];
    const closures: string[] = [];
    for (const outage of ['hang-before', 'reset-before', { status: 503 }, { status: 500 }, 'html-502'] as const) {
      sandbox.outage(outage);
      for (let index = 0; index < 6; index += 1) {
        const account = randomUUID();
        const { closure, error } = await close(down, account);
        expect([closure?.terminal, error]).toEqual([false, null]);
        accounts.push(account);
        closures.push(closure?.id ?? '');
        expect((await close(well)).error).toBeNull();
      }
      expect((await fetch(`${gateway.client.url}/readyz`)).status).toBe(200);
    }
    sandbox.outage('normal');
    for (const id of closures) await gateway.client.until(id, 'CLOSED');
    expect(accounts.map((account) => sandbox.effectiveCloses(account))).toEqual(accounts.map(() => 1));
  }, 120_000);

  it('is seen in the metrics, and its closes are refused without an attempt, until it is over', async () => {
    gateway = await startTestGateway({ RETRY_MIN_MS: '5000', RETRY_MAX_MS: '5000', POLL_MIN_MS: '60000', POLL_MAX_MS: '60000' });
    const sandbox = gateway.sandboxes[down];
    await Promise.all([close(down), close(well)]);
    sandbox.outage({ status: 503 });
    const before = sandbox.closeRequests();
    const all = await Promise.all(Array.from({ length: 5 }, () => close(down)));
    expect(all.map(({ closure }) => closure?.attempts)).toEqual([1, 1, 1, 1, 1]);
    const kept = await close(down);
    expect(kept).toMatchObject({ closure: { status: 'REQUESTED', attempts: 0, error: { code: 'PROVIDER_UNAVAILABLE', retry: 'SAFE_NOW' } }, error: null });
    expect(Date.parse(kept.closure?.nextCheckAt ?? '')).toBeGreaterThan(Date.now());
    expect(sandbox.closeRequests()).toBe(before + 5);
    expect(await metrics()).toContain(`closure_provider_circuit_open{provider="${down}",circuit="write"} 1`);
    expect(await metrics()).not.toContain(`closure_provider_circuit_open{provider="${well}",circuit="write"} 1`);
    sandbox.outage('normal');
    await gateway.client.until(kept.closure?.id ?? '', 'CLOSING', 'CLOSED');
    expect(await metrics()).toContain(`closure_provider_circuit_open{provider="${down}",circuit="write"} 0`);
    expect(await metrics()).toMatch(new RegExp(`closure_provider_circuit_openings_total\\{provider="${down}",circuit="write"\\} [1-9]`));
  }, 120_000);

  it('leaves the other one its connections and its callers, however many wait', async () => {
    gateway = await startTestGateway({ PROVIDER_TIMEOUT_MS: '60000', CLOSE_WAIT_MS: '60000', MAX_IN_FLIGHT_CLOSES: '20' });
    gateway.sandboxes[down].outage('hang-before');
    const waiting = Array.from({ length: 60 }, () => close(down));
    while (gateway.sandboxes[down].ledger.length < 1) await wait(10);
    const answers = await Promise.all(Array.from({ length: 10 }, () => close(well)));
    expect(answers.map(({ error }) => error)).toEqual(Array(10).fill(null));
    expect(new Set(answers.map(({ closure }) => closure?.attempts))).toEqual(new Set([1]));
    await gateway.sandboxes[down].dispose();
    await Promise.all(waiting);
  });
});

it('a gateway that is full says so before it records anything, and when to come again', async () => {
  gateway = await startTestGateway({ MAX_LAG_MS: '1' });
  const { emoney } = gateway.sandboxes;
  let refused: { input: CloseInput; answer: ClosurePayload }[] = [];
  while (refused.length === 0) {
    const inputs = Array.from({ length: 60 }, () => ({ idempotencyKey: randomUUID(), account: { provider: 'emoney', id: randomUUID() } }));
    const all = await Promise.all(inputs.map(async (input) => ({ input, answer: await gateway.client.close(input) })));
    refused = all.filter(({ answer }) => answer.error);
  }
  for (const { input, answer } of refused) {
    expect(answer).toMatchObject({ error: { code: 'OVERLOADED', retry: 'SAFE_NOW' }, closure: null, replayed: false });
    expect(answer.error?.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(emoney.closeRequests(input.account.id)).toBe(0);
  }
  expect(await metrics()).toContain(`closure_overloaded_total{provider="emoney"} ${refused.length}`);
  // Whoever comes again with the same key gets there, and the account is closed once.
  for (const { input } of refused) {
    let answer = await gateway.client.close(input);
    while (answer.error?.code === 'OVERLOADED') {
      await wait(100);
      answer = await gateway.client.close(input);
    }
    expect(answer).toMatchObject({ closure: { status: 'CLOSED' }, error: null, replayed: false });
    expect(emoney.effectiveCloses(input.account.id)).toBe(1);
  }
});
