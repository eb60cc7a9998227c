import * as fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Closure } from '../../src/domain/closure';
import { isTerminal } from '../../src/domain/closure-status';
import { createEngine, type Engine, type EngineSettings } from '../../src/engine';
import type { ClosureStore } from '../../src/ports/store';
import type { Telemetry } from '../../src/ports/telemetry';
import { openSqliteStore } from '../../src/store/sqlite';
import { CALLER, QUICK } from '../support/engine';
import { ANSWER_FATES, DEADLINE_MS, HistoryBank, READ_FATES } from './history-bank';
import { Reference } from './reference';
import { numbersFrom, VirtualTime } from './virtual';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SETTINGS: EngineSettings = {
  ...QUICK,
  closeWaitMs: 1,
  pollMinMs: MINUTE,
  pollMaxMs: HOUR,
  retryMinMs: 1_000,
  retryMaxMs: 15 * MINUTE,
  reconcileHorizonMs: 24 * HOUR,
  reopenGraceMs: 15 * MINUTE,
  providerTimeoutMs: DEADLINE_MS,
};

const SILENT: Telemetry = { transition() {}, providerCall() {}, circuit() {}, overloaded() {}, unmapped() {}, pruned() {}, alarm() {} };

const account = fc.constantFrom('acc-0', 'acc-1');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('close' as const), account, key: fc.nat({ max: 4 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), fate: fc.constantFrom(...ANSWER_FATES) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), fate: fc.constantFrom(...READ_FATES) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 20_000, MINUTE, HOUR, 25 * HOUR) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'crash' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('let go' as const, 'complete' as const, 'close outside' as const, 'reopen' as const), account }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('webhook' as const), account, which: fc.nat({ max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cancel' as const, 'refresh' as const), which: fc.nat({ max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resolve' as const), which: fc.nat({ max: 5 }), outcome: fc.constantFrom('CLOSED' as const, 'REJECTED' as const, 'FAILED' as const, 'RETRY' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** A random history of the gateway and of one bank, synchronous or not. */
export const historyArbitrary = fc.record({ sync: fc.boolean(), seed: fc.nat(), steps: fc.array(step, { minLength: 1, maxLength: 30, size: 'max' }) });
export type History = typeof historyArbitrary extends fc.Arbitrary<infer One> ? One : never;

/** Lives through a history with the real engine and the real store, and compares it with the reference after each step. */
export async function live({ sync, seed, steps }: History): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'closure-history-'));
  const run = new Run(dataDir, sync, seed);
  try {
    await run.start();
    for (const one of steps) {
      await run.step(one);
      await run.check();
    }
    await run.toItsEnd();
  } finally {
    await run.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

class Run {
  readonly #time = new VirtualTime();
  readonly #bank: HistoryBank;
  readonly #reference = new Reference();
  readonly #alarms: string[] = [];
  readonly #number: () => number;
  #life = { over: false };
  #store!: ClosureStore;
  #engine!: Engine;
  #ids = 0;
  #events = 0;

  constructor(
    private readonly dataDir: string,
    sync: boolean,
    seed: number,
  ) {
    this.#bank = new HistoryBank(this.#time, sync);
    this.#number = numbersFrom(seed);
  }

  async start(): Promise<void> {
    this.#time.install();
    this.#store = await openSqliteStore({ dataDir: this.dataDir, clock: this.#time });
    this.#life = { over: false };
    const bank = this.#bank.configured('bank', DEADLINE_MS);
    this.#engine = createEngine({
      store: this.#time.storeOf(this.#life, this.#store),
      providers: { find: (id) => (id === 'bank' ? bank : undefined), all: () => [bank] },
      clock: this.#time,
      random: { fraction: this.#number, id: () => this.#nextId() },
      telemetry: { ...SILENT, alarm: ({ what, error }) => void this.#alarms.push(`${what}: ${String(error)}`) },
      settings: SETTINGS,
    });
    this.#engine.start();
    await this.#time.settle();
  }

  /** As kill -9 does it: what was committed stays, and the process does nothing more. */
  async stop(): Promise<void> {
    this.#life.over = true;
    await this.#store.dispose();
    this.#time.forget();
  }

  async step(one: Step): Promise<void> {
    switch (one.do) {
      case 'close':
        return this.#close(one.account, `the-key-of-history-${one.key}`);
      case 'answer':
        this.#bank.answerFates.push(one.fate);
        return;
      case 'read':
        this.#bank.readFates.push(one.fate);
        return;
      case 'wait':
        return this.#wait(one.ms);
      case 'crash':
        await this.stop();
        return this.start();
      case 'let go':
      case 'complete':
      case 'close outside':
      case 'reopen':
        return this.#atTheBank(one.do, one.account);
      case 'webhook':
        return this.#deliver(one.account, one.which);
      case 'cancel':
      case 'refresh':
      case 'resolve':
        return this.#ask(one);
    }
  }

  /** Every closure that was acknowledged is there, and as promised. */
  async check(): Promise<void> {
    expect(this.#bank.wrongs).toEqual([]);
    const { ids } = this.#reference;
    for (const [index, closure] of (await this.#store.closures(CALLER.tenant, ids)).entries()) {
      const [history = []] = await this.#store.events([ids[index] ?? '']);
      if (!closure) throw new Error('An acknowledged closure is lost.');
      this.#reference.check({ closure, attempts: await this.#store.attempts(closure.id), history }, this.#bank.account(closure.account.id));
    }
  }

  /** From here on nothing goes wrong: every closure ends, or is on a person's desk. */
  async toItsEnd(): Promise<void> {
    this.#bank.answerFates.length = 0;
    this.#bank.readFates.length = 0;
    this.#bank.letGo();
    await this.#time.settle();
    for (let hour = 0; hour < 60 && (await this.#unsettled()).length > 0; hour += 1) {
      for (const id of this.#bank.books.keys()) await this.#atTheBank('complete', id);
      await this.#wait(HOUR);
      await this.check();
    }
    expect(await this.#unsettled()).toEqual([]);
    expect(this.#alarms.filter((alarm) => !alarm.startsWith('a closure needs a person') && !alarm.startsWith('the provider refused'))).toEqual([]);
  }

  async #unsettled(): Promise<(Closure | null)[]> {
    const closures = await this.#store.closures(CALLER.tenant, this.#reference.ids);
    return closures.filter((closure) => !closure || !(isTerminal(closure.status) || closure.status === 'NEEDS_REVIEW'));
  }

  async #wait(ms: number): Promise<void> {
    this.#bank.arrive();
    await this.#time.pass(ms);
  }

  async #close(id: string, idempotencyKey: string): Promise<void> {
    const newest = await this.#newest(id);
    const answer = this.#engine.service.closeAccount(CALLER, {
      idempotencyKey,
      account: { provider: 'bank', kind: 'ACCOUNT', id },
      reason: 'CUSTOMER_REQUEST',
      initiator: 'HOLDER',
      announceOnly: false,
      liquidatePositions: false,
      includeAccounts: false,
    });
    await this.#time.settle();
    await this.#wait(SETTINGS.closeWaitMs);
    this.#reference.closeAnswered(idempotencyKey, id, newest, await answer);
  }

  async #newest(id: string): Promise<Closure | null> {
    const [newest = null] = await this.#store.newestByRef(CALLER.tenant, [`bank:ACCOUNT:PROVIDER_ID:${id}`]);
    return newest;
  }

  async #atTheBank(what: 'let go' | 'complete' | 'close outside' | 'reopen', id: string): Promise<void> {
    const books = this.#bank.account(id);
    if (what === 'let go') this.#bank.letGo();
    if (what === 'complete' && books.state === 'CLOSING') this.#bank.become(books, 'CLOSED');
    if (what === 'close outside' && books.state === 'OPEN') this.#bank.become(books, 'CLOSED');
    if (what === 'reopen' && books.state === 'CLOSED') this.#bank.become(books, 'OPEN');
    await this.#time.settle();
  }

  /** Late, again, or out of order: any event of the account so far. */
  async #deliver(id: string, which: number): Promise<void> {
    const event = this.#bank.account(id).events.at(-1 - which);
    if (!event) return;
    this.#events += 1;
    const news = { ...event, account: { provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id } };
    const body = Buffer.from(JSON.stringify([{ id: `event-${this.#events}`, news }]));
    const delivered = this.#engine.receiveWebhook('bank', { method: 'POST', path: '/', query: '', headers: { signature: 'good' }, body });
    await this.#time.settle();
    expect(await delivered).toBe('kept');
  }

  async #ask(one: Extract<Step, { do: 'cancel' | 'refresh' | 'resolve' }>): Promise<void> {
    const { ids } = this.#reference;
    const [closure] = await this.#store.closures(CALLER.tenant, ids.slice(one.which, one.which + 1));
    if (!closure) return;
    const { service } = this.#engine;
    const asked =
      one.do === 'resolve'
        ? service.resolveClosure(CALLER, { closureId: closure.id, outcome: one.outcome, note: 'Seen.', expectedVersion: closure.version })
        : one.do === 'cancel'
          ? service.cancelClosure(CALLER, closure.id)
          : service.refreshClosure(CALLER, closure.id);
    await this.#time.settle();
    const { closure: after, error } = await asked;
    if (one.do === 'cancel') expect(error === null).toBe(after?.status === 'CANCELLED' && closure.status !== 'CANCELLED');
    if (one.do === 'resolve') expect(error === null).toBe(closure.status === 'NEEDS_REVIEW');
  }

  #nextId(): string {
    this.#ids += 1;
    return `01920000-0000-7000-8000-${String(this.#ids).padStart(12, '0')}`;
  }
}
