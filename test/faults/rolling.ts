import { randomUUID } from 'node:crypto';
import type { ClosurePayload } from '../support/gateway';
import type { Caller } from './caller';
import { Chance } from './chance';
import type { Finding } from './checker';
import { FaultBench, type RunningGateway } from './fault-bench';
import { scriptFate } from './fates';
import type { MakeStore } from './stores';
import { pause, until } from './waiting';

export interface RollingResult {
  restarts: number;
  /** Processes that ended by themselves, with exit status 0. */
  endedWell: number;
  asked: number;
  /** Requests without a closure at the first try, and those of them to which the same key brought one. */
  failed: number;
  settled: number;
  findings: Finding[];
}

const CALLERS = 8;
const BREATH_MS = 20;
/** A caller who got nothing comes again so soon, and for so long, ms. */
const AGAIN_AFTER_MS = 50;
const PATIENCE_MS = 30_000;
const CLOSING_MS = 50;
/** As in `stale-workers.ts`: on a busy machine the sandbox takes a request up long after it was sent, and a provider may not. */
const ENV: Record<string, string> = { PROVIDER_TIMEOUT_MS: '400', RETRY_MAX_MS: '1000', RECONCILE_HORIZON_MS: '15000', REOPEN_GRACE_MS: '86400000', DRAIN_GRACE_MS: '200' };

/** Two processes under load, one of which is told to end and started again, in turn. Callers ask either, whether or not it is there. */
export async function rollingRestarts(store: MakeStore, restarts: number, seed: number, say: (line: string) => void = () => {}): Promise<RollingResult> {
  const chance = new Chance(seed);
  const bench = await FaultBench.open({ store, env: ENV, sandboxes: { upvest: { closingMs: CLOSING_MS } } });
  const over = new AbortController();
  const count = { failed: 0, settled: 0 };
  const gateways: RunningGateway[] = [];
  const anyCaller = (): Caller => chance.one(gateways).caller;

  async function load(): Promise<void> {
    while (!over.signal.aborted) {
      const provider = chance.one(['upvest', 'emoney'] as const);
      const account = { provider, id: randomUUID() };
      scriptFate(bench, chance, provider, account.id);
      const { request, answer } = anyCaller().request({ account });
      if (!(await hasClosure(answer))) {
        count.failed += 1;
        const again = async (): Promise<boolean> => {
          await pause(AGAIN_AFTER_MS);
          return hasClosure(anyCaller().again(request, { account }));
        };
        if (await until(again, PATIENCE_MS)) count.settled += 1;
      }
      await pause(BREATH_MS);
    }
  }

  try {
    gateways.push(await bench.start(), await bench.start());
    const callers = Array.from({ length: CALLERS }, load);
    let endedWell = 0;
    for (let done = 0; done < restarts; done += 1) {
      const { child } = gateways[done % 2] as RunningGateway;
      child.signal('SIGTERM');
      if ((await child.ended) === 0) endedWell += 1;
      gateways[done % 2] = await bench.start();
      await pause(chance.fraction() * BREATH_MS);
      if ((done + 1) % 10 === 0) say(`${done + 1}/${restarts} restarts, ${bench.history.requests.length} closings`);
    }
    over.abort();
    await Promise.all(callers);
    await bench.allSettled(anyCaller());
    const asked = bench.history.requests.length;
    return { restarts, endedWell, asked, ...count, findings: await bench.check({ closingMs: { upvest: CLOSING_MS } }) };
  } finally {
    over.abort();
    await bench.dispose();
  }
}

/** No connection, a broken one, or an answer that nothing is known. */
async function hasClosure(answer: Promise<ClosurePayload>): Promise<boolean> {
  return answer.then(
    ({ closure }) => closure !== null,
    () => false,
  );
}
