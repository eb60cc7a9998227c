import { isBeingSent, mayBeApplied } from '../closure';
import { isTerminal, isToBeSent } from '../closure-status';
import { judgeRead } from './read';
import type { Facts, Situation, Verdict } from './situation';

/** What a verified event says of an account's closing. */
export interface News {
  kind: 'closing' | 'closed' | 'changed';
  /** When it happened, epoch ms. */
  at: number;
  /** With `closed`: the provider's word for that, raw. */
  providerStatus?: string;
}

/**
 * What news makes of the newest closure of the account.
 * - a verdict: of this closure;
 * - `own`: somebody else closes the account after this closure ended: a closure of its own;
 * - null: nothing, for it was so already, or cannot be meant.
 */
export type NewsVerdict = { verdict: Verdict } | 'own' | null;

/** A webhook settles what waits and never reopens: whatever is not a closing triggers a read at most. */
export function judgeNews(situation: Situation, news: News, facts: Facts): NewsVerdict {
  const { closure } = situation;
  if (closure.status === 'CLOSED') {
    return news.kind === 'changed' && facts.canRead ? { verdict: { set: {}, next: { kind: 'now' } } } : null;
  }
  if (isTerminal(closure.status)) return news.kind !== 'changed' && news.at >= othersSince(situation, facts) ? 'own' : null;
  if (closure.announceOnly) return null;
  if (news.kind === 'changed') return lookAgain(situation, facts);
  if (news.kind === 'closing' && closure.status === 'CLOSING' && closure.closingSeenAt !== null) return null;
  // A word of a closing account is shown beside its blockers alone, of which the news says nothing; see visibility.ts.
  const seen = news.kind === 'closed' ? ({ state: 'CLOSED', providerStatus: news.providerStatus } as const) : ({ state: 'CLOSING' } as const);
  // The news leaves what reads showed; before the request has left, the blockers are what it waits for.
  const blockers = isToBeSent(closure.status) ? [] : closure.blockers;
  const { set, ...verdict } = judgeRead(situation, { ok: true, ...seen, blockers, aliases: [] }, facts);
  const { blockersUnknown: _notSeen, ...told } = set;
  return { verdict: { ...verdict, set: told } };
}

/**
 * From when on a closing is another one than the ended closure knew of, epoch ms. Where none of its requests had an effect,
 * they may have been refused because of that very closing, which reads did not show yet.
 */
function othersSince({ closure, attempts }: Situation, { visibilityLagMs }: Facts): number {
  const knewOfOne = closure.closedAt !== null || closure.closingSeenAt !== null || closure.error?.code === 'ACCOUNT_ALREADY_CLOSED' || attempts.some(mayBeApplied);
  return knewOfOne ? closure.statusSince : closure.requestedAt - visibilityLagMs;
}

/** Work on a request that is being sent is not disturbed for the sake of a look. */
function lookAgain({ closure, attempts }: Situation, facts: Facts): NewsVerdict {
  return facts.canRead && closure.status !== 'REQUESTED' && !isBeingSent(attempts, facts.now) ? { verdict: { set: {}, next: { kind: 'now' } } } : null;
}
