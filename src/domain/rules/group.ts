import type { Blocker } from '../blocker';
import type { Closure } from '../closure';
import { type ClosureErrorCode, retryAdvice } from '../error-code';
import type { ReadFailed } from '../outcome';
import { errorOf, type Facts, type Situation, type Verdict } from './situation';

/** The closing of a group that includes its accounts: the group's own request leaves only when nothing of them holds it up. */

/** An account that the provider closes, or has closed: nothing more is to be done for it. */
export function isOnItsWay({ status, error }: Closure): boolean {
  return status === 'CLOSING' || status === 'CLOSED' || (status === 'REJECTED' && error?.code === 'ACCOUNT_ALREADY_CLOSED');
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
export function judgeChildren(situation: Situation, children: readonly Closure[]): Verdict | null {
  const refused = children.filter(isRefused);
  if (refused.length > 0) {
    const blockers = [openAccounts(refused, 'Accounts of the group were not closed; the closure of each says why.', 'HOLDER')];
    const error = errorOf(situation, 'CLOSURE_BLOCKED', 'An account of the group could not be closed.', {}, { blockers });
    return { set: { status: 'REJECTED', error, blockers }, detail: error.message, next: { kind: 'never' } };
  }
  const waiting = children.filter((child) => !isOnItsWay(child) && !isVoid(child));
  return waiting.length > 0 ? waitFor(waiting) : null;
}

/** The group waits for the closings of these accounts. */
export function waitFor(children: readonly Closure[]): Verdict {
  return { set: { blockers: [openAccounts(children, 'The accounts of the group are closed first.', 'TIME')], error: null }, next: { kind: 'retry' } };
}

/** Nothing of the accounts is in the way: the group's own request may leave in this claim. */
export const ALL_ON_THEIR_WAY: Verdict = { set: { blockers: [] }, next: { kind: 'now' }, resend: true };

/**
 * The accounts of the group could not be listed. That there is no such group is for the close request to say, once
 * the list has missed it for longer than reads lag behind: a group must not be closed without its accounts.
 */
export function judgeUnlisted(situation: Situation, failure: ReadFailed, facts: Facts): Verdict {
  const { code, message, retryAfterMs } = failure;
  if (code === 'ACCOUNT_NOT_FOUND') {
    const { notFoundSince } = situation.closure;
    if (notFoundSince !== null && facts.now >= notFoundSince + facts.visibilityLagMs) return ALL_ON_THEIR_WAY;
    const since = notFoundSince ?? facts.now;
    return { set: { notFoundSince: since }, next: { kind: 'retry', by: since + facts.visibilityLagMs } };
  }
  const error = errorOf(situation, code, message, failure);
  return isFinal(code)
    ? { set: { status: 'REJECTED', error }, detail: message, next: { kind: 'never' } }
    : { set: { error }, next: { kind: 'retry', afterMs: retryAfterMs } };
}

function isFinal(code: ClosureErrorCode): boolean {
  return retryAdvice(code) === 'AFTER_CHANGE';
}

function openAccounts(children: readonly Closure[], message: string, resolvableBy: 'TIME' | 'HOLDER'): Blocker {
  return {
    code: 'OPEN_CHILD_ACCOUNTS',
    message,
    stage: 'REQUEST',
    resolvableBy,
    selfResolving: resolvableBy === 'TIME',
    relatedIds: children.map(({ account }) => account.id).toSorted(),
  };
}
