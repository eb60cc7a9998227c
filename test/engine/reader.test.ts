import type { AccountRef } from '../../src/domain/account';
import type { AccountRead } from '../../src/domain/outcome';
import { Reader } from '../../src/engine/reader';
import type { ReadContext } from '../../src/ports/provider';
import { CALLER, type EngineHarness, startEngine } from '../support/engine';
import { ScriptedProvider, seen } from '../support/scripted-provider';

const account = (id: string): AccountRef => ({ provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id });
const stateOf = (read: AccountRead): string => (read.ok ? read.state : read.code);

describe('a reader', () => {
  const clock = { at: 0, now: () => 1_000_000 + clock.at, monotonic: () => clock.at };
  let bank: ScriptedProvider;
  let reader: Reader;
  beforeEach(() => {
    clock.at = 0;
    bank = new ScriptedProvider();
    reader = new Reader(clock);
  });
  const read = (id = 'one', notBefore?: number) => reader.read(bank.configured(), account(id), 'correlation', notBefore);

  it('makes one read for all who ask at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 50 }, () => read()));
    expect(bank.reads).toBe(1);
    expect(new Set(results).size).toBe(1);
  });

  it('gives the last result again for a second after it came', async () => {
    let answer = (_read: AccountRead): void => {};
    bank.states = [() => new Promise<AccountRead>((resolve) => (answer = resolve)), seen('CLOSED')];
    const first = read();
    await new Promise(setImmediate);
    clock.at = 5_000;
    answer(seen('CLOSING'));
    expect(await first).toMatchObject({ read: { state: 'CLOSING' }, at: 1_000_000 });
    clock.at = 5_999;
    expect(stateOf((await read()).read)).toBe('CLOSING');
    clock.at = 6_000;
    expect(await read()).toMatchObject({ read: { state: 'CLOSED' }, at: 1_006_000 });
    expect(bank.reads).toBe(2);
  });

  it('gives a failed read again too: the provider has trouble enough', async () => {
    bank.states = [{ ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'x' }, seen('OPEN')];
    await read();
    expect(stateOf((await read()).read)).toBe('PROVIDER_UNAVAILABLE');
    expect(bank.reads).toBe(1);
  });

  it('gives no result that is older than what the asker knows, nor shares such a read under way', async () => {
    await read();
    clock.at = 10;
    await read('one', 1_000_000);
    expect(bank.reads).toBe(1);
    await read('one', 1_000_005);
    expect(bank.reads).toBe(2);
    clock.at = 20;
    await Promise.all([read('two'), read('two', 1_000_021)]);
    expect(bank.reads).toBe(4);
  });

  it('tells accounts apart', async () => {
    await Promise.all([read('one'), read('two')]);
    expect(bank.reads).toBe(2);
  });

  it('keeps nothing of a read that a bug ended', async () => {
    bank.states = [() => Promise.reject(new Error('bug')), seen('OPEN')];
    await expect(Promise.all([read(), read()])).rejects.toThrow('bug');
    expect(stateOf((await read()).read)).toBe('OPEN');
  });

  it('keeps the newest results only, where accounts are many', async () => {
    for (let number = 0; number <= 10_000; number += 1) await read(`account-${number}`);
    await read('account-10000');
    await read('account-1');
    expect(bank.reads).toBe(10_001);
    await read('account-0');
    expect(bank.reads).toBe(10_002);
  });
});

test('each read tells the provider what it is for', async () => {
  const purposes: string[] = [];
  const bank = new (class extends ScriptedProvider {
    override async readAccount(asked: AccountRef, context: ReadContext): Promise<AccountRead> {
      purposes.push(`${asked.id} ${context.purpose} ${context.blockers}`);
      return super.readAccount(asked, context);
    }
  })();
  const lost = { kind: 'unknown', detail: 'Lost.' } as const;
  const refused = { kind: 'conflict', documented: true } as const;
  bank.answers = [lost, refused, { kind: 'accepted' }];
  bank.states = [seen('CLOSED'), seen('OPEN'), seen('CLOSED')];
  const harness = await startEngine([bank.configured()]);
  const at = (id: string) => ({ provider: 'bank', kind: 'ACCOUNT', id }) as const;
  for (const id of ['lost', 'refused', 'accepted']) {
    const { closure } = await harness.close({ account: at(id) });
    await harness.until(closure?.id ?? '', 'CLOSED', 'REJECTED');
  }
  await harness.engine.service.closureEligibility(CALLER, at('asked'));
  await harness.dispose();
  expect(purposes).toEqual(['lost RECONCILE false', 'refused POLL true', 'accepted POLL true', 'asked ELIGIBILITY true']);
});

