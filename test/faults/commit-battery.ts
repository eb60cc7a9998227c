import { type CommitCut, cutCommits } from './commit-cuts';
import { OUTCOMES } from './outcomes';
import { countsOf, type PartOptions, type PartReport } from './report';

/** A closing makes three writes at least. Those that make fewer than these end with no cut. */
const WRITES = 6;

/** What happens to the close request alone; tokens, webhooks and accounts with a fate of their own are in the other parts. */
export const OUTCOMES_TO_CUT = OUTCOMES.filter(({ tokens, webhooks, accountId }) => !tokens && !webhooks && accountId === undefined);

/** Every outcome, with the connection to the database broken at each of its first writes. `count`: how many writes. */
export async function commitBattery({ store, count: writes = WRITES, say }: PartOptions): Promise<PartReport> {
  const numbers = Array.from({ length: writes }, (_, index) => index + 1);
  const cases = OUTCOMES_TO_CUT.flatMap((outcome) =>
    numbers.flatMap((number): CommitCut[] => [{ outcome, number, when: 'before' }, { outcome, number, when: 'after' }]),
  );
  const { before, after, unsure, odd, findings } = await cutCommits(cases, store);
  for (const line of [...odd, ...findings.map(({ kind, text }) => `${kind} ${text}`)]) say(line);
  return {
    rows: [
      [`closings, each to be cut off at one of its first ${writes} writes`, String(cases.length)],
      ['connections broken when the write was committed, and its answer on the way', String(after)],
      ['connections broken before the write reached the database', String(before)],
      ['callers who were told INTERNAL, and settled it under the same key', String(unsure)],
      ['closings that ended where the contract lets them', `${cases.length - odd.length} of ${cases.length}`],
      ...countsOf(findings),
    ],
    isWhole: writes >= WRITES,
    isGood: odd.length === 0 && findings.length === 0,
  };
}
