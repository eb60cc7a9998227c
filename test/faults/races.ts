import { randomUUID } from 'node:crypto';
import { type ClosurePayload, freshKey } from '../support/gateway';
import type { Caller } from './caller';
import { Chance } from './chance';
import type { Finding } from './checker';
import { FaultBench, type ProviderName } from './fault-bench';
import type { MakeStore } from './stores';
import { inLanes } from './waiting';

/** What the calls of one round have in common. */
export type Race = 'key' | 'account';

export interface RaceResult {
  rounds: number;
  /** Gateway processes that the calls of each round were spread over. */
  processes: number;
  /** Rounds with one closure, one close request, and the right word for every other call. */
  won: number;
  findings: Finding[];
  /** What a round that was not won came to. */
  oddities: string[];
}

/** Calls of one round, spread over the processes. */
const CALLS = 6;
const ROUNDS_AT_ONCE = 4;
const CLOSING_MS = 50;
const ENV = { PROVIDER_TIMEOUT_MS: '10000', RECONCILE_HORIZON_MS: '86400000', REOPEN_GRACE_MS: '86400000' };
const IN_THE_WAY: ReadonlySet<string | undefined> = new Set(['CLOSURE_IN_PROGRESS', 'ACCOUNT_ALREADY_CLOSED']);

/** Calls at the same time, on one key or on one account, again and again. */
export async function race(kind: Race, store: MakeStore, rounds: number, seed: number): Promise<RaceResult> {
  const chance = new Chance(seed);
  const bench = await FaultBench.open({ store, env: ENV, sandboxes: { upvest: { closingMs: CLOSING_MS } } });
  try {
    const callers: Caller[] = [];
    for (let process = 0; process < bench.store.processes; process += 1) callers.push((await bench.start()).caller);
    const targets = Array.from({ length: rounds }, () => ({ provider: chance.one<ProviderName>(['upvest', 'emoney']), id: randomUUID() }));
    const answers = await inLanes(targets, ROUNDS_AT_ONCE, (target) => (kind === 'key' ? raceForKey : raceForAccount)(callers, target));
    // A request may leave after its callers were told that the closure is recorded.
    await bench.allSettled(callers[0] as Caller);
    const oddities = targets.flatMap(({ provider, id }, round) => {
      const sent = bench.sandboxes[provider].closeRequests(id);
      const odd = oddityOf(kind, answers[round] ?? []) ?? (sent === 1 ? null : `${sent} close requests`);
      return odd ? [`round ${round}: ${odd}`] : [];
    });
    const findings = await bench.check({ closingMs: { upvest: CLOSING_MS } });
    return { rounds, processes: callers.length, won: rounds - oddities.length, findings, oddities };
  } finally {
    await bench.dispose();
  }
}

type Target = { provider: string; id: string };

/** One request that its caller could not wait for, and so made again and again. */
async function raceForKey(callers: readonly Caller[], account: Target): Promise<ClosurePayload[]> {
  const { request, answer } = (callers[0] as Caller).request({ account, idempotencyKey: freshKey() });
  const others = calls(callers).slice(1).map((caller) => caller.again(request, { account }));
  return Promise.all([answer, ...others]);
}

/** As many requests as callers, each with its own key. */
async function raceForAccount(callers: readonly Caller[], account: Target): Promise<ClosurePayload[]> {
  return Promise.all(calls(callers).map((caller) => caller.request({ account }).answer));
}

function calls(callers: readonly Caller[]): Caller[] {
  return Array.from({ length: CALLS }, (_, index) => callers[index % callers.length] as Caller);
}

function oddityOf(kind: Race, payloads: readonly ClosurePayload[]): string | null {
  const ids = new Set(payloads.map(({ closure }) => closure?.id));
  if (ids.size !== 1) return `${ids.size} closures`;
  const first = payloads.filter(({ error, replayed }) => !replayed && error === null).length;
  if (first !== 1) return `${first} calls were told that theirs was the first`;
  const others = payloads.filter(({ error, replayed }) => (kind === 'key' ? replayed && error === null : IN_THE_WAY.has(error?.code)));
  return others.length === CALLS - 1 ? null : `${payloads.map(({ error, replayed }) => error?.code ?? (replayed ? 'replayed' : 'new')).join(' ')}`;
}
