import { countsOf, type PartOptions, type PartReport } from './report';
import { rollingRestarts } from './rolling';

const RESTARTS = 20;

/** Restarts as a deployment makes them: one process at a time, under load. */
export async function rollingBattery({ store, count = RESTARTS, seed, say }: PartOptions): Promise<PartReport> {
  const { endedWell, asked, failed, settled, findings } = await rollingRestarts(store, count, seed, say);
  for (const { kind, text } of findings) say(`${kind} ${text}`);
  return {
    rows: [
      ['SIGTERM to one of two processes under load, and its start again', String(count)],
      ['ended by themselves, exit status 0', `${endedWell} of ${count}`],
      ['closings asked for, of either process, whether or not it was there', String(asked)],
      ['requests that failed: no connection, a broken one, INTERNAL', String(failed)],
      ['of these settled by the same key', `${settled} of ${failed}`],
      ...countsOf(findings),
    ],
    isWhole: count >= RESTARTS,
    isGood: endedWell === count && settled === failed && findings.length === 0,
  };
}
