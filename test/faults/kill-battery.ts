import { type KillsResult, randomKills } from './random-kills';
import { countsOf, type PartOptions, type PartReport, quantile, type Row } from './report';

const KILLS = 1_000;
/** A run on one store: what it keeps grows with every kill, and so does the comparison at its end. */
const KILLS_A_RUN = 50;
/** From a process's start to its first answer, where it waits for no database, ms. */
const RECOVERY_LIMIT_MS = 2_000;

/** Kills at random moments under load, with both providers and mixed outcomes. */
export async function killBattery({ store, count = KILLS, seed, say }: PartOptions): Promise<PartReport> {
  const results: KillsResult[] = [];
  for (let done = 0; done < count; done += KILLS_A_RUN) {
    const result = await randomKills(store, Math.min(KILLS_A_RUN, count - done), seed + done, say);
    for (const { kind, text } of result.findings) say(`${kind} ${text}`);
    results.push(result);
    say(`${Math.min(count, done + KILLS_A_RUN)}/${count} kills`);
  }
  const sum = (of: (result: KillsResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const first = results.flatMap(({ firstAnswerMs }) => firstAnswerMs);
  const back = results.flatMap(({ databaseBackMs }) => databaseBackMs);
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  const ofTheServer: Row[] = [
    ['of these at the database server: kill -9 of all its processes', String(sum(({ crashes }) => crashes))],
    ['a stop and a start in its place', String(sum(({ restarts }) => restarts))],
    ['from the start of the database server to the next closing recorded: median', seconds(quantile(back, 0.5))],
    ['longest', seconds(Math.max(...back))],
  ];
  const findings = results.flatMap((result) => result.findings);
  const inTime = first.filter((ms) => ms <= RECOVERY_LIMIT_MS).length;
  return {
    rows: [
      ['kill -9 at a random moment under load', String(count)],
      ...(back.length > 0 ? ofTheServer : []),
      ['closings asked for', String(sum(({ asked }) => asked))],
      ['of these acknowledged', String(sum(({ acknowledged }) => acknowledged))],
      ['from the start of the next process to its first answer: median', seconds(quantile(first, 0.5))],
      ['99 of 100 within', seconds(quantile(first, 0.99))],
      ['longest', seconds(Math.max(...first))],
      [`within ${seconds(RECOVERY_LIMIT_MS)}`, `${inTime} of ${first.length}`],
      ['the same with nothing to recover, on an empty store: median', seconds(quantile(results.map(({ emptyStoreMs }) => emptyStoreMs), 0.5))],
      ...countsOf(findings),
    ],
    isWhole: count >= KILLS,
    isGood: findings.length === 0 && first.length > 0 && (results.some(({ withServer }) => withServer) || inTime === first.length),
  };
}
