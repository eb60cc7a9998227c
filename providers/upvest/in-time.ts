import { setTimeout as wait } from 'node:timers/promises';

/**
 * What the work comes to, or `late` where it takes longer. The signal aborts when the time is up: work of many
 * requests sends no more of them then.
 * @param timeMs how long all of it may take
 */
export async function inTime<Result>(timeMs: number, late: Result, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const over = new AbortController();
  const tooLate = wait(Math.max(0, timeMs), late, { signal: over.signal }).catch(() => late);
  return Promise.race([work(over.signal), tooLate]).finally(() => over.abort());
}
