import { runFamily } from './family-run';
import { countsOf, type PartOptions, type PartReport } from './report';
import { inLanes } from './waiting';

const GROUPS = 200;
const LANES = 4;

/** Groups closed with their accounts and webhooks, each while up to three processes in a row are killed. */
export async function familyBattery({ store, count = GROUPS, seed, say }: PartOptions): Promise<PartReport> {
  const seeds = Array.from({ length: count }, (_, index) => seed + index);
  const results = await inLanes(seeds, LANES, async (own, index) => {
    const result = await runFamily(store, own);
    const isGood = result.findings.length === 0 && result.ends.length > 0 && result.ends.every((end) => end.endsWith(' CLOSED'));
    if (!isGood || (index + 1) % 20 === 0) say(`${index + 1}/${count} seed ${own}: ${result.ends.join(', ')} ${result.findings.map(({ kind, text }) => `${kind} ${text}`).join('; ')}`);
    return { ...result, isGood };
  });
  return {
    rows: [
      ['groups closed with their accounts, webhooks on, answers lost', String(count)],
      ['processes killed at a failpoint on the way', String(results.reduce((sum, { kills }) => sum + kills, 0))],
      ['groups of which everything ended CLOSED', `${results.filter(({ isGood }) => isGood).length} of ${count}`],
      ...countsOf(results.flatMap(({ findings }) => findings)),
    ],
    isWhole: count >= GROUPS,
    isGood: results.every(({ isGood }) => isGood),
  };
}
