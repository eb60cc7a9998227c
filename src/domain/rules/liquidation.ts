import type { Closure, Liquidation } from '../closure';
import { isTerminal } from '../closure-status';
import { type ClosureErrorCode, isTransient } from '../error-code';
import type { LiquidationOutcome, Sale, SalesListed, SalesRead } from '../liquidation';
import type { Evidence, ReadFailed } from '../outcome';
import { errorOf, type Facts, type Next, type Situation, unchanged, type Verdict } from './situation';

/**
 * The sale of an account's positions beside its closing. It moves no status: a closing goes on whether or not the
 * positions are sold, and what becomes of the sale is told by the history, and by the error while it is in trouble.
 */

const GO_ON: Next = { kind: 'now' };
const BEING_FOUND_OUT = 'Whether the provider sells the positions is being found out.';

/** True for a request whose end is not known yet: it is followed whatever becomes of the closing. */
function isInFlight({ stage }: Liquidation): boolean {
  return stage === 'MARKED' || stage === 'ACCEPTED';
}

function isWanted({ liquidatePositions, account }: Closure, facts: Facts): boolean {
  return liquidatePositions && facts.sellableKinds.includes(account.kind);
}

/** When a closing that was just accepted is looked at next: a sale that is wanted is asked for in the same claim. */
export function afterAcceptance(closure: Closure, facts: Facts): Next {
  return isWanted(closure, facts) && closure.liquidation === null ? GO_ON : { kind: 'poll' };
}

/**
 * What is to be done about the sale now, if anything. The provider is asked to sell only while the account is closing,
 * and only after a look at its list: somebody else may have begun a sale.
 * @param resend true right after a list that allowed a request
 */
export function saleStep({ closure }: Situation, facts: Facts, resend: boolean): 'send' | 'list' | null {
  const { liquidation } = closure;
  if (!liquidation || !isInFlight(liquidation)) {
    if (closure.status !== 'CLOSING' || !isWanted(closure, facts)) return null;
    if (liquidation && !(liquidation.stage === 'WAITING' && facts.now >= liquidation.notBefore)) return null;
  }
  return resend ? 'send' : 'list';
}

/** The schedule of a closure with a sale: it ends no sooner than the sale, and is back when another request may leave. */
export function nextWithSale(next: Next, liquidation: Liquidation | null, dueAt: number | null, now: number): Next {
  if (!liquidation) return next;
  const { stage, notBefore } = liquidation;
  if (next.kind === 'never' && isInFlight(liquidation)) return { kind: dueAt !== null && dueAt > now ? 'asBefore' : 'poll' };
  const waits = (stage === 'MARKED' || stage === 'WAITING') && notBefore > now;
  return next.kind === 'poll' && waits ? { kind: 'poll', by: Math.min(next.by ?? notBefore, notBefore) } : next;
}

/**
 * How an answer to the request to sell is read.
 * @param left whether the newest mark is of this request; else it never left (no token)
 */
export function judgeSaleAnswer(situation: Situation, left: boolean, outcome: LiquidationOutcome, facts: Facts): Verdict {
  const begun = begunIn(situation);
  switch (outcome.kind) {
    case 'accepted':
      return taken(situation, outcome.sale, 'The provider sells the positions.');
    case 'rejected':
      if (isEarlierInDoubt(begun, left)) {
        return {
          set: { liquidation: { ...begun, notBefore: facts.now + facts.visibilityLagMs } },
          note: `Whether an earlier request began the sale of the positions is being found out. Asked again, the provider refused. ${outcome.message}`,
          next: GO_ON,
        };
      }
      return {
        set: { liquidation: over(begun, 'REFUSED'), ...trouble(situation, outcome.code, notSold(outcome.message), outcome) },
        note: notSold(outcome.message),
        next: GO_ON,
      };
    case 'notApplied': {
      if (!isEarlierInDoubt(begun, left)) return delayed(situation, begun, outcome, facts);
      const liquidation: Liquidation = { ...begun, notBefore: facts.now + (outcome.retryAfterMs ?? 0) };
      return { set: { liquidation, ...trouble(situation, outcome.code, outcome.message, outcome) }, next: GO_ON };
    }
    case 'unknown': {
      const notBefore = Math.max(begun.notBefore, facts.now + (outcome.retryAfterMs ?? 0));
      const message = `${outcome.detail} ${BEING_FOUND_OUT}`;
      return {
        set: { liquidation: { ...begun, notBefore }, ...trouble(situation, 'OUTCOME_UNKNOWN', message, outcome) },
        note: `Whether the provider sells the positions is not known. ${outcome.detail}`,
        next: GO_ON,
      };
    }
  }
}

