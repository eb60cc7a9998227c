import { randomUUID } from 'node:crypto';
import { leaseMs } from '../../src/engine/settings';
import { type Meddling, startTcpProxy } from '../support/tcp-proxy';
import type { Caller } from './caller';
import type { Finding } from './checker';
import { FaultBench } from './fault-bench';
import { mayEnd, type Outcome } from './outcomes';
import type { MakeStore } from './stores';
import { inLanes, pause } from './waiting';

/** A closing at one of whose writes the connection to the database breaks, counted from 1. */
export interface CommitCut {
  outcome: Outcome;
  number: number;
  /** It did not reach the database, or it is committed there and the answer is on its way. */
  when: 'before' | 'after';
}

export interface CommitCutsResult {
  /** Cuts that came to pass. */
  before: number;
  after: number;
  /** Requests that a caller was told nothing sure of. */
  unsure: number;
  /** Closings that did not end where the contract lets them. */
  odd: string[];
  findings: Finding[];
}

const AT_ONCE = 24;
const PROVIDER_TIMEOUT_MS = 400;
const CLOSING_MS = 30;
/** Time for several claims to run out before a person is asked to decide, ms. */
const HORIZON_MS = 5 * leaseMs({ providerTimeoutMs: PROVIDER_TIMEOUT_MS });
const ENV: Record<string, string> = { PROVIDER_TIMEOUT_MS: String(PROVIDER_TIMEOUT_MS), RETRY_MAX_MS: '800', RECONCILE_HORIZON_MS: String(HORIZON_MS), REOPEN_GRACE_MS: '86400000' };
/** As the answer advises: a second later at the latest. */
const AGAIN_AFTER_MS = 300;
const MOST_TRIES = 40;

/** As much of a write of the store as tells whose it is; see src/store/postgres/writes.ts. */
interface Write {
  id?: string;
  closure?: { id: string };
}

/** Finds the writes of a store in what its connections send, and says which of them are cut. */
class Wire {
  readonly done = { before: 0, after: 0 };
  readonly #cuts = new Map<string, CommitCut & { writes: number }>();
  readonly #accountOf = new Map<string, string>();

  expect(accountId: string, cut: CommitCut): void {
    this.#cuts.set(accountId, { ...cut, writes: 0 });
  }

  meddle(sent: Buffer): Meddling {
    let meddling: Meddling = 'pass';
    for (const write of writesIn(sent.toString('utf8'))) {
      const cut = this.#cuts.get(this.#accountBehind(write) ?? '');
      if (!cut) continue;
      cut.writes += 1;
      if (cut.writes !== cut.number || meddling !== 'pass') continue;
      this.done[cut.when] += 1;
      meddling = cut.when === 'before' ? 'loseRequest' : 'loseAnswer';
    }
    return meddling;
  }

  #accountBehind({ id, closure }: Write): string | undefined {
    if (!closure) return this.#accountOf.get(id ?? '');
    const text = JSON.stringify(closure);
    const accountId = [...this.#cuts.keys()].find((one) => text.includes(one));
    if (accountId !== undefined) this.#accountOf.set(closure.id, accountId);
    return accountId;
  }
}

function writesIn(sent: string): Write[] {
  if (!sent.includes('gateway_write')) return [];
  const [begin, end] = [sent.indexOf('[{"do":'), sent.lastIndexOf('}]')];
  try {
    return JSON.parse(sent.slice(begin, end + 2)) as Write[];
  } catch {
    return []; // More than one packet holds.
  }
}

/** Two gateways on one database, each closing with a connection that breaks at one of its writes. */
export async function cutCommits(cases: readonly CommitCut[], store: MakeStore): Promise<CommitCutsResult> {
  const bench = await FaultBench.open({ store, env: ENV, sandboxes: { upvest: { closingMs: CLOSING_MS } } });
  const wire = new Wire();
  const url = new URL(bench.store.env.DATABASE_URL ?? '');
  const proxy = await startTcpProxy(Number(url.port), (sent) => wire.meddle(sent));
  url.port = String(proxy.port);
  try {
    const callers = [await bench.start({ DATABASE_URL: url.href }), await bench.start({ DATABASE_URL: url.href })].map(({ caller }) => caller);
    const ended = await inLanes(cases, AT_ONCE, async (cut, index) => {
      const { provider, closes = [] } = cut.outcome;
      const id = randomUUID();
      bench.sandboxes[provider].script(id, 'close', closes);
      wire.expect(id, cut);
      const caller = callers[index % callers.length] as Caller;
      const closureId = await askUntilSure(caller, { provider, id });
      return { cut, id, end: closureId === null ? 'MISSING' : await bench.settled(caller, closureId) };
    });
    const findings = await bench.check({ closingMs: { upvest: CLOSING_MS } });
    const stored = await bench.stored();
    const odd = ended.flatMap(({ cut: { outcome, number, when }, id, end }) => {
      const own = stored.filter(({ closure }) => closure.account.id === id);
      return mayEnd(outcome, end, own) ? [] : [`${outcome.provider}, ${outcome.name}, cut ${when} write ${number}: ${end}`];
    });
    const unsure = bench.history.requests.filter(({ answers }) => answers.some(({ code }) => code === 'INTERNAL')).length;
    return { ...wire.done, unsure, odd, findings };
  } finally {
    await proxy.dispose();
    await bench.dispose();
  }
}

/** A caller who is told INTERNAL asks again under the same key, as advised. */
async function askUntilSure(caller: Caller, account: { provider: string; id: string }): Promise<string | null> {
  const { request, answer } = caller.request({ account });
  let { closure } = await answer;
  for (let tries = 1; !closure && tries < MOST_TRIES; tries += 1) {
    await pause(AGAIN_AFTER_MS);
    ({ closure } = await caller.again(request, { account }));
  }
  return closure?.id ?? null;
}
