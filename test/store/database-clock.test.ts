import { DatabaseClock } from '../../src/store/postgres/clock';

const START = 1_790_000_000_000;
const HOUR_MS = 3_600_000;
/** What the database's clock is ahead of where it began, ms; null: it does not answer. */
let set: number | null;
let asked: number;
let clock: DatabaseClock;

beforeEach(async () => {
  jest.useFakeTimers();
  const began = performance.now();
  [set, asked] = [0, 0];
  clock = await DatabaseClock.start(async () => {
    asked += 1;
    if (set === null) throw new Error('No answer.');
    return [{ now: START + performance.now() - began + set }];
  });
});
afterEach(() => {
  clock.stop();
  jest.useRealTimers();
});

it('is asked for again every ten seconds, until it is stopped', async () => {
  const atStart = asked;
  set = HOUR_MS;
  await jest.advanceTimersByTimeAsync(9_000);
  expect(clock.now()).toBe(START + 9_000);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(clock.now()).toBe(START + 11_000 + HOUR_MS);
  await jest.advanceTimersByTimeAsync(20_000);
  expect(asked).toBe(atStart + 3);
  clock.stop();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(atStart + 3);
});

it('goes on by itself while the database does not answer, and is asked for again when it does', async () => {
  set = null;
  await jest.advanceTimersByTimeAsync(60_000);
  expect(clock.now()).toBe(START + 60_000);
  set = -HOUR_MS;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(clock.now()).toBe(START + 70_000 - HOUR_MS);
});