describe('what callers ask', () => {
  let harness: EngineHarness;
  let bank: ScriptedProvider;
  const slow = { pollMinMs: 60_000, pollMaxMs: 60_000, retryMinMs: 60_000, retryMaxMs: 60_000 };
  const eligibility = () => harness.engine.service.closureEligibility(CALLER, { provider: 'bank', kind: 'ACCOUNT', id: 'acc-1' });

  beforeEach(async () => {
    bank = new ScriptedProvider();
    harness = await startEngine([bank.configured()], slow);
  });
  afterEach(() => harness.dispose());

  it('about eligibility a hundred times at once costs one read', async () => {
    const results = await Promise.all(Array.from({ length: 100 }, eligibility));
    expect(results.every(({ eligible }) => eligible === true)).toBe(true);
    expect(bank.reads).toBe(1);
  });

  it('by refreshing a hundred times costs no more than two reads: one, and one behind the change that it made', async () => {
    const { closure } = await harness.close();
    const reads = bank.reads;
    bank.states = [seen('CLOSING')];
    const id = closure?.id ?? '';
    await Promise.all(Array.from({ length: 50 }, () => harness.engine.service.refreshClosure(CALLER, id)));
    await Promise.all(Array.from({ length: 50 }, () => harness.engine.service.refreshClosure(CALLER, id)));
    expect(bank.reads - reads).toBeLessThanOrEqual(2);
    const { version } = await harness.stored(id);
    await harness.engine.service.refreshClosure(CALLER, id);
    expect((await harness.stored(id)).version).toBe(version);
  });

  it('by refreshing writes nothing where nothing is new', async () => {
    bank.states = [seen('CLOSING')];
    const { closure } = await harness.close();
    const id = closure?.id ?? '';
    await harness.engine.service.refreshClosure(CALLER, id);
    const before = await harness.stored(id);
    await harness.engine.service.refreshClosure(CALLER, id);
    expect(await harness.stored(id)).toEqual(before);
  });

  it('is not answered from before the close', async () => {
    expect((await eligibility()).eligible).toBe(true);
    bank.states = [seen('CLOSING')];
    const { closure } = await harness.close();
    const { closure: after } = await harness.engine.service.refreshClosure(CALLER, closure?.id ?? '');
    expect(after).toMatchObject({ status: 'CLOSING', providerStatus: 'closing' });
  });

  it('is one open read, however often it is given: no closing fails by repeating it', async () => {
    await harness.dispose();
    bank = new ScriptedProvider({ visibilityLagMs: 1 });
    // Results are kept for as long as this clock stands still.
    const clock = { now: () => Date.now(), at: 0, monotonic: () => clock.at };
    harness = await startEngine([bank.configured()], slow, clock);
    const { closure } = await harness.close();
    const id = closure?.id ?? '';
    async function refreshed(times: number): Promise<void> {
      for (; times > 0; times -= 1) {
        await harness.engine.service.refreshClosure(CALLER, id);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    bank.states = [seen('CLOSING', { providerStatus: 'same' })];
    await refreshed(2);
    clock.at = 2_000;
    bank.states = [seen('OPEN', { providerStatus: 'same' })];
    const { reads } = bank;
    await refreshed(5);
    expect(bank.reads - reads).toBe(1);
    expect(await harness.stored(id)).toMatchObject({ status: 'CLOSING', openSeenAt: expect.any(Number) });
    clock.at = 4_000;
    await refreshed(1);
    expect(await harness.stored(id)).toMatchObject({ status: 'FAILED' });
  });
});
