import type { EmoneySandboxOptions } from '../../providers/emoney/sandbox';
import type { SandboxOptions } from '../../providers/upvest/sandbox';
import { isTerminal } from '../../src/domain/closure-status';
import { verified } from '../support/audit';
import type { Child } from '../support/child';
import { environmentFor, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';
import { Caller, type CallerHistory, newHistory } from './caller';
import { check, type Finding, type Remains, type StoredClosure } from './checker';
import type { MakeStore, StoreUnderTest } from './stores';
import { pause, until } from './waiting';

export type ProviderName = keyof Sandboxes;

export interface FaultBenchOptions {
  store: MakeStore;
  /** Settings of every gateway process. */
  env?: Record<string, string>;
  sandboxes?: { upvest?: SandboxOptions; emoney?: EmoneySandboxOptions };
  /** Default: what the sandboxes say. */
  providerSettings?(sandboxes: Sandboxes): Record<string, string>;
  /** The investment provider sends webhooks to the newest process. Default: nobody does. */
  webhooks?: boolean;
}

export interface RunningGateway {
  caller: Caller;
  child: Child;
}

/**
 * What every process is told of how late a provider may show a change, ms; the providers' own figures are 10 and 30 s.
 * A request that left in time, and was given up, still waits where the provider takes connections: on a machine at ten
 * times its load the sandboxes took one 740 ms after it had left, and answered reads on other connections meanwhile.
 */
const VISIBILITY_LAG_MS = '3000';
/** A page of closures at a time, as the store gives them. */
const PAGE = 100;
/** What is not settled by then counts as lost, ms. */
const SETTLE_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 15;

/** One run: both sandboxes, a store, gateway processes that come and go, and callers who remember what they were told. */
export class FaultBench {
  readonly history: CallerHistory = newHistory();
  readonly #running = new Set<Child>();

  private constructor(
    private readonly options: FaultBenchOptions,
    readonly sandboxes: Sandboxes,
    readonly store: StoreUnderTest,
  ) {}

  static async open(options: FaultBenchOptions): Promise<FaultBench> {
    return new FaultBench(options, await startBothSandboxes(options.sandboxes), await options.store());
  }

  /** Starts a process on the store: the product's own program, or another command. */
  async start(env: Record<string, string> = {}, command?: readonly string[]): Promise<RunningGateway> {
    const { providerSettings = (sandboxes: Sandboxes) => environmentFor({ ...sandboxes }) } = this.options;
    const settings = { VISIBILITY_LAG_MS, ...providerSettings(this.sandboxes), ...this.options.env, ...this.store.env, ...env };
    const { child, client } = await startGatewayProcess(settings, command);
    this.#running.add(child);
    void child.ended.then(() => this.#running.delete(child));
    if (this.options.webhooks) this.sandboxes.upvest.subscribe(`${client.url}/webhooks/upvest`);
    return { child, caller: new Caller(client.url, this.history) };
  }

  /** Looks until nothing more is going to happen to the closure by itself, or too long; how it stands then. */
  async settled(caller: Caller, closureId: string): Promise<string> {
    const limit = performance.now() + SETTLE_LIMIT_MS;
    for (;;) {
      const closure = await caller.look(closureId);
      const status = closure?.status as Parameters<typeof isTerminal>[0] | undefined;
      if (!status) return 'MISSING';
      if (isTerminal(status) || status === 'NEEDS_REVIEW' || performance.now() > limit) return status;
      await pause(LOOK_EVERY_MS);
    }
  }

  /** Waits until the store has nothing on its way any more, or too long. */
  async allSettled(caller: Caller): Promise<void> {
    const open = { status: ['SCHEDULED', 'REQUESTED', 'UNCONFIRMED', 'ACTION_REQUIRED', 'CLOSING'] };
    await until(async () => (await caller.count(open)) === 0, SETTLE_LIMIT_MS);
  }

  /** Ends every process by SIGKILL: what the callers were told must be in the store by now. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((child) => child.kill()));
  }

  /** Ends every process, and compares what everybody says. */
  async check(more: Pick<Remains, 'closingMs' | 'closedBefore' | 'families'> = {}): Promise<Finding[]> {
    await this.stop();
    const { upvest, emoney } = this.sandboxes;
    const ledgers = { upvest: upvest.ledger, emoney: emoney.ledger };
    const { clockErrorMs } = this.store;
    const findings = check({ callers: this.history, stored: await this.stored(), ledgers, clockErrorMs, ...more });
    return [...findings, ...(await this.brokenEntries())];
  }

  /** What the product's own verification of the audit trail finds. */
  private async brokenEntries(): Promise<Finding[]> {
    const trail = await this.store.auditTrail();
    try {
      return (await verified(trail)).found.map((problem) => ({ kind: 'ILLEGAL', text: `Audit trail: ${problem}.` }));
    } finally {
      await trail.dispose();
    }
  }

  /** Everything in the store. No process may be running. */
  async stored(): Promise<StoredClosure[]> {
    const store = await this.store.open();
    try {
      const all: StoredClosure[] = [];
      for (let after: string | null = null; ; ) {
        const page = await store.list('default', {}, PAGE, after);
        const ids = page.map(({ id }) => id);
        const [events, children] = await Promise.all([store.events('default', ids), store.children('default', ids)]);
        for (const [index, closure] of page.entries()) {
          const own = { events: events[index] ?? [], children: children[index]?.map(({ id }) => id) };
          all.push({ closure, attempts: await store.attempts(closure.id), ...own });
        }
        if (page.length < PAGE) return all;
        after = page.at(-1)?.id ?? null;
      }
    } finally {
      await store.dispose();
    }
  }

  async dispose(): Promise<void> {
    await this.stop();
    await Promise.all([this.sandboxes.upvest.dispose(), this.sandboxes.emoney.dispose()]);
    await this.store.dispose();
  }
}
