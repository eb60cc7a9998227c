import type { LiquidationStage } from '../../src/domain/closure';
import type { StoredClosure } from './checker';
import { always, type Outcome, problem } from './outcomes';

/** Longer than a restart takes where claims run out first, so that the account itself is never given up, ms. */
const UNTIL_A_SALE_IS_GIVEN_UP_MS = 15_000;
const ALONE = { accounts: 2 };

/** What else may be asked for, and what the provider makes of it. Only one of the two takes any of this. */
export const WISHES: readonly Outcome[] = [
  { provider: 'upvest', name: 'announced', alsoAtProvider: true, wish: { announceOnly: true, group: ALONE }, ends: 'ANNOUNCED' },
  { provider: 'upvest', name: 'announced, and lost', closes: ['reset-after'], wish: { announceOnly: true, group: ALONE }, ends: 'ANNOUNCED' },
  {
    provider: 'upvest',
    name: 'announced, and refused',
    closes: always(problem('forbidden')),
    wish: { announceOnly: true, group: ALONE },
    ends: 'REJECTED',
    forGood: true,
  },
  { provider: 'upvest', name: 'a group alone', alsoAtProvider: true, wish: { group: ALONE }, ends: 'CLOSED' },
  { provider: 'upvest', name: 'a group alone, and lost', closes: ['reset-after'], wish: { group: ALONE }, ends: 'CLOSED' },
  { provider: 'upvest', name: 'a group with its accounts', alsoAtProvider: true, wish: { group: { accounts: 2 }, includeAccounts: true }, ends: 'CLOSED' },
  { provider: 'upvest', name: 'sold', alsoAtProvider: true, wish: { liquidatePositions: true, sale: { ends: 'SETTLED' } }, ends: 'CLOSED' },
  { provider: 'upvest', name: 'sold, and lost', wish: { liquidatePositions: true, sale: { meets: ['reset-after'], ends: 'SETTLED' } }, ends: 'CLOSED' },
  {
    provider: 'upvest',
    name: 'sale refused',
    wish: { liquidatePositions: true, sale: { meets: always(problem('forbidden')), ends: 'REFUSED' } },
    horizonMs: UNTIL_A_SALE_IS_GIVEN_UP_MS,
    ends: 'CLOSED',
  },
];

/** A refusal proves nothing of a request before it whose process was killed: then the list is read until the horizon. */
const SALE_MAY_END: Record<'SETTLED' | 'REFUSED', readonly LiquidationStage[]> = { SETTLED: ['SETTLED'], REFUSED: ['REFUSED', 'GIVEN_UP'] };

/** Whether everything beside the closing itself was done, in what is stored of the run: its accounts, and its sale. */
export function isGranted({ wish = {}, ends }: Outcome, stored: readonly Pick<StoredClosure, 'closure'>[]): boolean {
  const { group, includeAccounts, sale } = wish;
  const accounts = includeAccounts ? stored.filter(({ closure }) => closure.account.kind === 'ACCOUNT') : [];
  if (includeAccounts && (accounts.length !== group?.accounts || accounts.some(({ closure }) => closure.status !== ends))) return false;
  if (!sale) return true;
  const stage = stored[0]?.closure.liquidation?.stage;
  return stage !== undefined && SALE_MAY_END[sale.ends].includes(stage);
}
