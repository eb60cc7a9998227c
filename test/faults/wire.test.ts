import { execFileSync } from 'node:child_process';
import { cutsOf, runOnTheWire, type WireCase, type WireResult } from './cuts';
import { rawAnswers } from './raw-answers';
import { sqliteFolder } from './stores';

/**
 * What goes wrong below HTTP, each once and in many places, with a provider in good health afterwards: every closing
 * must end CLOSED, by one effective close. The faults that a well-formed answer can carry are in test/gateway.
 */
const PROVIDERS = ['upvest', 'emoney'] as const;
/** A spread of places; the long form takes every byte. */
const every = (step: number, limit: number): number[] => Array.from({ length: Math.ceil(limit / step) }, (_, index) => index * step);

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs']);
});

function expectClosedOnce(cases: readonly WireCase[], { ends, effectiveCloses, findings }: WireResult): void {
  const wrong = cases.flatMap(({ name }, index) => (ends[index] === 'CLOSED' && effectiveCloses[index] === 1 ? [] : [`${name}: ${ends[index]}`]));
  expect({ wrong, findings }).toEqual({ wrong: [], findings: [] });
}

it('connections that break anywhere leave each account closed once', async () => {
  const cases = PROVIDERS.flatMap((provider) => [
    ...cutsOf(provider, 'close', 'request', every(97, 1000)),
    ...cutsOf(provider, 'close', 'answer', every(13, 150)),
    ...cutsOf(provider, 'read', 'answer', every(29, 300)),
  ]);
  expectClosedOnce(cases, await runOnTheWire(cases, sqliteFolder));
}, 300_000);

it('answers that are no HTTP, or not all of it, prove nothing', async () => {
  const cases = PROVIDERS.flatMap(rawAnswers);
  const result = await runOnTheWire(cases, sqliteFolder);
  expectClosedOnce(cases, result);
  // On a busy machine an exchange may be over before its plan.
  expect(result.unmet).toBeLessThan(cases.length / 5);
}, 300_000);
