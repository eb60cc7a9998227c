import { AT_THE_PROVIDER, failpointsOf, type FailpointResult, type Kill, runFailpoint } from './failpoint-run';
import { type Outcome, OUTCOMES } from './outcomes';
import { countsOf, type PartOptions, type PartReport, type Row } from './report';
import type { MakeStore } from './stores';
import { inLanes } from './waiting';

/** More lanes than processors: a run mostly waits. */
const LANES = 6;
/** On a busy machine a closing is polled more or less often: a run that ended before its failpoint is made again. */
const TRIES = 4;

interface Case {
  outcome: Outcome;
  kill: Kill;
}

/**
 * Every side of every statement of every outcome, each with a kill, a restart and a comparison.
 * `count`: so many of them, spread evenly.
 */
export async function failpointBattery({ store, count, say }: PartOptions): Promise<PartReport> {
  const clean = await inLanes(OUTCOMES, LANES, (outcome) => attempt(outcome, store, null));
  const every = OUTCOMES.flatMap((outcome, index): Case[] => {
    const kills = failpointsOf(clean[index]?.points ?? []);
    return [...kills, ...(outcome.name === 'taken' ? AT_THE_PROVIDER : [])].map((kill) => ({ outcome, kill }));
  });
  const cases = count === undefined ? every : spread(every, count);
  say(`${OUTCOMES.length} outcomes, ${every.length} failpoints, ${cases.length} of them taken`);
  const odd: Row[] = [];
  const keep = (outcome: Outcome, kill: Kill | null, result: FailpointResult): void => {
    if (!isBad(result)) return;
    odd.push(['not as it should be', `${nameOf(outcome, kill)}: ${inWords(result)}`]);
    say(`${nameOf(outcome, kill)}: ${inWords(result)}`);
  };
  OUTCOMES.forEach((outcome, index) => keep(outcome, null, clean[index] as FailpointResult));
  let done = 0;
  const results = await inLanes(cases, LANES, async ({ outcome, kill }) => {
    const result = await reachFailpoint(outcome, store, kill);
    done += 1;
    keep(outcome, kill, result);
    if (!result.killed || done % 50 === 0) say(`${done}/${cases.length} ${nameOf(outcome, kill)}: ${inWords(result)}`);
    return result;
  });
  const all = [...clean, ...results];
  const killed = results.filter((result) => result.killed);
  return {
    rows: [
      ['provider outcomes, both providers', String(OUTCOMES.length)],
      ['failpoints: each side of each statement of the store, and at the provider', String(every.length)],
      ['of these taken', String(cases.length)],
      ['of these reached: killed, restarted, compared', String(killed.length)],
      ['closings that ended where the contract lets them', `${all.filter(({ asExpected }) => asExpected).length} of ${all.length}`],
      ...countsOf(all.flatMap(({ findings }) => findings)),
      ...odd,
    ],
    isWhole: cases.length === every.length,
    isGood: odd.length === 0,
  };
}

function spread<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, items.length / count);
  return items.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

async function reachFailpoint(outcome: Outcome, store: MakeStore, kill: Kill): Promise<FailpointResult> {
  let result = await attempt(outcome, store, kill);
  for (let tries = 1; tries < TRIES && !result.killed && !isBad(result); tries += 1) result = await attempt(outcome, store, kill);
  return result;
}

/** A run that breaks off is one that went wrong, and no end to all the others. */
async function attempt(outcome: Outcome, store: MakeStore, kill: Kill | null): Promise<FailpointResult> {
  try {
    return await runFailpoint(outcome, store, kill);
  } catch (error) {
    return { points: [], killed: false, ended: `broke off: ${String(error)}`, findings: [], asExpected: false };
  }
}

function isBad({ findings, asExpected }: FailpointResult): boolean {
  return findings.length > 0 || !asExpected;
}

export function nameOf({ provider, name }: Outcome, kill: Kill | null): string {
  if (!kill) return `${provider}, ${name}, not killed`;
  const where = kill.at === 'store' ? `${kill.point.when} statement ${kill.point.number}` : `with the ${kill.operation} request ${kill.applied ? 'carried out' : 'arrived'}`;
  return `${provider}, ${name}, killed ${where}`;
}

function inWords({ killed, ended, findings }: FailpointResult): string {
  return [killed ? ended : `${ended}, no kill`, ...findings.map(({ kind, text }) => `${kind} ${text}`)].join('; ');
}
