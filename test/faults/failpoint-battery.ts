import { failpointsOf, type FailpointResult, type Kill, killsAtProvider, runFailpoint } from './failpoint-run';
import { MARK } from './failpoints';
import { type Outcome, OUTCOMES } from './outcomes';
import { countsOf, type PartOptions, type PartReport, type Row } from './report';
import type { MakeStore } from './stores';
import { inLanes } from './waiting';
import { WISHES } from './wishes';

/** More lanes than processors: a run mostly waits. */
const LANES = 6;
/** On a busy machine a closing is polled more or less often: a run that ended before its failpoint is made again. */
const TRIES = 4;
/** A battery that reached less has shown less than it says. */
const LEAST_REACHED = 0.98;

interface Case {
  outcome: Outcome;
  /** Of the first process, and of the one that goes on with what it left; null: that one is only watched. */
  kills: readonly (Kill | null)[];
}

/**
 * Every side of every statement of every outcome, each with a kill, a restart and a comparison.
 * `count`: so many of them, spread evenly.
 */
export function failpointBattery(options: PartOptions): Promise<PartReport> {
  return everyFailpoint(options, OUTCOMES, 'provider outcomes, both providers');
}

/** The same for what else may be asked for: an announcement, a group, a group with its accounts, a sale. */
export function wishBattery(options: PartOptions): Promise<PartReport> {
  return everyFailpoint(options, WISHES, 'outcomes of an announcement, a group, a group with its accounts, a closing with a sale');
}

async function everyFailpoint(options: PartOptions, outcomes: readonly Outcome[], heading: string): Promise<PartReport> {
  const looks = await inLanes(outcomes, LANES, (outcome) => lookAt(outcome, options.store));
  const every = looks.flatMap(casesOf);
  return battery(options, looks, every, [heading, 'failpoints: each side of each statement of the store, and at the provider']);
}

export async function lookAt(outcome: Outcome, store: MakeStore): Promise<Look> {
  return { outcome, kills: [], result: await attempt(outcome, store, [null]) };
}

/** A kill for each failpoint of what was looked at. */
export function casesOf({ outcome, result }: Look): Case[] {
  return [...failpointsOf(result.points), ...killsAtProvider(outcome)].map((kill) => ({ outcome, kills: [kill] }));
}

/**
 * The same for the process that recovers: the first one died with the mark of its request durable and the request not
 * sent, and every side of every statement with which the next one goes on from there is a failpoint.
 */
export async function recoveryBattery(options: PartOptions): Promise<PartReport> {
  const looks = await inLanes(OUTCOMES, LANES, (outcome) => lookAtRecovery(outcome, options.store));
  const every = looks.flatMap(({ outcome, kills, result }): Case[] => failpointsOf(result.points).map((kill) => ({ outcome, kills: [...kills, kill] })));
  return battery(options, looks, every, ['provider outcomes, both providers', 'failpoints: each side of each statement of the process that recovers']);
}

/** A run to the end, to learn the statements of its last process. */
interface Look extends Case {
  result: FailpointResult;
}

/** The look at a process that recovers: the one before it dies with its mark durable. */
export async function lookAtRecovery(outcome: Outcome, store: MakeStore): Promise<Look> {
  const clean = await attempt(outcome, store, [null]);
  const number = clean.points.indexOf(MARK) + 1;
  if (number === 0 || isBad(clean)) return { outcome, kills: [], result: { ...clean, points: [], asExpected: false } };
  const marked: Kill = { at: 'store', point: { number, when: 'after' } };
  const result = await reachFailpoint({ outcome, kills: [marked, null] }, store);
  return { outcome, kills: [marked], result: { ...result, asExpected: result.asExpected && result.killed } };
}

