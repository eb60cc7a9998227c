import type { CloseInput } from '../support/gateway';
import type { Caller, CallerRequest } from './caller';
import { Chance } from './chance';
import type { Finding } from './checker';
import { FaultBench, type RunningGateway } from './fault-bench';
import type { MakeStore } from './stores';

export interface FamilyResult {
  /** Processes that came to their failpoint. */
  kills: number;
  /** Where the group and each of its accounts ended. */
  ends: string[];
  findings: Finding[];
}

const PROGRAM = ['node', 'dist/test/faults/failpoint-main.js'];
const ACCOUNTS = 3;
const KILLS = 3;
/** Statements that closing a group makes at least, from which the failpoints are drawn. */
const STATEMENTS = 16;
const CLOSING_MS = 40;
const ENV: Record<string, string> = { PROVIDER_TIMEOUT_MS: '1000', RETRY_MAX_MS: '400', RECONCILE_HORIZON_MS: '86400000', REOPEN_GRACE_MS: '86400000' };

/**
 * Closes a group together with its accounts, with webhooks on and some answers lost, while up to three processes in a
 * row are killed at failpoints drawn by the seed.
 */
export async function runFamily(store: MakeStore, seed: number): Promise<FamilyResult> {
  const chance = new Chance(seed);
  const upvest = { closingMs: CLOSING_MS, webhooks: { delayMs: 5, retryUnitMs: 50 } };
  const bench = await FaultBench.open({ store, env: ENV, sandboxes: { upvest }, webhooks: true });
  try {
    const group = bench.sandboxes.upvest.openGroup({ accounts: ACCOUNTS });
    for (const id of [group.id, ...group.accounts]) {
      if (chance.fraction() < 0.3) bench.sandboxes.upvest.script(id, 'close', [chance.one(['reset-after', 'reset-before', 'applied-500', 'down-nonsense'] as const)]);
    }
    const input: CloseInput = { account: { provider: 'upvest', kind: 'ACCOUNT_GROUP', id: group.id }, includeAccounts: true };
    let request: CallerRequest | undefined;
    let kills = 0;
    for (let process = 0; process < KILLS; process += 1) {
      const failpoint = `${1 + chance.below(STATEMENTS)} ${chance.one(['before', 'after'] as const)}`;
      const gateway = await startOrDie(bench, failpoint);
      if (!gateway) {
        kills += 1;
        continue;
      }
      const asked = ask(gateway.caller, request, input);
      ({ request } = asked);
      const isKilled = await Promise.race([gateway.child.ended.then(() => true), isSettled(bench, gateway.caller, asked.answer)]);
      if (!isKilled) break;
      kills += 1;
    }
    await bench.stop();
    const { caller } = await bench.start();
    await ask(caller, request, input).answer;
    await bench.allSettled(caller);
    const findings = await bench.check({ closingMs: { upvest: CLOSING_MS }, families: { [`upvest ${group.id}`]: group.accounts } });
    const ends = (await bench.stored()).map(({ closure }) => `${closure.account.kind} ${closure.status}`);
    return { kills, ends: ends.toSorted(), findings };
  } finally {
    await bench.dispose();
  }
}

/** Null: it came to its failpoint before it could tell that it had started. */
async function startOrDie(bench: FaultBench, failpoint: string): Promise<RunningGateway | null> {
  try {
    return await bench.start({ FAILPOINT: failpoint }, PROGRAM);
  } catch (error) {
    if (String(error).includes('SIGKILL')) return null;
    throw error;
  }
}

/** For the first time, or as the caller that heard nothing asks again. */
function ask(caller: Caller, request: CallerRequest | undefined, input: CloseInput): ReturnType<Caller['request']> {
  return request ? { request, answer: caller.again(request, input) } : caller.request(input);
}

/** False when nothing is left for the process to do. Never, where the process dies with it. */
async function isSettled(bench: FaultBench, caller: Caller, answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    await bench.allSettled(caller);
    return false;
  } catch {
    return new Promise(() => {});
  }
}
