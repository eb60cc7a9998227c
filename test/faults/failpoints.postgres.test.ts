import { execFileSync } from 'node:child_process';
import { wrongAmong } from './failpoint-battery';
import { AT_THE_PROVIDER, failpointsOf, type Kill, runFailpoint } from './failpoint-run';
import { type Outcome, OUTCOMES } from './outcomes';
import { postgresOn } from './stores';

/** A spread of what `npm run faults -- failpoints --store postgres` takes whole. All of them wait for a claim to run out. */
const LANES = 8;
const SAMPLE: readonly [provider: string, name: string, number: number, when: 'before' | 'after'][] = [
  ['emoney', 'reset-before', 5, 'after'],
  ['emoney', 'refused', 3, 'before'],
  ['upvest', 'closed before', 3, 'before'],
];
const store = postgresOn(process.env.TEST_DATABASE_URL ?? '');

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});

function outcomeOf(provider: string, name: string): Outcome {
  const outcome = OUTCOMES.find((one) => one.provider === provider && one.name === name);
  if (!outcome) throw new Error(`${provider} has no outcome ${name}.`);
  return outcome;
}

it('a closing survives kill -9 at the statements of its database', async () => {
  const taken = outcomeOf('emoney', 'taken');
  const { points, ended, findings } = await runFailpoint(taken, store, null);
  expect({ ended, findings }).toEqual({ ended: 'CLOSED', findings: [] });
  expect(points).toEqual(expect.arrayContaining(['record', 'commit of the mark', 'commit of an answer']));
  const cases: [Outcome, Kill][] = [
    ...[...failpointsOf(points), ...AT_THE_PROVIDER].map((kill): [Outcome, Kill] => [taken, kill]),
    ...SAMPLE.map(([provider, name, number, when]): [Outcome, Kill] => [outcomeOf(provider, name), { at: 'store', point: { number, when } }]),
  ];
  const all = cases.map(([outcome, kill]) => ({ outcome, kills: [kill] }));
  expect(await wrongAmong(all, LANES, store)).toEqual([]);
}, 300_000);
