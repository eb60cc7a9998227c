import { randomUUID } from 'node:crypto';
import { fixtureAnswer } from '../../providers/emoney/sandbox/answers';
import { problemReply } from '../../providers/upvest/sandbox/problems';
import type { SandboxStep } from '../../src/provider-kit/sandbox';
import type { Caller } from './caller';
import { Chance } from './chance';
import type { Finding } from './checker';
import { FaultBench, type ProviderName } from './fault-bench';
import type { MakeStore } from './stores';
import { pause, until } from './waiting';

export interface KillsResult {
  /** Requests that callers made, and those that had an answer before a kill. */
  asked: number;
  acknowledged: number;
  /** From a process's start, as a shell would start it, to its first answer to a close request, ms; after each kill. */
  firstAnswerMs: number[];
  /** The same of the first process, on an empty store: what a start takes on this machine by itself. */
  emptyStoreMs: number;
  findings: Finding[];
}

const CALLERS = 8;
/** The longest that a process lives after its first answer, ms. */
const LONGEST_LIFE_MS = 200;
const CLOSING_MS = 50;
const ENV: Record<string, string> = {
  PROVIDER_TIMEOUT_MS: '400',
  RETRY_MAX_MS: '1000',
  // A refusal with a request in doubt behind it ends here.
  RECONCILE_HORIZON_MS: '8000',
  REOPEN_GRACE_MS: '86400000',
};

const MANY = 40;
/** What the close requests of an account meet; the plain success as often as all the others. */
const FATES: readonly ((provider: ProviderName) => readonly SandboxStep[])[] = [
  () => ['reset-before'],
  () => ['reset-after'],
  () => ['hang-after'],
  () => ['applied-500'],
  () => ['truncated'],
  () => ['throttled-nonsense'],
  () => ['down-nonsense', 'reset-after'],
  (provider) => [provider === 'upvest' ? problemReply('unauthorised', 'As the test has it.') : fixtureAnswer('401-unauthorized')],
  (provider) => {
    const refusal = provider === 'upvest' ? problemReply('forbidden', 'As the test has it.') : fixtureAnswer('403-forbidden');
    return Array.from({ length: MANY }, () => refusal);
  },
];

/** Kills a process under load again and again, each time in another moment, on one store. */
export async function randomKills(store: MakeStore, kills: number, seed: number, say: (line: string) => void = () => {}): Promise<KillsResult> {
  const chance = new Chance(seed);
  const bench = await FaultBench.open({ store, env: ENV, sandboxes: { upvest: { closingMs: CLOSING_MS } } });
  const startsMs: number[] = [];
  const acknowledged = () => bench.history.requests.filter(({ answers }) => answers.length > 0).length;

  async function load(caller: Caller, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const provider = chance.one(['upvest', 'emoney'] as const);
      const id = randomUUID();
      if (chance.fraction() < 0.5) bench.sandboxes[provider].script(id, 'close', chance.one(FATES)(provider));
      try {
        await caller.request({ account: { provider, id } }).answer;
      } catch {
        return; // The process is gone, and with it the answer.
      }
    }
  }

  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const begun = performance.now();
      const { caller, child } = await bench.start();
      let isOver = false;
      const before = acknowledged();
      const callers = Array.from({ length: CALLERS }, () => load(caller, () => isOver));
      await until(() => acknowledged() > before);
      startsMs.push(performance.now() - begun);
      await pause(chance.fraction() * LONGEST_LIFE_MS);
      await child.kill();
      isOver = true;
      await Promise.all(callers);
      if ((kill + 1) % 50 === 0) say(`${kill + 1}/${kills} kills, ${bench.history.requests.length} closings`);
    }
    const { caller } = await bench.start();
    await bench.allSettled(caller);
    await askAgain(bench, caller);
    const findings = await bench.check({ closingMs: { upvest: CLOSING_MS } });
    const [emptyStoreMs = Number.NaN, ...firstAnswerMs] = startsMs;
    return { asked: bench.history.requests.length, acknowledged: acknowledged(), firstAnswerMs, emptyStoreMs, findings };
  } finally {
    await bench.dispose();
  }
}

/** The caller that never heard asks again under its key, where the gateway has that key: it must get what was recorded. */
async function askAgain({ history }: FaultBench, caller: Caller): Promise<void> {
  for (const request of history.requests.filter(({ answers }) => answers.length === 0)) {
    const found = await caller.find(request.idempotencyKey);
    if (found === undefined) continue;
    await caller.again(request, { account: { provider: request.provider, id: request.accountId } });
  }
}
