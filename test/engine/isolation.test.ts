import type { CloseOutcome } from '../../src/domain/outcome';
import type { CloseRequest, CloseSend } from '../../src/ports/provider';
import { CALLER, type EngineHarness, freshKey, startEngine } from '../support/engine';
import { ScriptedProvider, seen } from '../support/scripted-provider';

let harness: EngineHarness;
afterEach(() => harness.dispose());

/** Something to wait for, and the way to let go of all who do. */
function gate(): { wait: Promise<void>; open: () => void } {
  let open: () => void = () => {};
  const wait = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait, open };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
const at = (provider: string, id: string | number) => ({ account: { provider, kind: 'ACCOUNT', id: `acc-${id}` } }) as const;
const unavailable: CloseOutcome = { kind: 'unavailable' };

/** Keeps each request for a connection until it is let go. */
class BusyProvider extends ScriptedProvider {
  readonly connection = gate();
  waiting = 0;

  override async requestClosure(request: CloseRequest, send: CloseSend): Promise<CloseOutcome> {
    this.waiting += 1;
    await this.connection.wait;
    return super.requestClosure(request, send);
  }
}

describe('providers that hang', () => {
  it('all but one: the last one has its callers answered and its closures driven', async () => {
    const slow = ['one', 'two', 'three'].map((id) => ({ id, provider: new ScriptedProvider() }));
    const bank = new ScriptedProvider();
    bank.states = [seen('CLOSING'), seen('CLOSING'), seen('CLOSED')];
    harness = await startEngine([...slow.map(({ id, provider }) => provider.configured(id)), bank.configured()], { workers: 2, closeWaitMs: 1 });
    const { wait, open } = gate();
    for (const { id, provider } of slow) {
      provider.answers = [() => wait.then(() => unavailable)];
      await Promise.all(Array.from({ length: 20 }, (_, index) => harness.close(at(id, index))));
    }
    const { closure } = await harness.close(at('bank', 1));
    await harness.until(closure?.id ?? '', 'CLOSED');
    open();
  });

  it('have so many requests of callers under way; the others are recorded, answered at once and left to the queue', async () => {
    const slow = new BusyProvider();
    harness = await startEngine([slow.configured()], { workers: 2, closeWaitMs: 600_000 });
    const answered: (string | undefined)[] = [];
    const all = Array.from({ length: 30 }, async (_, index) => {
      const { closure } = await harness.close(at('bank', index));
      answered.push(closure?.status);
    });
    // Eight callers' own, and two that the worker took from the queue, wait for a connection.
    while (answered.length < 22 || slow.waiting < 10) await turn();
    expect(answered).toEqual(Array(22).fill('REQUESTED'));
    expect([slow.waiting, slow.sent.length]).toEqual([10, 0]);
    slow.connection.open();
    await Promise.all(all);
    while (slow.sent.length < 30) await turn();
    expect(new Set(slow.sent.map(({ account }) => account.id)).size).toBe(30);
  });
});

describe('after an outage', () => {
  it('closures come back a few at a time: one, and with each answer one more', async () => {
    const bank = new ScriptedProvider();
    harness = await startEngine([bank.configured()], { workers: 16, closeWaitMs: 1 });
    bank.answers = [unavailable];
    await Promise.all(Array.from({ length: 40 }, (_, index) => harness.close(at('bank', index))));
    while (bank.sent.length < 60) await turn();
    let underWay = 0;
    const answered: string[] = [];
    const crowds: { underWay: number; answered: number }[] = [];
    bank.answers = [
      async () => {
        underWay += 1;
        crowds.push({ underWay, answered: answered.length });
        await turn();
        underWay -= 1;
        answered.push('once');
        return { kind: 'accepted' };
      },
    ];
    bank.states = [seen('CLOSING')];
    while (answered.length < 40) await turn();
    // One may have been on its way when the outage ended.
    for (const crowd of crowds) expect(crowd.underWay).toBeLessThanOrEqual(crowd.answered + 2);
    expect(Math.max(...crowds.map((crowd) => crowd.underWay))).toBeGreaterThan(4);
  });
});

