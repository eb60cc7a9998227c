import { ScriptedProvider } from '../support/scripted-provider';
import { type EngineHarness, startEngine } from '../support/engine';
import { pause, until } from '../faults/waiting';

/** More than two looks at the clock, ms. */
const TWO_LOOKS_MS = 2_100;

let harness: EngineHarness;
let setBy = 0;
let known = 0;
const clock = { now: () => Date.now() + setBy, monotonic: () => performance.now(), error: () => known };

beforeEach(async () => {
  setBy = 0;
  known = 0;
  harness = await startEngine([new ScriptedProvider().configured()], {}, clock);
});
afterEach(() => harness.dispose());

function told(): string[] {
  return harness.alarms.filter(({ what }) => what === 'the clock was set').map(({ error }) => String(error));
}

it.each([
  ['forward', 4_000, /It went forward by \d{4} ms\./],
  ['back', -4_000, /It went back by \d{4} ms\./],
])('operations are told once when the clock is set %s', async (_, by, words) => {
  await pause(TWO_LOOKS_MS);
  expect(told()).toEqual([]);
  setBy = by;
  expect(await until(() => told().length > 0)).toBe(true);
  await pause(TWO_LOOKS_MS);
  expect(told()).toEqual([expect.stringMatching(words)]);
});

it('nobody is told of a clock that is only known better than before', async () => {
  known = 300;
  await pause(TWO_LOOKS_MS);
  known = 2;
  setBy = 290;
  await pause(TWO_LOOKS_MS);
  expect(told()).toEqual([]);
});
