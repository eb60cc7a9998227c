import { execFileSync } from 'node:child_process';
import { newSeed } from './chance';
import { lookAtRecovery, wrongAmong } from './failpoint-battery';
import { failpointsOf, type Kill, runFailpoint } from './failpoint-run';
import { runFamily } from './family-run';
import { type Outcome, OUTCOMES } from './outcomes';
import { sqliteFolder } from './stores';

/**
 * A spread of what `npm run faults -- failpoints` takes whole: a kill at each side of each statement of every outcome.
 * Kills while the provider has the request are in kill.test.ts.
 */
const LANES = 3;
const SAMPLE: readonly [name: string, number: number, when: 'before' | 'after'][] = [
  ['reset-before', 5, 'after'],
  ['hang-after', 3, 'before'],
  ['401 once', 4, 'after'],
  ['refused', 3, 'before'],
  ['closed before', 3, 'before'],
];

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});

function outcomeOf(provider: string, name: string): Outcome {
  const outcome = OUTCOMES.find((one) => one.provider === provider && one.name === name);
  if (!outcome) throw new Error(`${provider} has no outcome ${name}.`);
  return outcome;
}

describe.each(['upvest', 'emoney'])('%s', (provider) => {
  async function expectKept(cases: readonly (readonly [Outcome, Kill])[]): Promise<void> {
    const all = cases.map(([outcome, kill]) => ({ outcome, kills: [kill] }));
    expect(await wrongAmong(all, LANES, sqliteFolder)).toEqual([]);
  }

  it('a closing survives kill -9 at the statements of its store', async () => {
    const outcome = outcomeOf(provider, 'taken');
    const { points, ended, findings } = await runFailpoint(outcome, sqliteFolder, null);
    expect({ ended, findings }).toEqual({ ended: 'CLOSED', findings: [] });
    expect(points).toEqual(expect.arrayContaining(['record', 'commit of the mark', 'commit of an answer']));
    await expectKept(failpointsOf(points).map((kill) => [outcome, kill]));
  }, 300_000);

  it('answers that get lost, refuse or put off survive it too', async () => {
    await expectKept(SAMPLE.map(([name, number, when]) => [outcomeOf(provider, name), { at: 'store', point: { number, when } }]));
  }, 300_000);
});

it('a process that recovers survives kill -9 at the statements with which it goes on', async () => {
  const outcome = outcomeOf('emoney', 'reset-after');
  const { kills, result } = await lookAtRecovery(outcome, sqliteFolder);
  expect({ ...result, points: result.points.length > 4 }).toEqual({ points: true, killed: true, ended: 'CLOSED', findings: [], asExpected: true });
  const all = failpointsOf(result.points).map((kill) => ({ outcome, kills: [...kills, kill] }));
  expect(await wrongAmong(all, LANES, sqliteFolder)).toEqual([]);
}, 300_000);

describe('a group with its accounts, with webhooks', () => {
  const seed = newSeed();

  it(`is closed once each while three processes in a row are killed (seed ${seed})`, async () => {
    const { ends, findings } = await runFamily(sqliteFolder, seed);
    expect({ ends, findings }).toEqual({ ends: ['ACCOUNT CLOSED', 'ACCOUNT CLOSED', 'ACCOUNT CLOSED', 'ACCOUNT_GROUP CLOSED'], findings: [] });
  }, 300_000);
});
