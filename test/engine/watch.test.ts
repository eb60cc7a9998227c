import { setMaxListeners } from 'node:events';
import { uuidv7 } from 'uuidv7';
import type { Closure } from '../../src/domain/closure';
import type { ClosureStatus } from '../../src/domain/closure-status';
import { TooManyWatches, type WatchEnd } from '../../src/engine/service';
import { Watches } from '../../src/engine/watch';
import type { StoreNews } from '../../src/ports/store';
import { CALLER, type EngineHarness, startEngine } from '../support/engine';
import { closureRecord, firstEvent } from '../support/closure-record';

const FOREVER: WatchEnd = { until: undefined, signal: new AbortController().signal };
setMaxListeners(0, FOREVER.signal);

let harness: EngineHarness;
beforeEach(async () => {
  harness = await startEngine([]);
});
afterEach(() => harness.dispose());

async function recorded(): Promise<Closure> {
  const closure = closureRecord({ subject: CALLER.subject });
  const result = await harness.store.record(closure, firstEvent(closure), 0);
  if (result.kind !== 'recorded') throw new Error(result.kind);
  return result.closure;
}

async function change(id: string, set: Partial<Pick<Closure, 'status' | 'providerStatus'>>, visible = true): Promise<void> {
  const { version } = await harness.stored(id);
  const written = await harness.store.commit({ id, guard: { version }, set, visible, lease: 'release' });
  if (!written) throw new Error('The change did not match.');
}

const watch = (id: string, end = FOREVER, caller = CALLER) => harness.engine.service.watch(caller, id, end);

async function statuses(watched: AsyncIterable<Closure>): Promise<ClosureStatus[]> {
  const found: ClosureStatus[] = [];
  for await (const { status } of watched) found.push(status);
  return found;
}

describe('who watches a closure', () => {
  it('is given it as it is, then each change, until its end', async () => {
    const { id } = await recorded();
    const watched = watch(id);
    const next = async () => (await watched.next()).value;
    expect(await next()).toMatchObject({ status: 'REQUESTED' });
    await change(id, { status: 'NEEDS_REVIEW' });
    expect(await next()).toMatchObject({ status: 'NEEDS_REVIEW' });
    const waiting = next();
    await change(id, { status: 'CLOSING' });
    expect(await waiting).toMatchObject({ status: 'CLOSING' });
    await change(id, { providerStatus: 'LOCKED' });
    expect(await next()).toMatchObject({ status: 'CLOSING', providerStatus: 'LOCKED' });
    await change(id, { status: 'CLOSED' });
    expect(await next()).toMatchObject({ status: 'CLOSED' });
    expect(await watched.next()).toEqual({ done: true, value: undefined });
  });

  it.each(['CLOSED', 'REJECTED', 'FAILED', 'CANCELLED', 'ANNOUNCED'] as const)('is given %s once, and nothing after it', async (status) => {
    const { id } = await recorded();
    await change(id, { status });
    expect(await statuses(watch(id))).toEqual([status]);
  });

  it('is not told of what nobody could see', async () => {
    const { id } = await recorded();
    const watched = watch(id);
    await watched.next();
    const waiting = watched.next();
    await change(id, {}, false);
    await change(id, { status: 'CLOSING' });
    expect((await waiting).value).toMatchObject({ status: 'CLOSING', version: 2 });
    await watched.return?.();
  });

  it('ends at once where there is nothing to see: unknown, or of another tenant', async () => {
    const { id } = await recorded();
    expect(await statuses(watch(uuidv7()))).toEqual([]);
    expect(await statuses(watch(id, FOREVER, { ...CALLER, tenant: 'other' }))).toEqual([]);
    expect(await statuses(watch('no id at all'))).toEqual([]);
  });

  it('ends while it waits: by its own wish, by a signal, and in time', async () => {
    const { id } = await recorded();
    const ending = new AbortController();
    const timed = { ...FOREVER, until: Date.now() + 60 };
    const watches = [watch(id), watch(id, { ...FOREVER, signal: ending.signal }), watch(id, timed)];
    const waiting = await Promise.all(watches.map(async (watched) => {
      expect((await watched.next()).done).toBe(false);
      return { end: watched.next() };
    }));
    await watches[0]?.return?.();
    ending.abort();
    expect(await Promise.all(waiting.map(({ end }) => end))).toEqual([1, 2, 3].map(() => ({ done: true, value: undefined })));
    // Those who come too late see nothing.
    expect(await statuses(watch(id, timed))).toEqual([]);
    expect(await statuses(watch(id, { ...FOREVER, signal: ending.signal }))).toEqual([]);
  });

  it('and is slow gets the latest of a thousand states, by two looks', async () => {
    const { id } = await recorded();
    const watched = watch(id);
    await watched.next();
    const looks = jest.spyOn(harness.store, 'closures');
    for (let round = 0; round < 1_000; round += 1) {
      await harness.store.commit({ id, guard: { version: round + 1 }, set: { providerStatus: `state-${round}` }, visible: true, lease: 'release' });
    }
    expect((await watched.next()).value).toMatchObject({ providerStatus: 'state-999', version: 1_001 });
    const waiting = watched.next();
    expect(looks).toHaveBeenCalledTimes(1);
    looks.mockRestore();
    await change(id, { status: 'CLOSED' });
    expect((await waiting).value).toMatchObject({ status: 'CLOSED' });
  });
});

