import { randomUUID } from 'node:crypto';
import type { CloseInput } from '../support/gateway';
import type { Caller } from './caller';
import type { FaultBench } from './fault-bench';
import type { Kill } from './failpoint-run';
import type { Outcome } from './outcomes';
import { until } from './waiting';

/** What one run asks for. */
export interface Scenario {
  input: CloseInput;
  /** Of the group that is asked for, by id. */
  accounts: string[];
  outcome: Outcome;
}

const SHARES = [{ isin: 'US0378331005', quantity: '2' }];
const LIMIT_MS = 60_000;
/** The positions are not sold, and it is for a person to see to them; an outcome in doubt is not. */
const NOT_SOLD: ReadonlySet<string | undefined> = new Set(['PROVIDER_PERMISSION_DENIED', 'MANUAL_INTERVENTION_REQUIRED']);

/** Has the account, or the group, opened, and its requests meet what the outcome says and the kills need. */
export function prepare({ sandboxes }: FaultBench, outcome: Outcome, kills: readonly (Kill | null)[]): Scenario {
  const { provider, wish = {} } = outcome;
  const { group, sale, ...asked } = wish;
  const opened = group && sandboxes.upvest.openGroup(group);
  const id = opened?.id ?? outcome.accountId ?? randomUUID();
  const accounts = opened?.accounts ?? [];
  if (!asked.includeAccounts) for (const account of accounts) sandboxes.upvest.change(account, { status: 'CLOSED' });
  if (sale) sandboxes.upvest.change(id, { positions: SHARES });

  const sandbox = sandboxes[provider];
  for (const kill of kills) {
    if (kill?.at !== 'provider') continue;
    const whose = kill.ofChild ? (accounts[0] ?? id) : id;
    // One at most: a second one would be taken for the first.
    sandbox.script(kill.operation === 'token' ? '*' : whose, kill.operation, [kill.applied ? 'hang-after' : 'hang-before']);
  }
  sandbox.script(id, 'close', outcome.closes ?? []);
  sandbox.script(id, 'liquidate', sale?.meets ?? []);
  sandbox.script('*', 'token', outcome.tokens ?? []);
  return { input: { account: { provider, id, kind: opened ? 'ACCOUNT_GROUP' : undefined }, ...asked }, accounts, outcome };
}

/** Waits until nothing more is going to happen to the closure, its accounts and its sale; how the closure stands then. */
export async function endOf(bench: FaultBench, caller: Caller, closureId: string, { input, outcome }: Scenario): Promise<string> {
  const { includeAccounts, sale } = outcome.wish ?? {};
  if (sale?.ends === 'REFUSED') {
    await until(async () => {
      const closure = await caller.look(closureId);
      return closure === null || closure.terminal || NOT_SOLD.has(closure.error?.code);
    }, LIMIT_MS);
    // The account would be closing for ever: somebody sells them at the provider.
    bench.sandboxes.upvest.change(input.account.id, { positions: [] });
  }
  const ended = await bench.settled(caller, closureId);
  if (includeAccounts) await bench.allSettled(caller);
  // A sale in flight outlives its closing, which is looked at as long as it lasts.
  if (sale) await until(async () => ((await caller.look(closureId))?.nextCheckAt ?? null) === null, LIMIT_MS);
  return ended;
}