async function battery({ store, count, say }: PartOptions, looks: readonly Look[], every: readonly Case[], [outcomes, failpoints]: readonly [string, string]): Promise<PartReport> {
  const cases = count === undefined ? every : spread(every, count);
  say(`${looks.length} outcomes, ${every.length} failpoints, ${cases.length} of them taken`);
  const odd: Row[] = [];
  const keep = ({ outcome, kills }: Case, result: FailpointResult): void => {
    if (!isBad(result)) return;
    odd.push(['not as it should be', `${nameOf(outcome, kills)}: ${inWords(result)}`]);
    say(`${nameOf(outcome, kills)}: ${inWords(result)}`);
  };
  for (const look of looks) keep(look, look.result);
  let done = 0;
  const results = await inLanes(cases, LANES, async (one) => {
    const result = await reachFailpoint(one, store);
    done += 1;
    keep(one, result);
    if (!result.killed || done % 50 === 0) say(`${done}/${cases.length} ${nameOf(one.outcome, one.kills)}: ${inWords(result)}`);
    return result;
  });
  const all = [...looks.map(({ result }) => result), ...results];
  const killed = results.filter((result) => result.killed);
  const missed = cases.filter((_, index) => results[index]?.killed === false);
  return {
    rows: [
      [outcomes, String(looks.length)],
      [failpoints, String(every.length)],
      ['of these taken', String(cases.length)],
      ['of these reached: killed, restarted, compared', String(killed.length)],
      ['closings that ended where the contract lets them', `${all.filter(({ asExpected }) => asExpected).length} of ${all.length}`],
      ...countsOf(all.flatMap(({ findings }) => findings)),
      ...odd,
    ],
    isWhole: cases.length === every.length,
    notes: missed.length === 0 ? [] : [`Not reached: ${missed.map(({ outcome, kills }) => nameOf(outcome, kills)).join('; ')}.`],
    isGood: odd.length === 0 && killed.length >= LEAST_REACHED * cases.length,
  };
}

function spread<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, items.length / count);
  return items.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

/** A run that reached its failpoint, or went wrong; the last one when none did. */
async function reachFailpoint({ outcome, kills }: Case, store: MakeStore): Promise<FailpointResult> {
  let result = await attempt(outcome, store, kills);
  for (let tries = 1; tries < TRIES && !result.killed && !isBad(result); tries += 1) result = await attempt(outcome, store, kills);
  return result;
}

/** A run that breaks off is one that went wrong, and no end to all the others. */
async function attempt(outcome: Outcome, store: MakeStore, kills: readonly (Kill | null)[]): Promise<FailpointResult> {
  try {
    return await runFailpoint(outcome, store, ...kills);
  } catch (error) {
    return { points: [], killed: false, ended: `broke off: ${String(error)}`, findings: [], asExpected: false };
  }
}

function isBad({ findings, asExpected }: FailpointResult): boolean {
  return findings.length > 0 || !asExpected;
}

/**
 * On a busy machine a process takes another course than the one that was watched, time and again. That every statement is
 * met is for the long form to show.
 */
const ENOUGH_OF_THEM = 0.5;

/** For the short forms: kills all of them, and says what was not as it should be. */
export async function wrongAmong(cases: readonly Case[], lanes: number, store: MakeStore): Promise<string[]> {
  const results = await inLanes(cases, lanes, (one) => reachFailpoint(one, store));
  const reached = results.filter(({ killed }) => killed).length;
  return [
    ...results.flatMap((result, index) => {
      const { outcome, kills } = cases[index] as Case;
      return isBad(result) ? [`${nameOf(outcome, kills)}: ${inWords(result)}`] : [];
    }),
    ...(reached < ENOUGH_OF_THEM * cases.length ? [`${reached} of ${cases.length} failpoints were reached`] : []),
  ];
}

function nameOf({ provider, name }: Outcome, kills: readonly (Kill | null)[]): string {
  const where = (kill: Kill | null): string =>
    kill === null ? 'not killed' : kill.at === 'store' ? `${kill.point.when} statement ${kill.point.number}${kill.name ? ` (${kill.name})` : ''}` : `with the ${kill.operation} request${kill.ofChild ? ' of an account' : ''} ${kill.applied ? 'carried out' : 'arrived'}`;
  return `${provider}, ${name}, ${kills.length > 0 ? `killed ${kills.map(where).join(' and then ')}` : 'not killed'}`;
}

function inWords({ killed, ended, findings }: FailpointResult): string {
  return [killed ? ended : `${ended}, no kill`, ...findings.map(({ kind, text }) => `${kind} ${text}`)].join('; ');
}
