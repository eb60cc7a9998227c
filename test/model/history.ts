import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Closure } from '../../src/domain/closure';
import { isTerminal } from '../../src/domain/closure-status';
import { createEngine, type Engine, type EngineSettings } from '../../src/engine';
import type { ClosureStore } from '../../src/ports/store';
import type { Telemetry } from '../../src/ports/telemetry';
import { tenantPolicy } from '../../src/policy/tenant';
import { openSqliteStore } from '../../src/store/sqlite';
import { CALLER, QUICK } from '../support/engine';
import { type BankAccount, DEADLINE_MS, HistoryBank } from './history-bank';
import { Reference } from './reference';
import { type History, HOUR, MINUTE, type Step } from './steps';
import type { Tally } from './tally';
import { numbersFrom, VirtualTime } from './virtual';

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

/** Where Linux keeps files in memory: a process that dies loses nothing there, and no history waits for a disk. */
const MEMORY = '/dev/shm';

/**
 * Lives through a history with the real engine and the real store, and compares it with the reference after each step.
 * @param tally counts what happened in it
 */
export async function live({ sync, seed, steps }: History, tally: Tally): Promise<void> {
  const dataDir = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'closure-history-'));
  const run = new Run(dataDir, sync, seed, tally);
  try {
    await run.start();
    for (const one of steps) {
      await run.step(one);
      await run.check();
    }
    await run.toItsEnd();
    await run.count();
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
    private readonly tally: Tally,
  ) {
    this.#bank = new HistoryBank(this.#time, sync, tally);
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
      policy: tenantPolicy,
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
        this.tally.add(this.#bank.isBusy ? 'crash with a request under way' : 'crash');
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
      const [history = []] = await this.#store.events(CALLER.tenant, [ids[index] ?? '']);
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

  /** What came of the closures. */
  async count(): Promise<void> {
    for (const closure of await this.#store.closures(CALLER.tenant, this.#reference.ids)) {
      if (!closure) continue;
      for (const { effect } of await this.#store.attempts(closure.id)) this.tally.add(`attempt ${effect}`);
      const [history = []] = await this.#store.events(CALLER.tenant, [closure.id]);
      for (const { from, to, cause } of history) if (from !== to) this.tally.add(`became ${to} by ${cause}`);
    }
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
    const told = await this.#time.answered(answer);
    this.tally.add(`close: ${told.replayed ? 'replayed' : (told.error?.code ?? 'recorded')}`);
    this.#reference.closeAnswered(idempotencyKey, id, newest, told);
  }

  async #newest(id: string): Promise<Closure | null> {
    const [newest = null] = await this.#store.newestByRef(CALLER.tenant, [`bank:ACCOUNT:PROVIDER_ID:${id}`]);
    return newest;
  }

  async #atTheBank(what: 'let go' | 'complete' | 'close outside' | 'reopen', id: string): Promise<void> {
    const books = this.#bank.account(id);
    if (what === 'let go') this.#bank.letGo();
    if (what === 'complete' && books.state === 'CLOSING') this.#bank.become(books, 'CLOSED');
    if (what === 'close outside' && books.state === 'OPEN') this.#outside(what, books, 'CLOSED');
    if (what === 'reopen' && books.state === 'CLOSED') this.#outside(what, books, 'OPEN');
    await this.#time.settle();
  }

  #outside(what: string, books: BankAccount, state: 'CLOSED' | 'OPEN'): void {
    this.tally.add(what);
    this.#bank.become(books, state);
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
    this.tally.add(`webhook: ${event.kind}`);
    expect(await this.#time.answered(delivered)).toBe('kept');
  }

  async #ask(one: Extract<Step, { do: 'cancel' | 'refresh' | 'resolve' }>): Promise<void> {
    const { ids } = this.#reference;
    const id = ids.at(-1 - one.which);
    const [closure] = id === undefined ? [] : await this.#store.closures(CALLER.tenant, [id]);
    if (!closure) return;
    const { service } = this.#engine;
    if (one.do === 'resolve' && one.outcome === 'RETRY' && closure.status === 'NEEDS_REVIEW') this.#bank.setAside(closure.id);
    const asked =
      one.do === 'resolve'
        ? service.resolveClosure(CALLER, { closureId: closure.id, outcome: one.outcome, note: 'Seen.', expectedVersion: closure.version })
        : one.do === 'cancel'
          ? service.cancelClosure(CALLER, closure.id)
          : service.refreshClosure(CALLER, closure.id);
    await this.#time.settle();
    const { closure: after, error } = await this.#time.answered(asked);
    this.tally.add(`${one.do === 'resolve' ? `resolve ${one.outcome}` : one.do}: ${error ? 'refused' : 'done'}`);
    if (one.do === 'cancel') expect(error === null).toBe(after?.status === 'CANCELLED' && closure.status !== 'CANCELLED');
    if (one.do === 'resolve') expect(error === null).toBe(closure.status === 'NEEDS_REVIEW');
  }

  #nextId(): string {
    this.#ids += 1;
    return `01920000-0000-7000-8000-${String(this.#ids).padStart(12, '0')}`;
  }
}
