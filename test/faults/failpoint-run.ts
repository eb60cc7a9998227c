import { leaseMs } from '../../src/engine/settings';
import type { SandboxOperation } from '../../src/provider-kit/sandbox';
import type { Caller, CallerRequest } from './caller';
import type { Finding } from './checker';
import { FaultBench, type RunningGateway } from './fault-bench';
import { CLAIM_PREFIX, type Failpoint } from './failpoints';
import { mayEnd, type Outcome } from './outcomes';
import { endOf, prepare } from './scenario';
import type { MakeStore } from './stores';
import { pause, until } from './waiting';
import { isGranted } from './wishes';

/** Where a process is killed: at a statement of its store, or while the provider has a request of its. */
export type Kill =
  /** `name`: of the statement, when it was looked at. */
  | { at: 'store'; point: Failpoint; name?: string }
  /** `ofChild`: the request is for an account of the group. */
  | { at: 'provider'; operation: SandboxOperation; applied: boolean; ofChild?: boolean };

export interface FailpointResult {
  /** The statements of the last process that was watched, in order. */
  points: string[];
  /** Every process that was to be killed was; false: one came to the end before its failpoint, or none was to be killed. */
  killed: boolean;
  ended: string;
  findings: Finding[];
  /** It ended where the contract lets it. */
  asExpected: boolean;
}

const PROGRAM = ['node', 'dist/test/faults/failpoint-main.js'];
/** How long the investment provider takes to close, and to sell, ms. Shorter than the first wait for a poll, so that one poll does. */
const CLOSING_MS = 20;
const SELLING_MS = 20;
const PROVIDER_TIMEOUT_MS = 500;
const STEADY: Record<string, string> = {
  PROVIDER_TIMEOUT_MS: String(PROVIDER_TIMEOUT_MS),
  // Longer than a request that was given up waits in front of a provider on a busy machine.
  VISIBILITY_LAG_MS: '1000',
  // One interval, no growth, and longer than time-out and lag: every run makes the same statements.
  RETRY_MIN_MS: '1600',
  RETRY_MAX_MS: '1600',
  POLL_MIN_MS: '120',
  POLL_MAX_MS: '120',
  RECONCILE_HORIZON_MS: '86400000',
  REOPEN_GRACE_MS: '86400000',
};
/** Where the doubt about a request can never be ended: soon enough for a test, and with time to work on it, ms. */
const SHORT_HORIZON_MS = 5_000;
/** Webhooks, the closing report and the answer that comes too late follow the end of a closing by so much, ms. */
const WEBHOOKS_MS = 800;
/** A process that is gone was heard of by then, ms. */
const DEATH_NOTICE_MS = 5_000;

/**
 * Has one thing done that is asked for, kills the process on the way, and the one that goes on with it, and so on; starts the product's own
 * program on what is left, asks again under the same key as the caller would, and compares.
 * @param kills one for each process in turn; null, for the last: runs through, to learn its statements
 */
