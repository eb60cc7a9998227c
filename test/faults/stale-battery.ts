import { countsOf, type PartOptions, type PartReport } from './report';
import { staleWorkers } from './stale-workers';

const STOPS = 100;

/** Processes that were stopped for longer than their claims hold, under load. */
export async function staleBattery({ store, count = STOPS, seed, say }: PartOptions): Promise<PartReport> {
  const { underWay, recorded, takenOver, endedWell, findings } = await staleWorkers(store, count, seed, say);
  for (const { kind, text } of findings) say(`${kind} ${text}`);
  return {
    rows: [
      ['SIGSTOP of one of two processes, for longer than its claims hold, then SIGCONT', String(count)],
      ['close requests that it was working on', String(underWay)],
      ['of these recorded by then', String(recorded)],
      ['of these brought to their end by the other process before it woke', String(takenOver)],
      ['both end by themselves afterwards, exit status 0', endedWell ? 'yes' : 'no'],
      ...countsOf(findings),
    ],
    isWhole: count >= STOPS,
    isGood: endedWell && findings.length === 0,
  };
}
