import { randomUUID } from 'node:crypto';
import { leaseMs } from '../../src/engine/settings';
import type { PostgresServer } from '../support/postgres-server';
import type { Caller, CallerRequest } from './caller';
import { Chance } from './chance';
import type { Finding } from './checker';
import { FaultBench, type RunningGateway } from './fault-bench';
import { scriptFate } from './fates';
import type { MakeStore } from './stores';
import { pause, until } from './waiting';

export interface KillsResult {
  /** Requests that callers made, and those that were told of a closure of their own. */
  asked: number;
  acknowledged: number;
  /** How often the database server was ended by SIGKILL, and how often it was stopped and started. */
  crashes: number;
  restarts: number;
  /** From a process's start, as a shell would start it, to its first answer to a close request, ms; after each kill. */
  firstAnswerMs: number[];
  /** The same of the first process, on an empty store: what a start takes on this machine by itself. */
  emptyStoreMs: number;
  /** There was a database server that a process may have to wait for. */
  withServer: boolean;
  /** From the start of the database server to the first closing that was recorded in it, ms. */
  databaseBackMs: number[];
  findings: Finding[];
}

const CALLERS = 8;
/** The longest that a process lives after its first answer, ms. */
const LONGEST_LIFE_MS = 200;
const CLOSING_MS = 50;
/** Without its database a gateway refuses at once; its callers take their time, ms. */
const AFTER_A_REFUSAL_MS = 100;
const PROVIDER_TIMEOUT_MS = 400;
/** A refusal with a request in doubt behind it ends here; where claims outlive their process, so much later. */
const HORIZON_MS = 12_000;
const ENV: Record<string, string> = { PROVIDER_TIMEOUT_MS: String(PROVIDER_TIMEOUT_MS), RETRY_MAX_MS: '1000', REOPEN_GRACE_MS: '86400000' };
/** Of all kills, those that end the database server, where there is one, and those that end every gateway at once. */
const OF_THE_SERVER = 0.25;
const OF_ALL = 0.4;

/** A gateway process with those who call it. */
interface Seat {
  /** Null while there is none. */
  gateway: RunningGateway | null;
  acknowledged: number;
}

/** Kills under load again and again, each time in another moment, on one store: a gateway, all of them, or the database server. */
export async function randomKills(store: MakeStore, kills: number, seed: number, say: (line: string) => void = () => {}): Promise<KillsResult> {
  const chance = new Chance(seed);
  const bench = await FaultBench.open({ store, env: ENV, sandboxes: { upvest: { closingMs: CLOSING_MS } } });
  const { processes, claimsOutlive, server } = bench.store;
  const takenOverMs = claimsOutlive ? leaseMs({ providerTimeoutMs: PROVIDER_TIMEOUT_MS }) : 0;
  const horizon = { RECONCILE_HORIZON_MS: String(HORIZON_MS + takenOverMs) };
  const seats = Array.from({ length: processes }, (): Seat => ({ gateway: null, acknowledged: 0 }));
  const count = { crashes: 0, restarts: 0 };
  const startsMs: number[] = [];
  const databaseBackMs: number[] = [];
  const over = new AbortController();

  async function load(seat: Seat): Promise<void> {
    while (!over.signal.aborted) {
      const { gateway } = seat;
      if (!gateway) {
        await pause(5);
        continue;
      }
      const provider = chance.one(['upvest', 'emoney'] as const);
      const id = randomUUID();
      scriptFate(bench, chance, provider, id);
      try {
        const { closure } = await gateway.caller.request({ account: { provider, id } }).answer;
        if (closure) seat.acknowledged += 1;
        else await pause(AFTER_A_REFUSAL_MS);
      } catch {
        // The process is gone, and with it the answer.
        await gateway.child.ended;
      }
    }
  }

  async function nextAnswer(seat: Seat): Promise<void> {
    const before = seat.acknowledged;
    await until(() => seat.acknowledged > before);
  }

  async function start(seat: Seat): Promise<void> {
    const begun = performance.now();
    seat.gateway = await bench.start(horizon);
    await nextAnswer(seat);
    startsMs.push(performance.now() - begun);
  }

  async function kill(some: readonly Seat[]): Promise<void> {
    const gateways = some.map(({ gateway }) => gateway);
    for (const seat of some) seat.gateway = null;
    await Promise.all(gateways.map((gateway) => gateway?.child.kill()));
    await Promise.all(some.map(start));
  }

  async function endServer(of: PostgresServer): Promise<void> {
    const isCrash = chance.fraction() < 0.5;
    count[isCrash ? 'crashes' : 'restarts'] += 1;
    await (isCrash ? of.crash() : of.stop());
    const begun = performance.now();
    await of.start();
    await Promise.any(seats.map(nextAnswer));
    databaseBackMs.push(performance.now() - begun);
    await Promise.all(seats.map(nextAnswer));
  }

  try {
    const callers = Array.from({ length: CALLERS }, (_, index) => load(seats[index % seats.length] as Seat));
    for (const seat of seats) await start(seat);
    for (let done = 0; done < kills; done += 1) {
      await pause(chance.fraction() * LONGEST_LIFE_MS);
      const draw = chance.fraction();
      if (server && draw < OF_THE_SERVER) await endServer(server);
      else await kill(draw < OF_ALL ? seats : [chance.one(seats)]);
      if ((done + 1) % 50 === 0) say(`${done + 1}/${kills} kills, ${bench.history.requests.length} closings`);
    }
    over.abort();
    await bench.stop();
    await Promise.all(callers);
    const { caller } = await bench.start(horizon);
    await bench.allSettled(caller);
    await askAgain(bench, caller);
    const findings = await bench.check({ closingMs: { upvest: CLOSING_MS } });
    const [emptyStoreMs = Number.NaN, ...firstAnswerMs] = startsMs;
    const acknowledged = bench.history.requests.filter(isAcknowledged).length;
    return { asked: bench.history.requests.length, acknowledged, ...count, withServer: server !== undefined, firstAnswerMs, emptyStoreMs, databaseBackMs, findings };
  } finally {
    over.abort();
    await bench.dispose();
  }
}

function isAcknowledged({ answers }: CallerRequest): boolean {
  return answers.some(({ closureId, isOwn }) => closureId !== null && isOwn);
}

/** The caller that never heard asks again under its key, where the gateway has that key: it must get what was recorded. */
async function askAgain({ history }: FaultBench, caller: Caller): Promise<void> {
  for (const request of history.requests.filter((one) => !isAcknowledged(one))) {
    const found = await caller.find(request.idempotencyKey);
    if (found === undefined) continue;
    await caller.again(request, { account: { provider: request.provider, id: request.accountId } });
  }
}
