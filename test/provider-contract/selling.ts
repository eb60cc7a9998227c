import { randomUUID } from 'node:crypto';
import type { AccountRef } from '../../src/domain/account';
import type { LiquidationOutcome } from '../../src/domain/liquidation';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import { FAULT_NAMES, type FaultName } from '../../src/provider-kit/sandbox-faults';
import { type Bench, openBench, requests } from './bench';
import type { ContractSales, ProviderContract } from './contract';
import { FAILED_READS } from './reads';

/** What these faults come to at every provider; every other one leaves it open whether the sale was begun. */
const OUTCOMES: Partial<Record<FaultName, string>> = {
  'throttled-seconds': 'notApplied PROVIDER_RATE_LIMITED',
  'throttled-date': 'notApplied PROVIDER_RATE_LIMITED',
  'throttled-nonsense': 'notApplied PROVIDER_RATE_LIMITED',
};

const saleInShort = (outcome: LiquidationOutcome): string => ('code' in outcome ? `${outcome.kind} ${outcome.code}` : outcome.kind);

/** The sale of an account's positions: one request, one mark, and a list by which it is known again. */
export function selling<Sandbox extends RunningSandbox>(contract: ProviderContract<Sandbox>, sales: ContractSales): void {
  let bench: Bench<Sandbox>;
  let account: AccountRef;
  beforeEach(async () => {
    bench = await openBench(contract);
    account = bench.sellable();
  });
  afterEach(() => bench.dispose());

  it('begins one sale, however often it is asked for under one key, and lists it', async () => {
    const idempotencyKey = randomUUID();
    const first = await bench.sell(account, { idempotencyKey });
    const again = await bench.sell(account, { idempotencyKey });
    if (first.kind !== 'accepted' || again.kind !== 'accepted') throw new Error('The sale was not accepted.');
    expect(again.sale.id).toBe(first.sale.id);
    expect(await bench.listSales(account)).toMatchObject({ ok: true, sales: [{ id: first.sale.id, requestedAt: first.sale.requestedAt }] });
    expect(bench.sandbox.ledger.filter(({ operation }) => operation === 'liquidate').map(({ effect }) => effect)).toEqual([true, false]);
    expect(bench.calls.filter(({ operation }) => operation === 'liquidate')).toMatchObject([
      { provider: 'bank', outcome: 'accepted', httpStatus: first.httpStatus, correlationId: 'correlation-1' },
      { provider: 'bank', outcome: 'accepted' },
    ]);
  });

  it('is asked for after its mark, and not at all where the mark cannot be had', async () => {
    let arrived: number | undefined;
    await bench.sell(account, {
      beforeFirstByte: async () => {
        arrived = requests(bench.sandbox, 'liquidate');
      },
    });
    expect({ marks: bench.marks(), arrived, sent: requests(bench.sandbox, 'liquidate') }).toEqual({ marks: 1, arrived: 0, sent: 1 });
    const failure = new Error('the store is gone');
    await expect(bench.sell(account, { beforeFirstByte: () => Promise.reject(failure) })).rejects.toBe(failure);
    expect(requests(bench.sandbox, 'liquidate')).toBe(1);
  });

  for (const { name, answer, outcome } of sales.fixtures) {
    it(`${name}: ${outcome}`, async () => {
      bench.sandbox.script(bench.named(account), 'liquidate', [answer]);
      const answered = await bench.sell(account);
      expect(saleInShort(answered)).toBe(outcome);
      expect(answered.httpStatus).toBe(answer.status);
      expect(bench.unmapped).toEqual([]);
    });
  }

  it('has a fixture for each row of its error table', () => {
    const bodies = sales.fixtures.map(({ answer }) => ({ status: answer.status, text: String(answer.body ?? '') }));
    const has = (status: number, word: string) => bodies.some((body) => body.status === status && body.text.includes(JSON.stringify(word)));
    expect(sales.errorRows.filter(({ status, word }) => !has(status, word))).toEqual([]);
    expect(sales.errorRows).not.toEqual([]);
  });

  it.each(FAULT_NAMES)('%s: one request leaves, none follows a redirect, nothing is taken for more than it is', async (fault) => {
    bench.sandbox.script(bench.named(account), 'liquidate', [fault]);
    expect(saleInShort(await bench.sell(account))).toBe(OUTCOMES[fault] ?? 'unknown');
    expect(requests(bench.sandbox, 'liquidate')).toBe(1);
    expect(bench.sandbox.strayRequests()).toBe(0);
  });

  it('of a provider that is not there was not applied', async () => {
    await bench.sandbox.dispose();
    expect(saleInShort(await bench.sell(account))).toBe('notApplied PROVIDER_UNAVAILABLE');
  });

  it.each(Object.entries(sales.states))('%s means %s', async (word, state) => {
    bench.sandbox.script('*', 'list', [sales.listAnswer(account, word)]);
    expect(await bench.listSales(account)).toMatchObject({ ok: true, sales: [{ state, providerStatus: word }] });
    expect(bench.unmapped).toEqual([]);
  });

  it('under a word that no table has is UNKNOWN, and the word is reported', async () => {
    bench.sandbox.script('*', 'list', [sales.listAnswer(account, 'never-heard-of')]);
    expect(await bench.listSales(account)).toMatchObject({ ok: true, sales: [{ state: 'UNKNOWN', providerStatus: 'never-heard-of' }] });
    expect(bench.unmapped).toEqual([{ provider: 'bank', what: 'status', word: 'never-heard-of', correlationId: 'correlation-1' }]);
  });

  it('is in no list of another account', async () => {
    bench.sandbox.script('*', 'list', [sales.listAnswer(bench.sellable(), Object.keys(sales.states)[0] ?? '')]);
    expect(await bench.listSales(account)).toMatchObject({ ok: false, code: 'PROVIDER_PROTOCOL_ERROR' });
  });

  it.each(FAILED_READS)('is in no list that gets %s', async (_what, steps, code) => {
    bench.sandbox.script('*', 'list', steps);
    const read = await bench.listSales(account);
    expect(read).toMatchObject({ ok: false, code });
    expect(read).not.toHaveProperty('sales');
  });
}
