import { race, type Race } from './races';
import { countsOf, type PartOptions, type PartReport, type Row } from './report';

const ROUNDS = 1_000;
const RACES: readonly [Race, string][] = [
  ['key', 'one key'],
  ['account', 'one account, each with its own key'],
];

/** Callers who want the same thing at the same time. */
export async function raceBattery({ store, count = ROUNDS, seed, say }: PartOptions): Promise<PartReport> {
  const rows: Row[] = [];
  let isGood = true;
  for (const [kind, words] of RACES) {
    const { rounds, processes, won, findings, oddities } = await race(kind, store, count, seed);
    for (const line of [...oddities, ...findings.map((finding) => `${finding.kind} ${finding.text}`)]) say(line);
    const where = processes === 1 ? 'one process' : `${processes} processes`;
    rows.push([`callers on ${words}, ${where}: rounds with one closure and one close request`, `${won} of ${rounds}`], ...countsOf(findings));
    isGood &&= won === rounds && findings.length === 0;
  }
  return { rows, isWhole: count >= ROUNDS, isGood };
}
