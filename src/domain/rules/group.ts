import { type Blocker, type BlockerResolver, MOST_RELATED } from '../blocker';
import { type Closure, mayBeApplied } from '../closure';
import { isToBeSent } from '../closure-status';
import { retryAdvice } from '../error-code';
import type { ReadFailed } from '../outcome';
import { isHold } from '../visibility';
import { errorOf, type Facts, horizonOf, type Next, type Situation, type Verdict } from './situation';

/** The closing of a group that includes its accounts: the group's own request leaves only when nothing of them holds it up. */


/** An account that the provider closes, or has closed. */
function isOnItsWay(child: Closure): boolean {
  return child.status === 'CLOSED' || isSettled(child);
}

/** Nothing more is to be done for the account, whatever a list that lags behind shows of it. */
export function isSettled({ status, error }: Closure): boolean {
  return status === 'CLOSING' || (status === 'REJECTED' && error?.code === 'ACCOUNT_ALREADY_CLOSED');
}

/** Over, and the account is open: it needs another closure. */
function isVoid({ status }: Closure): boolean {
  return status === 'REOPENED' || status === 'ANNOUNCED';
}

function isRefused(child: Closure): boolean {
  const over = child.status === 'REJECTED' || child.status === 'FAILED' || child.status === 'CANCELLED';
  return over && !isOnItsWay(child);
}

/** What the closings of the accounts make of the group's; null: none of them is in the way. */
export function judgeChildren(situation: Situation, children: readonly Closure[], facts: Facts): Verdict | null {
  if (!isToBeSent(situation.closure.status)) return null;
  const refused = children.filter(isRefused);
  if (refused.length > 0) return judgeRefused(situation, refused, facts);
  const waiting = children.filter((child) => !isOnItsWay(child) && !isVoid(child));
  return waiting.length > 0 ? waitFor(situation, waiting, facts) : null;
}

/** REJECTED needs every request of the group proven without effect; until then it is held back. */
function judgeRefused(situation: Situation, refused: readonly Closure[], facts: Facts): Verdict {
  const blockers = [openAccounts(refused, 'Accounts of the group were not closed; the closure of each says why.', resolutionOf(refused))];
  const message = 'An account of the group could not be closed. The closings of its other accounts go on.';
  const error = errorOf(situation, 'CLOSURE_BLOCKED', message, {}, { blockers });
  return situation.attempts.some(mayBeApplied)
    ? { set: { status: 'UNCONFIRMED', error, blockers }, detail: message, next: later(situation, facts) }
    : { set: { status: 'REJECTED', error, blockers }, detail: message, next: { kind: 'never' } };
}

/** The group waits for the closings of these accounts. */
function waitFor(situation: Situation, children: readonly Closure[], facts: Facts): Verdict {
  const { status } = situation.closure;
  return {
    set: { ...waitingFor(children), ...(status === 'REQUESTED' && { error: null }) },
    next: later(situation, facts),
  };
}

/** What a group's closure shows of the accounts that it waits for. */
export function waitingFor(children: readonly Closure[]): { blockers: Blocker[] } {
  const stuck = children.some(({ status }) => status === 'NEEDS_REVIEW');
  const asked = children.some(({ status }) => status === 'ACTION_REQUIRED');
  const others = asked ? 'HOLDER' : 'TIME';
  return { blockers: [openAccounts(children, 'The accounts of the group are closed first.', stuck ? 'PARTNER' : others)] };
}

/**
 * All accounts that are not closed are on their way, but for those that are recorded with this.
 * @param added of the accounts that the list showed besides those known
 */
export function judgeListed(situation: Situation, added: readonly Closure[], facts: Facts): Verdict {
  const listed = { accountsListed: true, notFoundSince: null };
  // On a group that is closing the blockers are what the provider's reads show.
  if (!isToBeSent(situation.closure.status)) return { set: listed, next: { kind: 'now' } };
  if (added.length === 0) return { set: { ...listed, blockers: [] }, next: { kind: 'now' } };
  const { set, next } = waitFor(situation, added, facts);
  return { set: { ...set, ...listed }, next };
}

/**
 * The accounts of the group could not be listed. That there is no such group is for the close request to say, once
 * the list has missed it for longer than reads lag behind: a group must not be closed without its accounts.
 */
export function judgeUnlisted(situation: Situation, failure: ReadFailed, facts: Facts): Verdict {
  const { closure, attempts } = situation;
  const { code, message, retryAfterMs } = failure;
  if (!isToBeSent(closure.status)) return { set: {}, next: { kind: 'now' } };
  // A group that was listed once exists, whatever a read says now.
  if (code === 'ACCOUNT_NOT_FOUND' && !closure.accountsListed) {
    const since = closure.notFoundSince ?? facts.now;
    if (facts.now > since && facts.now >= since + facts.visibilityLagMs) return { set: {}, next: { kind: 'now' } };
    return { set: { notFoundSince: since }, next: { ...later(situation, facts), by: since + facts.visibilityLagMs } };
  }
  // It waits for the list now, and for none of the accounts known so far.
  const set = { error: errorOf(situation, code, message, failure), blockers: [] };
  const final = retryAdvice(code) === 'AFTER_CHANGE' && code !== 'ACCOUNT_NOT_FOUND';
  return final && !attempts.some(mayBeApplied)
    ? { set: { ...set, status: 'REJECTED' }, detail: message, next: { kind: 'never' } }
    : { set, next: later(situation, facts, retryAfterMs) };
}

function later(situation: Situation, facts: Facts, afterMs?: number): Next & { kind: 'retry' } {
  return { kind: 'retry', afterMs, by: horizonOf(situation, facts.horizonMs) ?? undefined };
}

/** Who can do something about the refused accounts: whoever can about the first of what is in their way. */
function resolutionOf(refused: readonly Closure[]): BlockerResolver {
  const blockers = refused.flatMap(({ error }) => error?.blockers ?? []);
  const lasting = blockers.filter(({ selfResolving }) => !selfResolving);
  if (blockers.length > 0 && lasting.length === 0) return 'TIME';
  // A hold is not to be told by who could lift it.
  return lasting.some(isHold) ? 'PROVIDER' : (lasting[0]?.resolvableBy ?? 'PARTNER');
}

function openAccounts(children: readonly Closure[], message: string, resolvableBy: BlockerResolver): Blocker {
  const ids = children.map(({ account }) => account.id).toSorted();
  return {
    code: 'OPEN_CHILD_ACCOUNTS',
    message,
    stage: 'REQUEST',
    resolvableBy,
    selfResolving: resolvableBy === 'TIME',
    relatedIds: ids.slice(0, MOST_RELATED),
  };
}
