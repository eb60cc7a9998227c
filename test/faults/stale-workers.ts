import { randomUUID } from 'node:crypto';
import { isTerminal } from '../../src/domain/closure-status';
import { leaseMs } from '../../src/engine/settings';
import type { CallerRequest } from './caller';
import { Chance } from './chance';
import type { Finding } from './checker';
import { FaultBench, type RunningGateway } from './fault-bench';
import { scriptFate } from './fates';
import type { MakeStore } from './stores';
import { pause, until } from './waiting';

export interface StaleResult {
  stops: number;
  /** Closings that a process was asked for and had not answered when it was stopped. */
  underWay: number;
  /** Those of them that were recorded, and those that the other process had brought to their end before it woke. */
  recorded: number;
  takenOver: number;
  /** Both processes ended by themselves when they were told to. */
  endedWell: boolean;
  findings: Finding[];
}

const CALLERS = 8;
/** Between two requests of a caller, ms. */
const BREATH_MS = 50;
const LONGEST_LIFE_MS = 300;
/** So much longer than its claims hold a process is stopped at most, ms. The other one has time to end what it took over. */
const LONGEST_EXTRA_MS = 2_000;
const CLOSING_MS = 50;
const PROVIDER_TIMEOUT_MS = 200;
const ENV: Record<string, string> = { PROVIDER_TIMEOUT_MS: String(PROVIDER_TIMEOUT_MS), RETRY_MAX_MS: '1000', RECONCILE_HORIZON_MS: '15000', REOPEN_GRACE_MS: '86400000' };

/** One of two processes is stopped for longer than its claims hold, at a random moment under load, and wakes again. */
export async function staleWorkers(store: MakeStore, stops: number, seed: number, say: (line: string) => void = () => {}): Promise<StaleResult> {
  const chance = new Chance(seed);
  const bench = await FaultBench.open({ store, env: ENV, sandboxes: { upvest: { closingMs: CLOSING_MS } } });
  const over = new AbortController();

  async function load({ caller }: RunningGateway): Promise<void> {
    while (!over.signal.aborted) {
      const provider = chance.one(['upvest', 'emoney'] as const);
      const id = randomUUID();
      scriptFate(bench, chance, provider, id);
      await caller.request({ account: { provider, id } }).answer;
      await pause(BREATH_MS);
    }
  }

  try {
    const gateways = [await bench.start(), await bench.start()] as const;
    // A caller who meets no process at all makes the run fail where it waits for them.
    const callers = Promise.all(Array.from({ length: CALLERS }, (_, index) => load(gateways[index % 2] as RunningGateway)));
    callers.catch(() => over.abort());
    const sum = { underWay: 0, recorded: 0, takenOver: 0 };
    for (let done = 0; done < stops && !over.signal.aborted; done += 1) {
      const [stopped, other] = chance.fraction() < 0.5 ? gateways : [gateways[1], gateways[0]];
      await pause(chance.fraction() * LONGEST_LIFE_MS);
      stopped.child.signal('SIGSTOP');
      // What the other one is asked at this moment has its answer long before the end of the claims.
      const unanswered = bench.history.requests.filter(({ answers }) => answers.length === 0);
      await pause(leaseMs({ providerTimeoutMs: PROVIDER_TIMEOUT_MS }) + chance.fraction() * LONGEST_EXTRA_MS);
      const left = unanswered.filter(({ answers }) => answers.length === 0);
      const seen = await Promise.all(left.map((request) => statusSeenBy(other, request)));
      sum.underWay += left.length;
      sum.recorded += seen.filter((status) => status !== undefined).length;
      sum.takenOver += seen.filter((status) => status !== undefined && isTerminal(status)).length;
      stopped.child.signal('SIGCONT');
      await until(() => left.every(({ answers }) => answers.length > 0));
      if ((done + 1) % 10 === 0) say(`${done + 1}/${stops} stops, ${bench.history.requests.length} closings`);
    }
    over.abort();
    await callers;
    for (const { child } of gateways) child.signal('SIGTERM');
    const exits = await Promise.all(gateways.map(({ child }) => child.ended));
    const { caller } = await bench.start();
    await bench.allSettled(caller);
    const findings = await bench.check({ closingMs: { upvest: CLOSING_MS } });
    return { stops, ...sum, endedWell: exits.every((exit) => exit === 0), findings };
  } finally {
    over.abort();
    await bench.dispose();
  }
}

async function statusSeenBy({ caller }: RunningGateway, { idempotencyKey }: CallerRequest): Promise<Parameters<typeof isTerminal>[0] | undefined> {
  const id = await caller.find(idempotencyKey);
  return id === undefined ? undefined : ((await caller.look(id))?.status as Parameters<typeof isTerminal>[0] | undefined);
}
