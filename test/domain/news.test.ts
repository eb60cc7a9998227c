import type { Attempt } from '../../src/domain/closure';
import { judgeNews } from '../../src/domain/rules/news';
import type { Facts } from '../../src/domain/rules/situation';
import { closureRecord } from '../support/closure-record';

const NOW = Date.now();
const FACTS: Facts = {
  now: NOW,
  visibilityLagMs: 1_000,
  horizonMs: 60_000,
  reopenGraceMs: 60_000,
  canRead: true,
  alreadyClosedDistinct: false,
  sellableKinds: [],
};

describe('news that asks for a look at the account', () => {
  const closure = closureRecord({ status: 'UNCONFIRMED', requestedAt: NOW - 10_000 });
  const marked = (markedAt: number): Attempt[] => [{ number: 1, effect: 'MARKED', markedAt, deadlineMs: 1_000 } as Attempt];
  const judged = (attempts: Attempt[]) => judgeNews({ closure, attempts }, { kind: 'changed', at: NOW }, FACTS);

  it('does not take the claim from whoever waits for the answer to a request', () => {
    expect(judged(marked(NOW - 999))).toBeNull();
  });

  it('has the account read once that answer cannot come any more', () => {
    expect(judged(marked(NOW - 1_000))).toEqual({ verdict: { set: {}, next: { kind: 'now' } } });
  });
});