describe('all watchers of a process', () => {
  const closures = new Map<string, Closure>();
  let listeners: ((news: StoreNews) => void)[] = [];
  const tell = (news: StoreNews) => listeners.forEach((listener) => listener(news));
  const looked: string[] = [];
  const startWatches = (most?: number) => {
    const onNews = (listener: (news: StoreNews) => void) => {
      listeners = [...listeners, listener];
      return () => void (listeners = listeners.filter((one) => one !== listener));
    };
    const look = async (_caller: unknown, [id = '']: readonly string[]) => {
      looked.push(id);
      return [closures.get(id) ?? null];
    };
    return new Watches({ store: { onNews }, clock: { now: () => Date.now() } }, look, most);
  };
  const put = (status: ClosureStatus = 'CLOSING', version = 1) => {
    const closure = closureRecord({ status, version });
    closures.set(closure.id, closure);
    return closure;
  };

  it('share one listener, which is gone with the last of them', async () => {
    const watches = startWatches();
    const open = Array.from({ length: 20 }, () => watches.watch(CALLER, put().id, FOREVER));
    expect(listeners).toHaveLength(1);
    await Promise.all(open.map((one) => one.return?.()));
    expect(listeners).toHaveLength(0);
    expect(await statuses(watches.watch(CALLER, put('CLOSED').id, FOREVER))).toEqual(['CLOSED']);
    expect(listeners).toHaveLength(0);
  });

  it('look again when news were missed, and otherwise only at what has changed', async () => {
    const watches = startWatches();
    const [one, two] = [put(), put()];
    const open = [watches.watch(CALLER, one.id, FOREVER), watches.watch(CALLER, two.id, FOREVER)];
    await Promise.all(open.map((watched) => watched.next()));
    looked.length = 0;
    const waiting = open.map((watched) => watched.next());
    closures.set(one.id, { ...one, status: 'CLOSED', version: 2 });
    tell({ kind: 'due' });
    tell({ kind: 'changed', id: one.id });
    expect((await waiting[0])?.value).toMatchObject({ status: 'CLOSED' });
    expect(looked).toEqual([one.id]);
    closures.set(two.id, { ...two, status: 'FAILED', version: 2 });
    tell({ kind: 'missed' });
    expect((await waiting[1])?.value).toMatchObject({ status: 'FAILED' });
    expect(listeners).toHaveLength(0);
  });

  it('end when their closure cannot be seen any more, and fail when it cannot be looked up', async () => {
    const watches = startWatches();
    const closure = put();
    const watched = watches.watch(CALLER, closure.id, FOREVER);
    await watched.next();
    closures.delete(closure.id);
    tell({ kind: 'changed', id: closure.id });
    expect(await watched.next()).toEqual({ done: true, value: undefined });
    const failing = new Watches({ store: { onNews: () => () => {} }, clock: { now: () => 0 } }, () => Promise.reject(new Error('The policy does not answer.')));
    const unlucky = failing.watch(CALLER, closure.id, FOREVER);
    await expect(unlucky.next()).rejects.toThrow('does not answer');
    expect(await unlucky.next()).toEqual({ done: true, value: undefined });
  });

  it('are so many and no more', async () => {
    const watches = startWatches(2);
    const [first] = [watches.watch(CALLER, put().id, FOREVER), watches.watch({ ...CALLER, subject: 'bert' }, put().id, FOREVER)];
    expect(() => watches.watch({ ...CALLER, subject: 'carl' }, put().id, FOREVER)).toThrow(TooManyWatches);
    await first.return?.();
    expect(await statuses(watches.watch(CALLER, put('FAILED').id, FOREVER))).toEqual(['FAILED']);
  });

  it('leave room for others: neither a subject nor a tenant has it all', async () => {
    const watches = startWatches(10);
    const open = (tenant: string, subject: string) => watches.watch({ ...CALLER, tenant, subject }, put().id, FOREVER);
    const [first] = [open('acme', 'anna'), open('acme', 'anna')];
    expect(() => open('acme', 'anna')).toThrow(TooManyWatches);
    for (const subject of ['bert', 'carl', 'dora']) for (let one = 0; one < 2; one += 1) open('acme', subject);
    expect(() => open('acme', 'emil')).toThrow(TooManyWatches);
    open('globex', 'anna');
    await first.return?.();
    open('acme', 'emil');
  });
});
