import { execFileSync } from 'node:child_process';
import { newSeed } from './chance';
import { OUTCOMES_TO_CUT } from './commit-battery';
import { type CommitCut, cutCommits } from './commit-cuts';
import { rollingRestarts } from './rolling';
import { staleWorkers } from './stale-workers';
import { postgresOn } from './stores';

/** Two gateways on one database in the trouble of every day. The long forms are `npm run faults -- commits|stale|rolling --store postgres`. */
const store = postgresOn(process.env.TEST_DATABASE_URL ?? '');
const NAMES = ['taken', '401 once', 'hang-after', 'down-nonsense'];
const seed = newSeed();

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});

it('a connection to the database that breaks during a commit leaves each account closed once', async () => {
  const cases = OUTCOMES_TO_CUT.filter(({ name }) => NAMES.includes(name)).flatMap((outcome) =>
    [1, 2, 3].flatMap((number): CommitCut[] => [{ outcome, number, when: 'before' }, { outcome, number, when: 'after' }]),
  );
  const { before, after, unsure, odd, findings } = await cutCommits(cases, store);
  expect({ odd, findings }).toEqual({ odd: [], findings: [] });
  for (const happened of [before, after, unsure]) expect(happened).toBeGreaterThan(0);
}, 300_000);

it(`a process that was stopped for longer than its claims hold does no harm when it wakes (seed ${seed})`, async () => {
  const { underWay, endedWell, findings } = await staleWorkers(store, 1, seed);
  expect({ endedWell, findings }).toEqual({ endedWell: true, findings: [] });
  expect(underWay).toBeGreaterThan(0);
}, 300_000);

it(`requests that meet a restart are settled by the same key (seed ${seed})`, async () => {
  const RESTARTS = 2;
  const { endedWell, asked, failed, settled, findings } = await rollingRestarts(store, RESTARTS, seed);
  expect({ endedWell, settled, findings }).toEqual({ endedWell: RESTARTS, settled: failed, findings: [] });
  expect(asked).toBeGreaterThan(RESTARTS);
}, 300_000);
