import { setMaxListeners } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type ProviderAnswer, ProviderHttp, type ProviderHttpOptions } from '../../src/provider-kit/http';
import { RateBudget } from '../../src/provider-kit/rate-budget';
import type { RequestPriority } from '../../src/provider-kit/turns';
import { httpContext } from '../support/http-context';

/** A clock that moves when the test says so. */
class HandClock {
  at = 0;
  monotonic(): number {
    return this.at;
  }
}

/** One wait for a whole crowd. */
function patience(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

const never = patience().signal;
let clock: HandClock;
beforeEach(() => {
  clock = new HandClock();
});

/** Lets timers of the budget fire, whatever they find. */
const settle = (): Promise<void> => wait(30);

describe('a rate budget', () => {
  it('lets a tenth of a second\'s requests go at once and no more while time stands still', async () => {
    const budget = new RateBudget(100, clock);
    const waits = patience();
    const left = Array.from({ length: 25 }, () => budget.take('POLL', waits.signal));
    await settle();
    waits.abort();
    expect((await Promise.all(left)).filter(Boolean)).toHaveLength(10);
  });

  it('never lets more than its rate and that tenth go within a second', async () => {
    const budget = new RateBudget(100, clock);
    const waits = patience();
    const left: Promise<boolean>[] = [];
    for (clock.at = 0; clock.at < 1_000; clock.at += 10) {
      left.push(...Array.from({ length: 5 }, () => budget.take('POLL', waits.signal)));
    }
    waits.abort();
    const count = (await Promise.all(left)).filter(Boolean).length;
    expect(count).toBeGreaterThanOrEqual(100);
    expect(count).toBeLessThanOrEqual(110);
  });

  it('saves nothing up beyond that, however long the pause', async () => {
    const budget = new RateBudget(100, clock);
    clock.at = 3_600_000;
    const waits = patience();
    const left = Array.from({ length: 25 }, () => budget.take('CLOSE', waits.signal));
    await settle();
    waits.abort();
    expect((await Promise.all(left)).filter(Boolean)).toHaveLength(10);
  });

  it('lets one request go at a time where the rate is one per second', async () => {
    const budget = new RateBudget(1, clock);
    expect(await budget.take('POLL', never)).toBe(true);
    const next = budget.take('POLL', never);
    clock.at = 1_000;
    expect(await Promise.all([next, budget.take('POLL', AbortSignal.abort())])).toEqual([true, false]);
  });

  it('serves a close first, then reconciliation, polling and what callers ask, each in the order they came', async () => {
    const budget = new RateBudget(100, clock);
    await Promise.all(Array.from({ length: 10 }, () => budget.take('POLL', never)));
    const order: string[] = [];
    const asked: RequestPriority[] = ['ELIGIBILITY', 'POLL', 'POLL', 'RECONCILE', 'ELIGIBILITY', 'CLOSE', 'RECONCILE', 'CLOSE'];
    const all = asked.map(async (priority, index) => {
      await budget.take(priority, never);
      order.push(`${priority} ${index}`);
    });
    while (order.length < asked.length) {
      clock.at += 10;
      const before = order.length;
      while (order.length === before) await wait(1);
    }
    await Promise.all(all);
    expect(order).toEqual(['CLOSE 5', 'CLOSE 7', 'RECONCILE 3', 'RECONCILE 6', 'POLL 1', 'POLL 2', 'ELIGIBILITY 0', 'ELIGIBILITY 4']);
  });

  it('keeps no place for a request whose wait has ended', async () => {
    const budget = new RateBudget(100, clock);
    await Promise.all(Array.from({ length: 10 }, () => budget.take('CLOSE', never)));
    const impatient = new AbortController();
    const gone = budget.take('CLOSE', impatient.signal);
    const stays = budget.take('ELIGIBILITY', never);
    impatient.abort();
    clock.at += 10;
    expect(await Promise.all([gone, stays])).toEqual([false, true]);
  });

  it('without a rate makes nobody wait', async () => {
    const budget = new RateBudget(undefined, clock);
    expect(await Promise.all(Array.from({ length: 10_000 }, () => budget.take('ELIGIBILITY', never)))).not.toContain(false);
  });
});

describe('a client', () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  /** Answers everything but what begins with /hang; what begins with /held, when it is let go. */
  async function serve(): Promise<{ url: string; paths: string[]; letGo: () => void }> {
    const paths: string[] = [];
    const held: (() => void)[] = [];
    const server: Server = createServer((request, response) => {
      paths.push(request.url ?? '');
      if (request.url?.startsWith('/held')) held.push(() => response.end());
      else if (!request.url?.startsWith('/hang')) response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths, letGo: () => held.shift()?.() };
  }

  function client(baseUrl: string, options: Partial<ProviderHttpOptions>): (path: string, priority?: RequestPriority) => Promise<ProviderAnswer> {
    const http = new ProviderHttp({ baseUrl, context: httpContext({ timeoutMs: 1_000 }), ...options });
    cleanups.push(() => http.dispose());
    return (path, priority) => http.send({ method: 'GET', path, headers: {}, priority });
  }

  it('gives up a request that finds no place in time, and nothing of it leaves', async () => {
    const { url, paths } = await serve();
    const ask = client(url, { budget: new RateBudget(1, clock), queueWaitMs: 100 });
    expect(await ask('/one', 'POLL')).toMatchObject({ kind: 'answer' });
    expect(await ask('/two', 'CLOSE')).toEqual({ kind: 'notSent', cause: 'poolFull' });
    expect(paths).toEqual(['/one']);
  });

  it('shares it with the provider\'s other clients', async () => {
    const { url } = await serve();
    const budget = new RateBudget(1, clock);
    const [one, other] = [client(url, { budget, queueWaitMs: 100 }), client(url, { budget, queueWaitMs: 100 })];
    expect(await one('/one', 'POLL')).toMatchObject({ kind: 'answer' });
    expect(await other('/two', 'POLL')).toEqual({ kind: 'notSent', cause: 'poolFull' });
  });

  it('sends a close ahead of reads that waited before it', async () => {
    const { url, paths } = await serve();
    const budget = new RateBudget(10, clock);
    const ask = client(url, { budget, connections: 1 });
    await ask('/first');
    const all = [...['/a', '/b', '/c'].map((path) => ask(path, 'ELIGIBILITY')), ask('/close', 'CLOSE')];
    while (paths.length < 2) {
      clock.at += 100;
      await wait(110);
    }
    expect(paths[1]).toBe('/close');
    while (paths.length < 5) {
      clock.at += 100;
      await wait(10);
    }
    expect(await Promise.all(all)).toMatchObject(all.map(() => ({ kind: 'answer', status: 200 })));
  });

  it('has a connection for a close however many reads hang', async () => {
    const { url } = await serve();
    const ask = client(url, { connections: 4, queueWaitMs: 500 });
    const hanging = Array.from({ length: 10 }, (_, index) => ask(`/hang/${index}`, 'POLL'));
    expect(await ask('/close')).toMatchObject({ kind: 'answer', status: 200 });
    await Promise.all(hanging);
  });

  it('whose connections are busy sends what waits in the order of its priority, and not of its coming', async () => {
    const { url, paths, letGo } = await serve();
    const ask = client(url, { connections: 1, queueWaitMs: 60_000 });
    const first = ask('/held');
    while (paths.length < 1) await wait(1);
    const asked: RequestPriority[] = ['ELIGIBILITY', 'ELIGIBILITY', 'POLL', 'RECONCILE', 'CLOSE'];
    const all = asked.map((priority, index) => ask(`/${priority}-${index}`, priority));
    letGo();
    await Promise.all([first, ...all]);
    expect(paths.slice(1)).toEqual(['/CLOSE-4', '/RECONCILE-3', '/POLL-2', '/ELIGIBILITY-0', '/ELIGIBILITY-1']);
  });

  it('keeps a place for every priority, and none for who has given up', async () => {
    const { url, paths, letGo } = await serve();
    // Long enough for a busy machine to serve two requests.
    const ask = client(url, { connections: 1, queue: 1, queueWaitMs: 2_000, context: httpContext({ timeoutMs: 60_000 }) });
    const first = ask('/held');
    while (paths.length < 1) await wait(1);
    const POOL_FULL = { kind: 'notSent', cause: 'poolFull' };
    const waiting = ask('/given-up', 'ELIGIBILITY');
    expect(await ask('/too-many', 'ELIGIBILITY')).toEqual(POOL_FULL);
    expect(await waiting).toEqual(POOL_FULL);
    const all = [ask('/asked', 'ELIGIBILITY'), ask('/poll', 'POLL')];
    letGo();
    expect(await Promise.all([first, ...all])).toMatchObject([{ status: 200 }, { status: 200 }, { status: 200 }]);
    expect(paths.slice(1)).toEqual(['/poll', '/asked']);
  });
});
