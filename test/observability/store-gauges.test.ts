import { createMetrics } from '../../src/observability/metrics';
import { createStoreGauges } from '../../src/observability/store-gauges';
import { openSqliteHarness, type SqliteHarness } from '../store/sqlite-harness';
import { recorded } from '../store-contract/harness';

let harness: SqliteHarness;
beforeEach(async () => {
  harness = await openSqliteHarness();
});
afterEach(() => harness.dispose());

function samplesOf(text: string): string[] {
  return text.split('\n').filter((line) => /^closure_(store|closures|oldest|due|inbox)/.test(line));
}

describe('what the store holds', () => {
  it('is shown as it is at each look', async () => {
    const { registry, text } = createMetrics();
    const look = createStoreGauges(registry, harness.store);
    await recorded(() => harness, { dueAt: harness.clock.now() - 1_500, statusSince: harness.clock.now() - 2_500 });
    await look();
    expect(samplesOf(await text())).toEqual(
      expect.arrayContaining([
        'closure_store_up 1',
        'closure_closures{provider="bank",status="REQUESTED"} 1',
        'closure_oldest_age_seconds{provider="bank",status="REQUESTED"} 2.5',
        'closure_due_closures 1',
        'closure_due_oldest_age_seconds 1.5',
      ]),
    );
    await harness.store.keepEvents('bank', [{ id: 'one', type: 'NEWS', payload: '{}' }], harness.clock.now() - 500);
    await look();
    const samples = samplesOf(await text());
    expect(samples).toContain('closure_inbox_events 1');
    expect(samples).toContain('closure_inbox_oldest_age_seconds 0.5');
  });

  it('is left out where the store does not answer, and is there again where it does', async () => {
    const { registry, text } = createMetrics();
    await recorded(() => harness);
    let store = harness.store;
    const look = createStoreGauges(registry, { ping: () => store.ping(), census: (most) => store.census(most) });
    await look();
    const before = samplesOf(await text());
    await store.dispose();
    await look();
    expect(samplesOf(await text())).toEqual(['closure_store_up 0']);
    store = await harness.reopen();
    await look();
    expect(samplesOf(await text())).toHaveLength(before.length);
  });
});
