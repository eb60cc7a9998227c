import { mayBeApplied } from '../../src/domain/closure';
import type { LedgerEntry } from '../../src/provider-kit/sandbox';
import type { FindingKind, Remains, StoredClosure } from './checker';

/** What else may be asked for than the closing of one account, against the provider's books. */

type Found = (kind: FindingKind, text: string) => void;

/** The provider that takes announcements has them in the query of its close request. */
const ANNOUNCES = /[?&]notification_only=true(&|$)/;
const DOCUMENTED_SUCCESS = 202;

export const isAnnouncement = ({ query }: LedgerEntry): boolean => ANNOUNCES.test(query);

/** Told no, or not yet: a token that was not accepted and a request that came too soon are no refusals. */
export function isRefusal({ status }: LedgerEntry): boolean {
  return typeof status === 'number' && status >= 400 && status < 500 && status !== 401 && status !== 429;
}

/**
 * An announcement closes nothing, so that no read shows what became of one: whoever heard no answer tells it again. So
 * many may arrive as requests are stored of which nobody knows better, and none after one whose answer is stored.
 */
export function announcementFindings(stored: readonly StoredClosure[], closes: readonly LedgerEntry[], found: Found): void {
  const wanted = stored.filter(({ closure }) => closure.announceOnly);
  const announced = closes.filter(isAnnouncement);
  if (announced.length > 0 && wanted.length === 0) found('NOT_ASKED', 'announced, and to be closed.');
  if (wanted.length === 0) return;
  if (announced.length < closes.length && wanted.length === stored.length) found('NOT_ASKED', 'a close request, and only an announcement was asked for.');
  const taken = announced.filter(({ status }) => status === DOCUMENTED_SUCCESS).length;
  const unrefuted = wanted.reduce((sum, { attempts }) => sum + attempts.filter(mayBeApplied).length, 0);
  if (taken > unrefuted) found('FALSE_REFUSED', `${taken} announcements were taken, and ${unrefuted} are stored as such or in doubt.`);
  for (const { closure, attempts } of wanted) {
    if (closure.status === 'ANNOUNCED' && taken === 0) found('UNFOUNDED', `closure ${closure.id} is ANNOUNCED, and the provider took no announcement.`);
    if (closure.status === 'REJECTED' && taken > 0) found('FALSE_REFUSED', `closure ${closure.id} is REJECTED, and the provider took the announcement.`);
    const done = attempts.find(({ effect }) => effect === 'COMPLETED');
    if (attempts.some(({ markedAt }) => markedAt > (done?.answeredAt ?? Infinity))) found('RESENT', 'announced again after an answer that was stored.');
  }
}

/**
 * @param entries of the account
 * @param ledger of its provider
 */
export function saleFindings(stored: readonly StoredClosure[], entries: readonly LedgerEntry[], ledger: readonly LedgerEntry[], found: Found): void {
  const requests = entries.filter(({ operation }) => operation === 'liquidate');
  const sold = requests.filter(({ effect }) => effect).length;
  const sales = stored.flatMap(({ closure }) => closure.liquidation ?? []);
  if (sold > 1) found('SALE', `its positions were sold ${sold} times.`);
  if (requests.length > 0 && !stored.some(({ closure }) => closure.liquidatePositions)) found('NOT_ASKED', 'its positions were to be sold, and nobody asked for that.');
  if (requests.length > 0 && sales.length === 0) found('LOST', 'a request to sell arrived, and none was marked.');
  requests.forEach((request, index) => {
    const before = requests[index - 1];
    if (!isListedBetween(ledger, before, request)) found('RESENT', 'a request to sell left, and nobody had looked at the list.');
    if (requests.slice(0, index).some(({ effect }) => effect)) found('RESENT', 'a request to sell left after one that had begun the sale.');
  });
  for (const { stage } of sales) {
    if (stage === 'MARKED' || stage === 'ACCEPTED') found('LOST', `its sale is ${stage} and not followed to its end.`);
    else if (stage === 'SETTLED' && sold === 0) found('SALE', 'its sale is SETTLED, and we sold nothing.');
    else if (stage !== 'SETTLED' && sold > 0) found('SALE', `its sale is ${stage}, and its positions were sold.`);
    if (stage === 'REFUSED' && !requests.some(isRefusal)) found('UNFOUNDED', 'its sale is REFUSED, and the provider never refused it.');
  }
}

/** The list has the path of the request, and is read before every request, the first one too. */
function isListedBetween(ledger: readonly LedgerEntry[], before: LedgerEntry | undefined, request: LedgerEntry): boolean {
  const from = before ? ledger.indexOf(before) + 1 : 0;
  return ledger.slice(from, ledger.indexOf(request)).some(({ operation, path, status }) => operation === 'list' && path === request.path && status === 200);
}

/**
 * A group and its accounts.
 * @param accounts of the group, by id
 */
export function familyFindings({ closure, attempts, children = [] }: StoredClosure, accounts: readonly string[], { stored, ledgers, clockErrorMs = 0 }: Remains, found: Found): void {
  const ledger = ledgers[closure.account.provider] ?? [];
  const closesOf = (id: string): LedgerEntry[] => ledger.filter(({ operation, accountId }) => operation === 'close' && accountId === id);
  const [own] = closesOf(closure.account.id);
  for (const account of accounts) {
    const closes = closesOf(account);
    if (!closure.includeAccounts) {
      if (closes.length > 0) found('NOT_ASKED', `its account ${account} was to be closed, and only the group was asked for.`);
      continue;
    }
    const effective = closes.find(({ effect }) => effect);
    const child = stored.find((one) => one.closure.account.id === account && children.includes(one.closure.id));
    // A request that the books have in the right order may have left before anybody knew that it was one.
    const onItsWayAt = child?.events.find(({ to }) => to === 'CLOSING' || to === 'CLOSED')?.at ?? Infinity;
    if (attempts.some(({ markedAt }) => markedAt + clockErrorMs < onItsWayAt)) found('ORDER', `a close request was marked before the closure of account ${account} was on its way.`);
    if (own && (!effective || ledger.indexOf(own) < ledger.indexOf(effective))) found('ORDER', `a close request left before account ${account} was on its way.`);
    if (closure.status !== 'CLOSED') continue;
    if (!effective) found('LOST', `CLOSED, and its account ${account} was not closed.`);
    if (child?.closure.status !== 'CLOSED') found('LOST', `CLOSED, and the closure of its account ${account} is ${child?.closure.status ?? 'missing'}.`);
  }
}
