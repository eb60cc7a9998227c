import type { CloseOutcome } from '../../src/domain/outcome';
import { CALLER, type EngineHarness, startEngine } from '../support/engine';
import { ScriptedProvider, seen } from '../support/scripted-provider';

const DOWN = { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'x' } as const;

let harness: EngineHarness;
let bank: ScriptedProvider;
afterEach(() => harness.dispose());

/** A close whose answer is held back, and whose claim somebody else's write ends meanwhile. */
async function overtaken(outcome: CloseOutcome, states = [seen('OPEN')]): Promise<string> {
  bank = new ScriptedProvider();
  bank.states = states;
  harness = await startEngine([bank.configured()], { closeWaitMs: 20, retryMinMs: 20 });
  let letGo: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  bank.answers = [() => gate.then(() => outcome), { kind: 'accepted' }];
  const { closure } = await harness.close();
  const id = closure?.id ?? '';
  const { version } = await harness.stored(id);
  await harness.store.commit({ id, guard: { version }, set: { providerStatus: 'x', dueAt: Date.now() + 60_000 }, visible: true, lease: 'release' });
  letGo();
  while ((await harness.store.attempts(id))[0]?.effect === 'MARKED') await new Promise((resolve) => setTimeout(resolve, 2));
  return id;
}

describe('an answer whose claim is gone is read by the same table', () => {
  it('a throttled request keeps its Retry-After', async () => {
    const id = await overtaken({ kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'x', retryAfterMs: 3_600_000 });
    const { status, dueAt, error } = await harness.stored(id);
    expect({ status, code: error?.code }).toEqual({ status: 'REQUESTED', code: 'PROVIDER_RATE_LIMITED' });
    expect((dueAt ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
    expect(bank.sent).toHaveLength(1);
  });

  it('a conflict is not resent before the account was read', async () => {
    const id = await overtaken({ kind: 'conflict', documented: true }, [DOWN]);
    while (bank.reads < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(bank.sent).toHaveLength(1);
    bank.states = [seen('OPEN')];
    expect(await harness.until(id, 'REJECTED')).toMatchObject({ error: { code: 'ACCOUNT_STATE_CONFLICT' } });
  });

  it('a refusal refuses, without a second request', async () => {
    const id = await overtaken({ kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: 'x' });
    await harness.until(id, 'REJECTED');
    expect(bank.sent).toHaveLength(1);
  });

  it('a date is kept', async () => {
    const id = await overtaken({ kind: 'scheduled', effectiveAt: 4_102_444_800_000 });
    expect(await harness.until(id, 'SCHEDULED')).toMatchObject({ expectedCloseAt: 4_102_444_800_000 });
  });
});

describe('an answer that could not be written', () => {
  it('is written all the same, once the store takes it, and nothing is asked again', async () => {
    bank = new ScriptedProvider();
    bank.answers = [{ kind: 'accepted' }];
    harness = await startEngine([bank.configured()], { pollMinMs: 60_000, pollMaxMs: 60_000 });
    const commit = harness.store.commit.bind(harness.store);
    let failures = 1;
    harness.store.commit = async (change) => {
      if (change.answers && failures > 0) {
        failures -= 1;
        throw new Error('The commit failed.');
      }
      return await commit(change);
    };
    const { closure } = await harness.close();
    expect(closure?.status).toBe('CLOSING');
    expect(await harness.store.attempts(closure?.id ?? '')).toMatchObject([{ effect: 'ACCEPTED' }]);
    expect({ sent: bank.sent.length, reads: bank.reads }).toEqual({ sent: 1, reads: 0 });
    expect(harness.alarms).toMatchObject([{ what: 'work on a closure stopped' }]);
  });
});

describe('a refresh while the request is on its way', () => {
  it('leaves the claim alone', async () => {
    bank = new ScriptedProvider();
    harness = await startEngine([{ ...bank.configured(), deadlineMs: 5_000 }], { closeWaitMs: 20, providerTimeoutMs: 5_000 });
    let letGo: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    bank.answers = [() => gate.then((): CloseOutcome => ({ kind: 'accepted', requestId: 'request-1' }))];
    const { closure } = await harness.close();
    const id = closure?.id ?? '';
    await harness.engine.service.refreshClosure(CALLER, id);
    letGo();
    await harness.until(id, 'CLOSING');
    expect(await harness.history(id)).toMatchObject([{ to: 'REQUESTED' }, { to: 'CLOSING', cause: 'RESPONSE', providerRequestId: 'request-1' }]);
  });
});

describe('one provider in trouble', () => {
  it('takes no more than its share of the room', async () => {
    const slow = new ScriptedProvider();
    bank = new ScriptedProvider();
    harness = await startEngine([slow.configured('slow'), bank.configured()], { workers: 8, closeWaitMs: 1 });
    slow.answers = [{ kind: 'unavailable' }];
    const account = (provider: string, id: string) => ({ provider, kind: 'ACCOUNT', id }) as const;
    await Promise.all(Array.from({ length: 40 }, (_, index) => harness.close({ account: account('slow', `acc-${index}`) })));
    // From now on it never answers: whoever claims one of its closures waits.
    let letGo: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    slow.answers = [() => gate.then((): CloseOutcome => ({ kind: 'unavailable', retryAfterMs: 60_000 }))];
    bank.states = [seen('CLOSING'), seen('CLOSING'), seen('CLOSED')];
    const { closure } = await harness.close({ account: account('bank', 'acc-1') });
    await harness.until(closure?.id ?? '', 'CLOSED');
    letGo();
  });

  it('alarms when it refuses the gateway, and when a closure needs a person', async () => {
    bank = new ScriptedProvider();
    harness = await startEngine([bank.configured()], { reconcileHorizonMs: 30 });
    bank.answers = [{ kind: 'rejected', code: 'PROVIDER_PERMISSION_DENIED', message: 'x' }, { kind: 'unknown', detail: 'The connection broke.' }];
    await harness.close();
    const { closure } = await harness.close({ account: { provider: 'bank', kind: 'ACCOUNT', id: 'acc-2' } });
    await harness.until(closure?.id ?? '', 'NEEDS_REVIEW');
    expect(harness.alarms.map(({ what }) => what)).toEqual(['the provider refused the gateway: PROVIDER_PERMISSION_DENIED', 'a closure needs a person']);
  });
});

describe('what is stored', () => {
  it('does not change by being read again without its undefined members', async () => {
    bank = new ScriptedProvider();
    harness = await startEngine([bank.configured()]);
    const blocker = { code: 'OPEN_ORDERS', message: 'x', stage: 'COMPLETION', resolvableBy: 'TIME', selfResolving: true, amount: undefined, currency: undefined } as const;
    bank.states = [seen('CLOSING', { blockers: [{ ...blocker, relatedIds: [] }] })];
    const { closure } = await harness.close();
    while (bank.reads < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const { version } = await harness.stored(closure?.id ?? '');
    const { reads } = bank;
    while (bank.reads < reads + 4) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await harness.stored(closure?.id ?? '')).version).toBe(version);
  });
});
