import { closureRef } from '../../src/domain/account';
import type { Blocker, BlockerCode } from '../../src/domain/blocker';
import type { Closure } from '../../src/domain/closure';
import type { ListFilter } from '../../src/ports/store';
import { sampleAccount } from '../support/sample-closure';
import { type Current, idsOf, recorded } from './harness';

const blocker = (code: BlockerCode): Blocker => ({
  code,
  message: 'm',
  stage: 'COMPLETION',
  resolvableBy: 'HOLDER',
  selfResolving: false,
  relatedIds: [],
});

export function listContract(current: Current): void {
  const list = async (filter: ListFilter, limit = 100, after: string | null = null) =>
    idsOf(await current().store.list('tenant-a', filter, limit, after));

  /** Each differs from the first in one thing. */
  const six = async () => {
    const account = sampleAccount({ provider: 'other-bank' });
    return {
      plain: await recorded(current, { requestedAt: 1000, updatedAt: 1000, statusSince: 1000 }),
      closing: await recorded(current, { status: 'CLOSING', requestedAt: 1000, updatedAt: 2000, statusSince: 2000 }),
      elsewhere: await recorded(current, { account, subject: 'subject-b', requestedAt: 1000, updatedAt: 1000, statusSince: 1000 }),
      indebted: await recorded(current, {
        requestedAt: 1000,
        updatedAt: 1000,
        statusSince: 1000,
        blockers: [blocker('OPEN_ORDERS'), blocker('OUTSTANDING_DEBT')],
      }),
      held: await recorded(current, { requestedAt: 1000, updatedAt: 1000, statusSince: 1000, blockers: [blocker('LEGAL_HOLD')] }),
      young: await recorded(current, { subject: 'bank', requestedAt: 3000, updatedAt: 3000, statusSince: 3000 }),
    };
  };
  type Six = Awaited<ReturnType<typeof six>>;

  const visibleToB = ({ held, elsewhere }: Six): ListFilter => ({
    visibleTo: { subject: 'subject-b', accountRefs: [closureRef(held.account), closureRef(elsewhere.account)] },
  });

  const cases: [string, (made: Six) => ListFilter, (made: Six) => Closure[]][] = [
    ['nothing', () => ({}), (made) => Object.values(made).toReversed()],
    ['one status', () => ({ status: ['CLOSING'] }), (made) => [made.closing]],
    ['two statuses', () => ({ status: ['REQUESTED', 'CLOSING'] }), (made) => Object.values(made).toReversed()],
    ['a status named twice', () => ({ status: ['CLOSING', 'CLOSING'] }), (made) => [made.closing]],
    ['no status at all', () => ({ status: [] }), () => []],
    ['the provider', () => ({ provider: 'other-bank' }), (made) => [made.elsewhere]],
    ['an unknown provider', () => ({ provider: 'no-bank' }), () => []],
    ['the account', (made) => ({ accountRef: closureRef(made.held.account) }), (made) => [made.held]],
    ['one blocker, be it the second', () => ({ blocker: ['OUTSTANDING_DEBT'] }), (made) => [made.indebted]],
    ['either of two blockers', () => ({ blocker: ['LEGAL_HOLD', 'OPEN_ORDERS'] }), (made) => [made.held, made.indebted]],
    ['no blocker at all', () => ({ blocker: [] }), () => []],
    ['the key', (made) => ({ key: { subject: 'subject-a', idempotencyKey: made.plain.idempotencyKey! } }), (made) => [made.plain]],
    ["another subject's key", (made) => ({ key: { subject: 'subject-b', idempotencyKey: made.plain.idempotencyKey! } }), () => []],
    ['requested after, exclusive', () => ({ requestedAfter: 1000 }), (made) => [made.young]],
    ['updated after, exclusive', () => ({ updatedAfter: 1000 }), (made) => [made.young, made.closing]],
    ['in its status since before, exclusive', () => ({ statusBefore: 2000 }), (made) => [made.held, made.indebted, made.elsewhere, made.plain]],
    ['who asked', () => ({ visibleTo: { subject: 'subject-b', accountRefs: [] } }), (made) => [made.elsewhere]],
    ['who asked, or whose account it is', (made) => visibleToB(made), (made) => [made.held, made.elsewhere]],
    ['whose it is, and status', (made) => ({ ...visibleToB(made), status: ['REQUESTED', 'CLOSING'] }), (made) => [made.held, made.elsewhere]],
    ["the provider's name, which is nobody's", () => ({ visibleTo: { subject: 'bank', accountRefs: [] } }), () => []],
    ['nobody', () => ({ visibleTo: { subject: 'nobody', accountRefs: [] } }), () => []],
    ['several at once', () => ({ status: ['REQUESTED'], provider: 'bank', statusBefore: 2000, blocker: ['LEGAL_HOLD'] }), (made) => [made.held]],
    ['several at once that no closure has', () => ({ status: ['CLOSING'], provider: 'other-bank' }), () => []],
  ];

  describe('list', () => {
    it.each(cases)('filters by %s, newest first', async (_, filter, expected) => {
      const made = await six();
      expect(await list(filter(made))).toEqual(idsOf(expected(made)));
    });

    it('gives pages behind an id without a gap or a repetition', async () => {
      const made = idsOf(Object.values(await six()).toReversed());
      const pages: (string | null)[] = [];
      // One page more than there are: it must be empty.
      for (let after: string | null = null, count = 0; count < 3; count += 1) {
        const page = await list({}, 4, after);
        expect(page.length).toBeLessThanOrEqual(4);
        pages.push(...page);
        after = page.at(-1) ?? after;
      }
      expect(pages).toEqual(made);
    });

    it('gives pages of what a filter left', async () => {
      const { plain, elsewhere, indebted, held, young } = await six();
      const filter: ListFilter = { status: ['REQUESTED'] };
      expect(await list(filter, 2)).toEqual([young.id, held.id]);
      expect(await list(filter, 2, held.id)).toEqual([indebted.id, elsewhere.id]);
      expect(await list(filter, 2, elsewhere.id)).toEqual([plain.id]);
      expect(await list(filter, 2, plain.id)).toEqual([]);
    });
  });

  describe('providersSeen', () => {
    it('names each provider once, sorted', async () => {
      for (const provider of ['zeta', 'bank', 'alpha', 'bank']) await recorded(current, { account: sampleAccount({ provider }) });
      expect(await current().store.providersSeen('tenant-a')).toEqual(['alpha', 'bank', 'zeta']);
    });

    it('names none where there is no closure', async () => {
      expect(await current().store.providersSeen('tenant-a')).toEqual([]);
    });
  });
}
