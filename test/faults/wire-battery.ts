import { cutsOf, runOnTheWire, type WireCase } from './cuts';
import { rawAnswers } from './raw-answers';
import { countsOf, type PartOptions, type PartReport } from './report';
import type { Finding } from './checker';

/** Longer than each request or answer of the sandboxes, bytes: what is not cut is seen as such. */
const LONGEST_REQUEST = 900;
const LONGEST_CLOSE_ANSWER = 200;
const LONGEST_READ_ANSWER = 520;
/** Cases on one gateway. */
const A_RUN = 400;
const PROVIDERS = ['upvest', 'emoney'] as const;

/** Each exchange broken after every byte of it, and every answer that is no HTTP. `count`: take every so many bytes. */
export async function wireBattery({ store, count: step = 1, say }: PartOptions): Promise<PartReport> {
  const places = (limit: number): number[] => Array.from({ length: Math.ceil(limit / step) }, (_, index) => index * step);
  const cases = PROVIDERS.flatMap((provider): WireCase[] => [
    ...cutsOf(provider, 'close', 'request', places(LONGEST_REQUEST)),
    ...cutsOf(provider, 'close', 'answer', places(LONGEST_CLOSE_ANSWER)),
    ...cutsOf(provider, 'read', 'answer', places(LONGEST_READ_ANSWER)),
    ...rawAnswers(provider),
  ]);
  const findings: Finding[] = [];
  let unmet = 0;
  let right = 0;
  for (let from = 0; from < cases.length; from += A_RUN) {
    const part = cases.slice(from, from + A_RUN);
    const result = await runOnTheWire(part, store);
    findings.push(...result.findings);
    unmet += result.unmet;
    part.forEach(({ name }, index) => {
      if (result.ends[index] === 'CLOSED' && result.effectiveCloses[index] === 1) right += 1;
      else say(`${name}: ${String(result.ends[index])}, ${String(result.effectiveCloses[index])} effective closes`);
    });
    for (const { kind, text } of result.findings) say(`${kind} ${text}`);
    say(`${from + part.length}/${cases.length} exchanges`);
  }
  return {
    rows: [
      [`exchanges broken after ${step === 1 ? 'each byte' : `every ${step} bytes`} of a close request, of its answer and of the answer to a read`, String(cases.length - unmet - PROVIDERS.flatMap(rawAnswers).length)],
      ['answers that are no HTTP, or not all of it', String(PROVIDERS.flatMap(rawAnswers).length)],
      ['accounts closed by one effective close, closure CLOSED', `${right} of ${cases.length}`],
      ...countsOf(findings),
    ],
    isWhole: step === 1,
    isGood: right === cases.length && findings.length === 0,
  };
}
