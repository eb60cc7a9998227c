import { uuidv7 } from 'uuidv7';
import type { Clock, Randomness } from './ports/clock';

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** Chance for jitter and ids; nothing secret is made of it. */
export const systemRandomness: Randomness = {
  fraction: () => Math.random(),
  id: () => uuidv7(),
};
