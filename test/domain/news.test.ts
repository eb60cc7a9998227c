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

describe('the beginning of a closing', () => {
  it.each(['CLOSING', 'SCHEDULED', 'ACTION_REQUIRED'] as const)('says nothing of what cannot be seen of a closure that is %s', (status) => {
    const closure = closureRecord({ status, blockersUnknown: ['OUTSTANDING_FEES'] });
    const attempts = [{ number: 1, effect: 'ACCEPTED', markedAt: NOW - 5_000, deadlineMs: 1_000 } as Attempt];
    expect(judgeNews({ closure, attempts }, { kind: 'closing', at: NOW }, FACTS)).toHaveProperty('verdict.set', expect.not.objectContaining({ blockersUnknown: null }));
  });

  it('that is told after its end, and after the account came back, begins nothing', () => {
    const own = { initiator: 'PROVIDER', reason: 'PROVIDER_DECISION' } as const;
    const closure = closureRecord({ ...own, status: 'REOPENED', requestedAt: NOW - 100_000, closedAt: NOW - 100_000, statusSince: NOW - 50_000 });
    expect(judgeNews({ closure, attempts: [] }, { kind: 'closing', at: NOW - 100_500 }, FACTS)).toBeNull();
  });
});
