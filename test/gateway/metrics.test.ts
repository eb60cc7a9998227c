import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestGateway, type TestGateway } from '../support/gateway';
import { follow, sseClient, wsClient } from '../support/watching';

let gateway: TestGateway;
beforeEach(async () => {
  // Long enough for a closure to be found CLOSING.
  gateway = await startTestGateway({ CLOSE_WAIT_MS: '2000', POLL_MIN_MS: '60000', POLL_MAX_MS: '60000' });
});
afterEach(() => gateway.dispose());

/** The samples of /metrics by "name{labels}". */
async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(`${gateway.client.url}/metrics`);
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

describe('/metrics', () => {
  it('shows the closures by status now, and how they came there', async () => {
    await gateway.client.close({ account: { provider: 'upvest', id: randomUUID() } });
    await gateway.client.close({ account: { provider: 'emoney', id: randomUUID() } });
    await gateway.client.close({ account: { provider: 'emoney', id: randomUUID() } });
    const samples = await scrape();
    expect(samples.get('closure_closures{provider="upvest",status="CLOSING"}')).toBe(1);
    expect(samples.get('closure_closures{provider="emoney",status="CLOSED"}')).toBe(2);
    expect(samples.get('closure_closures{provider="upvest",status="REQUESTED"}')).toBe(0);
    expect(samples.get('closure_transitions_total{provider="emoney",from="",to="REQUESTED",cause="REQUEST"}')).toBe(2);
    expect(samples.get('closure_transitions_total{provider="upvest",from="REQUESTED",to="CLOSING",cause="RESPONSE"}')).toBe(1);
  });

  it('shows for how long the oldest closure has been on its way, and no such age for what is over', async () => {
    await gateway.client.close({ account: { provider: 'upvest', id: randomUUID() } });
    await gateway.client.close({ account: { provider: 'emoney', id: randomUUID() } });
    const samples = await scrape();
    expect(samples.get('closure_oldest_age_seconds{provider="upvest",status="CLOSING"}')).toBeGreaterThanOrEqual(0);
    expect([...samples.keys()].filter((name) => name.includes('age_seconds') && name.includes('CLOSED'))).toEqual([]);
  });

  it('shows what waits, and what does not is zero', async () => {
    const samples = await scrape();
    for (const name of ['closure_due_closures', 'closure_due_oldest_age_seconds', 'closure_inbox_events', 'closure_inbox_oldest_age_seconds']) {
      expect([name, samples.get(name)]).toEqual([name, 0]);
    }
  });

  it('shows the provider calls with their outcomes and durations, and the alarms', async () => {
    const id = randomUUID();
    gateway.sandboxes.emoney.script(id, 'close', [{ status: 403, headers: { 'content-type': 'application/json' }, body: '{"errors":[]}' }]);
    await gateway.client.close({ account: { provider: 'emoney', id } });
    const samples = await scrape();
    expect(samples.get('closure_provider_calls_total{provider="emoney",operation="close",outcome="rejected"}')).toBe(1);
    expect(samples.get('closure_provider_call_duration_seconds_count{provider="emoney",operation="close"}')).toBe(1);
    expect(samples.get('closure_alarms_total{what="the provider refused the gateway: PROVIDER_PERMISSION_DENIED",provider="emoney"}')).toBe(1);
  });

  it('shows how many closures are being watched', async () => {
    const id = randomUUID();
    gateway.sandboxes.emoney.script(id, 'close', ['throttled-date']);
    const { closure } = await gateway.client.close({ account: { provider: 'emoney', id } });
    const followed = [wsClient(gateway.client.url), sseClient(gateway.client.url)].map((client) => follow(client, { id: closure?.id }));
    await Promise.all(followed.map((one) => one.atLeast(1)));
    expect((await scrape()).get('closure_watched')).toBe(2);
    for (const one of followed) one.stop();
    while ((await scrape()).get('closure_watched') !== 0) await wait(10);
  });

  it('shows the store, the event loop and the process', async () => {
    const samples = await scrape();
    expect(samples.get('closure_store_up')).toBe(1);
    expect(samples.get('closure_store_write_duration_seconds')).toBeGreaterThan(0);
    for (const name of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes', 'process_cpu_seconds_total', 'process_open_fds']) {
      expect([name, samples.has(name)]).toEqual([name, true]);
    }
  });

  it('has no account in it, under any name', async () => {
    const id = randomUUID();
    await gateway.client.close({ account: { provider: 'emoney', id } });
    const text = await (await fetch(`${gateway.client.url}/metrics`)).text();
    expect(text).not.toContain(id);
    expect(text).not.toContain(id.slice(-12));
  });
});
