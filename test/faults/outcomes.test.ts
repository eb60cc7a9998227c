import { closureRecord } from '../support/closure-record';
import type { Attempt, AttemptEffect, Closure } from '../../src/domain/closure';
import { mayEnd, type Outcome } from './outcomes';

const REFUSED: Outcome = { provider: 'emoney', name: 'refused', ends: 'REJECTED', forGood: true };
const CLOSED_BEFORE: Outcome = { ...REFUSED, closedBefore: true };
const TAKEN: Outcome = { provider: 'emoney', name: 'taken', ends: 'CLOSED' };

function stored(effects: AttemptEffect[], more: Partial<Closure> = {}) {
  const attempts = effects.map((effect, index): Attempt => ({ number: index + 1, markedAt: 0, deadlineMs: 100, effect, answeredAt: null, evidence: {} }));
  return [{ closure: { ...closureRecord({}), ...more }, attempts }];
}

it.each<[string, Outcome, string, ReturnType<typeof stored>]>([
  ['as the provider has it', TAKEN, 'CLOSED', stored(['COMPLETED'])],
  ['refused', REFUSED, 'REJECTED', stored(['REFUSED'])],
  ['left to a person, with a request in doubt', REFUSED, 'NEEDS_REVIEW', stored(['UNKNOWN', 'REFUSED'])],
  ['left to a person, refused without an explanation', REFUSED, 'NEEDS_REVIEW', stored(['REFUSED'], { pendingRead: 'CONFLICT' })],
  ['closed before, or by the request in doubt', CLOSED_BEFORE, 'CLOSED', stored(['MARKED'])],
])('may end %s', (_, outcome, ended, remains) => {
  expect(mayEnd(outcome, ended, remains)).toBe(true);
});

it.each<[string, Outcome, string, ReturnType<typeof stored>]>([
  ['rejected, where the provider took it', TAKEN, 'REJECTED', stored(['REFUSED'])],
  ['left to a person, where the provider took it', TAKEN, 'NEEDS_REVIEW', stored(['UNKNOWN'])],
  ['left to a person, with nothing in doubt', REFUSED, 'NEEDS_REVIEW', stored(['REFUSED'])],
  ['closed, where the provider refuses', REFUSED, 'CLOSED', stored(['UNKNOWN'])],
  ['closed, where it was closed before and nothing is in doubt', CLOSED_BEFORE, 'CLOSED', stored(['REFUSED'])],
  ['not at all', TAKEN, 'CLOSING', stored(['ACCEPTED'])],
])('may not end %s', (_, outcome, ended, remains) => {
  expect(mayEnd(outcome, ended, remains)).toBe(false);
});