/** The closing goes on: without these words a refused sale would look like a refused closing. */
function notSold(why: string): string {
  return `The positions are not sold. ${why}`;
}

/** An answer proves something of its own request alone: one before it that is in doubt stays so, and is looked for in the list. */
function isEarlierInDoubt({ doubtSince, markedAt }: Liquidation, left: boolean): boolean {
  return doubtSince !== undefined && !(left && doubtSince === markedAt);
}

/** Nothing was begun, and it is tried again. The history has it once: the closing may end before the sale is asked for. */
function delayed(situation: Situation, begun: Liquidation, cause: Omit<ReadFailed, 'ok'>, facts: Facts): Verdict {
  const { doubtSince: _withoutEffect, ...rest } = begun;
  const liquidation: Liquidation = { ...rest, stage: 'WAITING', notBefore: facts.now + (cause.retryAfterMs ?? 0), delayTold: true };
  return {
    set: { liquidation, ...trouble(situation, cause.code, cause.message, cause) },
    note: begun.delayTold ? undefined : `The positions are not sold so far. ${cause.message}`,
    next: GO_ON,
  };
}

/** How the provider's list of the account's sales is read. */
export function judgeSales(situation: Situation, read: SalesRead, facts: Facts): Verdict {
  if (!read.ok) return unlisted(situation, read, facts);
  const { listTrouble, ...begun } = begunIn(situation);
  const verdict = judgeList({ ...situation, closure: { ...situation.closure, liquidation: begun } }, read, facts);
  if (!listTrouble || verdict.set.liquidation?.listTrouble) return verdict;
  const error = begun.stage === 'MARKED' ? trouble(situation, 'OUTCOME_UNKNOWN', BEING_FOUND_OUT, read) : trouble(situation, null);
  return { ...verdict, set: { liquidation: begun, ...error, ...verdict.set } };
}

function judgeList(situation: Situation, read: SalesListed, facts: Facts): Verdict {
  const begun = begunIn(situation);
  switch (begun.stage) {
    case 'ACCEPTED': {
      const sale = read.sales.find(({ id }) => id === begun.id);
      if (sale && sale.state !== 'UNKNOWN') return followed(situation, sale, read);
      // It may not be visible yet.
      if (!sale && facts.now < begun.notBefore) return unchanged(GO_ON);
      const message = sale ? 'The provider has a word for the state of the sale that is not documented.' : "The provider's list does not have the sale of the positions any more.";
      return unlisted(situation, { ok: false, code: 'PROVIDER_PROTOCOL_ERROR', message }, facts);
    }
    case 'MARKED': {
      const sale = ours(begun, read.sales, facts);
      return sale ? taken(situation, sale, 'The provider sells the positions: its answer was lost, and its list shows the sale.') : notListed(situation, read, facts);
    }
    default: {
      const sale = newest(read.sales.filter(({ state }) => state === 'OPEN'));
      return sale ? taken(situation, sale, 'The provider sells the positions: a sale was under way already.') : { set: {}, next: GO_ON, resend: true };
    }
  }
}

/**
 * The list says nothing of the sale. It is read again; what does not pass by itself is told, and there is an end to it:
 * for a request in doubt the horizon, and for a sale that is known one as long after the end of its closing.
 */
function unlisted(situation: Situation, failure: ReadFailed, facts: Facts): Verdict {
  const begun = begunIn(situation);
  const listTrouble = isTransient(failure.code) ? undefined : failure.code;
  if (begun.stage === 'WAITING') return delayed(situation, { ...begun, listTrouble }, failure, facts);
  if (facts.now >= endOf(situation, facts)) return givenUp(situation, 'What became of the sale of the positions could not be found out.', failure);
  if (!listTrouble) return unchanged(GO_ON);
  return { set: { liquidation: { ...begun, listTrouble }, ...trouble(situation, failure.code, failure.message, failure) }, next: GO_ON };
}

/** When a sale of which nothing is heard is given up, epoch ms. */
function endOf(situation: Situation, { horizonMs }: Facts): number {
  const { status, statusSince } = situation.closure;
  const { stage, markedAt, doubtSince = markedAt } = begunIn(situation);
  if (isTerminal(status)) return Math.max(statusSince, markedAt) + horizonMs;
  return stage === 'MARKED' ? doubtSince + horizonMs : Infinity;
}