describe('a gateway that is full', () => {
  /** From now on the store takes no new closure until it is let go. */
  function stallRecording(): { recording: string[]; open: () => void } {
    const { wait, open } = gate();
    const recording: string[] = [];
    const record = harness.store.record.bind(harness.store);
    harness.store.record = async (closure, ...given) => {
      recording.push(closure.id);
      await wait;
      return record(closure, ...given);
    };
    return { recording, open };
  }

  it('turns a close away before anything is recorded, and takes the same key later', async () => {
    const bank = new ScriptedProvider();
    harness = await startEngine([bank.configured()], { maxInFlightCloses: 2 });
    const { recording, open } = stallRecording();
    const first = [harness.close(at('bank', 1)), harness.close(at('bank', 2))];
    while (recording.length < 2) await turn();
    const idempotencyKey = freshKey();
    const refused = await harness.close({ ...at('bank', 3), idempotencyKey });
    expect(refused).toEqual({ closure: null, error: expect.objectContaining({ code: 'OVERLOADED' }), replayed: false });
    expect([1, 2, 3, 4, 5]).toContain(refused.error?.retryAfterSeconds);
    expect(await harness.store.byIdempotencyKey('default', 'anna', idempotencyKey)).toBeNull();
    open();
    await Promise.all(first);
    expect(await harness.close({ ...at('bank', 3), idempotencyKey })).toMatchObject({ closure: { status: 'CLOSING' }, error: null, replayed: false });
    expect(bank.sent).toHaveLength(3);
  });

  it('still answers what was recorded before, what is refused anyway, and queries', async () => {
    const bank = new ScriptedProvider();
    harness = await startEngine([bank.configured()], { maxInFlightCloses: 1 });
    const idempotencyKey = freshKey();
    const known = await harness.close({ ...at('bank', 1), idempotencyKey });
    const { recording, open } = stallRecording();
    const filling = harness.close(at('bank', 2));
    while (recording.length < 1) await turn();
    expect(await harness.close({ ...at('bank', 1), idempotencyKey })).toMatchObject({ closure: { id: known.closure?.id }, error: null, replayed: true });
    expect(await harness.close({ ...at('bank', 9), idempotencyKey })).toMatchObject({ closure: null, error: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await harness.close(at('bank', 'NOT VALID'))).toMatchObject({ error: { code: 'INVALID_INPUT' } });
    expect(await harness.engine.service.closures(CALLER, [known.closure?.id ?? ''])).toMatchObject([{ id: known.closure?.id }]);
    open();
    await filling;
  });

  it('is full too when it cannot keep up with what it computes, but not because of one pause', async () => {
    const bank = new ScriptedProvider();
    harness = await startEngine([bank.configured()], { maxLagMs: 100 });
    const standStill = () => {
      for (const until = performance.now() + 400; performance.now() < until; );
    };
    // Two turns: what was due by then has had its own.
    const nextTurn = async () => {
      await turn();
      await turn();
    };
    await turn();
    standStill();
    expect((await harness.close(at('bank', 1))).error).toBeNull();
    standStill();
    await nextTurn();
    standStill();
    await nextTurn();
    standStill();
    expect(await harness.close(at('bank', 2))).toMatchObject({ closure: null, error: { code: 'OVERLOADED' } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await harness.close(at('bank', 2))).error).toBeNull();
  });

  it('is not full of callers who wait for a provider', async () => {
    const slow = new BusyProvider();
    const bank = new ScriptedProvider();
    harness = await startEngine([slow.configured('slow'), bank.configured()], { maxInFlightCloses: 1, closeWaitMs: 600_000 });
    const waiting: ReturnType<EngineHarness['close']>[] = [];
    for (let index = 0; index < 4; index += 1) {
      waiting.push(harness.close(at('slow', index)));
      while (slow.waiting <= index) await turn();
    }
    expect(await harness.close(at('bank', 1))).toMatchObject({ closure: { status: 'CLOSING' }, error: null });
    slow.connection.open();
    expect((await Promise.all(waiting)).map(({ error }) => error)).toEqual([null, null, null, null]);
  });
});

describe('a gateway that ends', () => {
  async function dueNow(): Promise<string[]> {
    return (await harness.store.claimDue(100, 1_000)).map(({ closure }) => closure.id);
  }

  it('lets go of what it claimed and has not sent, as if it had never claimed it', async () => {
    const busy = new BusyProvider();
    harness = await startEngine([busy.configured()], { workers: 1, closeWaitMs: 1, pollMinMs: 600_000, pollMaxMs: 600_000 });
    const ids = (await Promise.all(Array.from({ length: 6 }, (_, index) => harness.close(at('bank', index))))).map(({ closure }) => closure?.id ?? '');
    // Four are their callers' own; of the other two the worker has one.
    while (busy.waiting < 5) await turn();
    harness.engine.stopClaiming();
    busy.connection.open();
    await harness.engine.drain();
    const due = await dueNow();
    expect(due).toHaveLength(2);
    const left = await Promise.all(due.map((id) => harness.stored(id)));
    expect(left).toMatchObject(due.map(() => ({ status: 'REQUESTED', attempts: 0, version: 1, error: null })));
    expect(busy.sent).toHaveLength(4);
    expect(busy.sent.map(({ closureId }) => closureId).toSorted()).toEqual(ids.filter((id) => !due.includes(id)).toSorted());
  });

  it('gives up what waits for a provider: unsent is let go, sent and unanswered is in doubt', async () => {
    const busy = new BusyProvider();
    const silent = new ScriptedProvider();
    const answer = gate();
    silent.answers = [() => answer.wait.then((): CloseOutcome => ({ kind: 'unknown', detail: 'The connection broke.' }))];
    harness = await startEngine([busy.configured('busy'), silent.configured('silent')], { closeWaitMs: 1 });
    const unsent = (await harness.close(at('busy', 1))).closure?.id ?? '';
    const sent = (await harness.close(at('silent', 1))).closure?.id ?? '';
    while (busy.waiting < 1 || silent.sent.length < 1) await turn();
    const drained = harness.engine.drain();
    harness.engine.giveUp();
    busy.connection.open();
    answer.open();
    await drained;
    expect(await harness.stored(unsent)).toMatchObject({ status: 'REQUESTED', attempts: 0, version: 1 });
    expect(await harness.stored(sent)).toMatchObject({ status: 'UNCONFIRMED', attempts: 1 });
    expect((await dueNow()).toSorted()).toEqual([unsent, sent].toSorted());
    expect([busy.sent.length, silent.reads]).toEqual([0, 0]);
  });
});