export async function runFailpoint(outcome: Outcome, store: MakeStore, ...kills: readonly (Kill | null)[]): Promise<FailpointResult> {
  const { provider, closingMs = CLOSING_MS } = outcome;
  const upvest = { closingMs, sellingMs: SELLING_MS, webhooks: { delayMs: 5, retryUnitMs: 50 } };
  const bench = await FaultBench.open({ store, env: STEADY, sandboxes: { upvest }, webhooks: outcome.webhooks });
  const takenOverMs = bench.store.claimsOutlive ? leaseMs({ providerTimeoutMs: PROVIDER_TIMEOUT_MS }) : 0;
  const horizonMs = outcome.horizonMs ?? (outcome.forGood ? SHORT_HORIZON_MS : undefined);
  const horizon: Record<string, string> = horizonMs === undefined ? {} : { RECONCILE_HORIZON_MS: String(takenOverMs + horizonMs) };
  try {
    const sandbox = bench.sandboxes[provider];
    const scenario = prepare(bench, outcome, kills);
    const { input, accounts } = scenario;
    const { id: accountId } = input.account;
    let request: CallerRequest | undefined;
    let caller: Caller | undefined;
    let killed = kills.some((kill) => kill !== null);
    let isGone = false;
    let points: string[] = [];
    for (const kill of kills) {
      const failpoint: Record<string, string> = kill?.at === 'store' ? { FAILPOINT: `${kill.point.number} ${kill.point.when}` } : {};
      const running = await bench.start({ ...horizon, ...failpoint }, PROGRAM);
      ({ caller } = running);
      if (kill?.at === 'provider') {
        const isHeld = () => sandbox.ledger.some(({ operation, status }) => operation === kill.operation && status === 'hang');
        void until(isHeld).then(() => running.child.kill());
      }
      const asked = request ? { request, answer: findAgain(caller, request) } : caller.request(input);
      ({ request } = asked);
      isGone = await isKilled(running, asked.answer, async (id) => {
        await endOf(bench, running.caller, id, scenario);
        await pause(outcome.webhooks ? WEBHOOKS_MS : 0);
      });
      if (kill && !isGone) killed = false;
      points = [...running.child.stdout().matchAll(/^failpoint \d+ (.+)$/gm)].map(([, name]) => String(name));
      if (!isGone) break;
    }
    if (!request || !caller) throw new Error('No process was to be started.');

    // One that came to the end before its failpoint would still come to it, with the next request.
    const isArmed = kills.at(-1) !== null;
    if (isArmed) await bench.stop();
    if (isGone || isArmed) ({ caller } = await bench.start(horizon));
    const found = await caller.find(request.idempotencyKey);
    if (found) await endOf(bench, caller, found, scenario);
    const again = await caller.again(request, input);
    const ended = await endOf(bench, caller, again.closure?.id ?? '', scenario);
    const closedBefore = new Set(outcome.closedBefore ? [`${provider} ${accountId}`] : []);
    const families = { [`${provider} ${accountId}`]: accounts };
    const findings = await bench.check({ closedBefore, families, closingMs: { upvest: closingMs } });
    const stored = await bench.stored();
    return { points, killed, ended, findings, asExpected: mayEnd(outcome, ended, stored) && isGranted(outcome, stored) };
  } finally {
    await bench.dispose();
  }
}

async function findAgain(caller: Caller, { idempotencyKey }: CallerRequest): Promise<{ closure: { id: string } | null }> {
  const id = await caller.find(idempotencyKey);
  return { closure: id === undefined ? null : { id } };
}

/** Waits for the end of the closing or of its process, whichever comes. */
async function isKilled({ child }: RunningGateway, answer: Promise<{ closure: { id: string } | null }>, toTheEnd: (id: string) => Promise<void>): Promise<boolean> {
  const gone = child.ended.then(() => true);
  const followed = async (): Promise<boolean> => {
    const { closure } = await answer;
    await toTheEnd(closure?.id ?? '');
    return false;
  };
  // Its last answer may be lost before its end is heard of. Nobody waits for this once it was.
  const lost = (error: unknown): Promise<boolean> => new Promise((_, reject) => void setTimeout(() => reject(error), DEATH_NOTICE_MS).unref());
  return Promise.race([gone, followed().catch(lost)]);
}

/** Every side of every statement of a run. A claim that is not made is no point: there is no work before it. */
export function failpointsOf(points: readonly string[]): Kill[] {
  return points.flatMap((name, index): Kill[] => {
    const sides: Failpoint['when'][] = name.startsWith(CLAIM_PREFIX) ? ['after'] : ['before', 'after'];
    return sides.map((when) => ({ at: 'store', point: { number: index + 1, when }, name }));
  });
}

/** While the provider has a request: before it is carried out, and after it, with nothing of the answer sent. */
export const AT_THE_PROVIDER: readonly Kill[] = [
  { at: 'provider', operation: 'token', applied: false },
  { at: 'provider', operation: 'close', applied: false },
  { at: 'provider', operation: 'close', applied: true },
];

/** The same, with what else is asked for. */
export function killsAtProvider({ alsoAtProvider, wish }: Outcome): Kill[] {
  if (!alsoAtProvider) return [];
  const both = (kill: { operation: SandboxOperation; ofChild?: boolean }): Kill[] => [false, true].map((applied) => ({ at: 'provider', ...kill, applied }));
  return [
    ...AT_THE_PROVIDER,
    ...(wish?.includeAccounts ? both({ operation: 'close', ofChild: true }) : []),
    ...(wish?.sale ? both({ operation: 'liquidate' }) : []),
  ];
}