function givenUp(situation: Situation, message: string, evidence: Evidence): Verdict {
  return {
    set: { liquidation: over(begunIn(situation), 'GIVEN_UP'), ...trouble(situation, 'MANUAL_INTERVENTION_REQUIRED', message, evidence) },
    note: message,
    next: GO_ON,
  };
}

function newest(sales: readonly Sale[]): Sale | undefined {
  return sales.toSorted((a, b) => b.requestedAt - a.requestedAt)[0];
}

/**
 * The sale that a request in doubt began. The list has no key to tell it by, so that a sale counts that was asked for
 * since the first mark; the provider's clock may be behind by as much as its reads. One that is cancelled is passed
 * over: whether it was ours is seen from the answer to the same key.
 */
function ours({ doubtSince = 0 }: Liquidation, sales: readonly Sale[], { visibilityLagMs }: Facts): Sale | undefined {
  return newest(sales.filter(({ state, requestedAt }) => state !== 'CANCELLED' && requestedAt >= doubtSince - visibilityLagMs));
}

/** Long enough after the last request this proves it without effect; a sale is then asked for again, under the same key. */
function notListed(situation: Situation, read: SalesListed, facts: Facts): Verdict {
  const { closure } = situation;
  const begun = begunIn(situation);
  if (facts.now < begun.notBefore) return unchanged(GO_ON);
  if (closure.status !== 'CLOSING' || !isWanted(closure, facts)) {
    const { doubtSince: _withoutEffect, ...rest } = begun;
    return { set: { liquidation: { ...rest, stage: 'WAITING' } }, note: 'The provider shows no sale of the positions.', next: GO_ON };
  }
  if (facts.now < (begun.doubtSince ?? begun.markedAt) + facts.horizonMs) return { set: {}, next: GO_ON, resend: true };
  return givenUp(situation, 'The provider was asked to sell the positions, gave no usable answer and shows no sale.', read);
}

/** The provider took the request; that the sale is over already may be known as well. */
function taken(situation: Situation, sale: Sale, note: string): Verdict {
  const { doubtSince: _answered, ...begun } = begunIn(situation);
  const liquidation: Liquidation = { ...begun, stage: 'ACCEPTED', id: sale.id, providerStatus: sale.providerStatus };
  const accepted: Verdict = { set: { liquidation, ...trouble(situation, null) }, note, next: GO_ON };
  const now = followed({ ...situation, closure: { ...situation.closure, liquidation } }, sale, {});
  return now.note ? { ...now, set: { ...accepted.set, ...now.set }, note: `${note} ${now.note}` } : accepted;
}

function followed(situation: Situation, { state, providerStatus }: Sale, evidence: Evidence): Verdict {
  const begun = begunIn(situation);
  switch (state) {
    case 'OPEN':
      return { set: { liquidation: { ...begun, providerStatus } }, next: GO_ON };
    case 'SETTLED':
      return { set: { liquidation: { ...over(begun, 'SETTLED'), providerStatus } }, note: 'The positions are sold, and the sale is settled.', next: GO_ON };
    case 'CANCELLED': {
      const message = 'The provider cancelled the sale of the positions.';
      return {
        set: { liquidation: { ...over(begun, 'CANCELLED'), providerStatus }, ...trouble(situation, 'ACCOUNT_STATE_CONFLICT', message, evidence) },
        note: message,
        next: GO_ON,
      };
    }
    case 'UNKNOWN':
      return unchanged(GO_ON);
  }
}

function begunIn({ closure }: Situation): Liquidation {
  if (!closure.liquidation) throw new Error(`Closure ${closure.id} has no sale that could be judged.`);
  return closure.liquidation;
}

function over({ doubtSince: _settled, listTrouble: _ended, ...begun }: Liquidation, stage: Liquidation['stage']): Liquidation {
  return { ...begun, stage };
}

/** While the account is closing, the trouble with its sale is the closure's; later the history alone has it. */
function trouble(situation: Situation, code: null): Verdict['set'];
function trouble(situation: Situation, code: ClosureErrorCode, message: string, evidence: Evidence): Verdict['set'];
function trouble(situation: Situation, code: ClosureErrorCode | null, message = '', evidence: Evidence = {}): Verdict['set'] {
  const { status, error } = situation.closure;
  // The same trouble again is no news.
  if (status !== 'CLOSING' || (code && error?.code === code && error.message === message)) return {};
  return { error: code && errorOf(situation, code, message, evidence) };
}
