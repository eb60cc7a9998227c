import type { Closure, Liquidation } from '../closure';
import type { ClosureErrorCode } from '../error-code';
import type { LiquidationOutcome, Sale, SalesRead } from '../liquidation';
import type { Evidence } from '../outcome';
import { errorOf, type Facts, type Next, type Situation, unchanged, type Verdict } from './situation';

/**
 * The sale of an account's positions beside its closing. It moves no status: a closing goes on whether or not the
 * positions are sold, and what becomes of the sale is told by the history, and by the error while it is in trouble.
 */

const GO_ON: Next = { kind: 'now' };

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
 * What is to be done about the sale now, if anything. The provider is asked to sell only while the account is closing.
 * @param resend true right after a list that allowed another request
 */
export function saleStep({ closure }: Situation, facts: Facts, resend: boolean): 'send' | 'list' | null {
  if (!isWanted(closure, facts)) return null;
  const { liquidation } = closure;
  if (liquidation && isInFlight(liquidation)) return resend ? 'send' : 'list';
  if (closure.status !== 'CLOSING') return null;
  return !liquidation || (liquidation.stage === 'WAITING' && facts.now >= liquidation.notBefore) ? 'send' : null;
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
      return {
        set: { liquidation: over(begun, 'REFUSED'), ...trouble(situation, outcome.code, outcome.message, outcome) },
        note: `The positions are not sold. ${outcome.message}`,
        next: GO_ON,
      };
    case 'notApplied': {
      const { doubtSince, ...rest } = begun;
      // It proves something of itself alone: a request before it that is in doubt is listed again first.
      const inDoubt = doubtSince !== undefined && !(left && doubtSince === begun.markedAt);
      const notBefore = facts.now + (outcome.retryAfterMs ?? 0);
      const liquidation: Liquidation = inDoubt ? { ...begun, notBefore } : { ...rest, stage: 'WAITING', notBefore };
      return { set: { liquidation, ...trouble(situation, outcome.code, outcome.message, outcome) }, next: GO_ON };
    }
    case 'unknown': {
      const notBefore = Math.max(begun.notBefore, facts.now + (outcome.retryAfterMs ?? 0));
      const message = `${outcome.detail} Whether the provider sells the positions is being found out.`;
      return {
        set: { liquidation: { ...begun, notBefore }, ...trouble(situation, 'OUTCOME_UNKNOWN', message, outcome) },
        note: `Whether the provider sells the positions is not known. ${outcome.detail}`,
        next: GO_ON,
      };
    }
  }
}

/** How the provider's list of the account's sales is read. */
export function judgeSales(situation: Situation, read: SalesRead, facts: Facts): Verdict {
  if (!read.ok) return unchanged(GO_ON);
  const begun = begunIn(situation);
  if (begun.stage === 'ACCEPTED') {
    const sale = read.sales.find(({ id }) => id === begun.id);
    return sale ? followed(situation, sale, read) : unchanged(GO_ON);
  }
  const sale = ours(begun, read.sales, facts);
  return sale ? taken(situation, sale, 'The provider sells the positions: its answer was lost, and its list shows the sale.') : notListed(situation, read, facts);
}

/**
 * The sale that a request in doubt began. The list has no key to tell it by, so that a sale counts that was asked for
 * since the first mark; the provider's clock may be behind by as much as its reads. One that is cancelled is passed
 * over: whether it was ours is seen from the answer to the same key.
 */
function ours({ doubtSince = 0 }: Liquidation, sales: readonly Sale[], { visibilityLagMs }: Facts): Sale | undefined {
  const since = sales.filter(({ state, requestedAt }) => state !== 'CANCELLED' && requestedAt >= doubtSince - visibilityLagMs);
  return since.toSorted((a, b) => b.requestedAt - a.requestedAt)[0];
}

/** Long enough after the last request this proves it without effect; a sale is then asked for again, under the same key. */
function notListed(situation: Situation, read: Evidence, facts: Facts): Verdict {
  const { closure } = situation;
  const begun = begunIn(situation);
  if (facts.now < begun.notBefore) return unchanged(GO_ON);
  if (closure.status !== 'CLOSING') {
    const { doubtSince: _withoutEffect, ...rest } = begun;
    return { set: { liquidation: { ...rest, stage: 'WAITING' } }, note: 'The provider shows no sale of the positions.', next: GO_ON };
  }
  if (facts.now < (begun.doubtSince ?? begun.markedAt) + facts.horizonMs) return { set: {}, next: GO_ON, resend: true };
  const message = 'The provider was asked to sell the positions, gave no usable answer and shows no sale.';
  return {
    set: { liquidation: over(begun, 'REFUSED'), ...trouble(situation, 'MANUAL_INTERVENTION_REQUIRED', message, read) },
    note: message,
    next: GO_ON,
  };
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

function over({ doubtSince: _settled, ...begun }: Liquidation, stage: Liquidation['stage']): Liquidation {
  return { ...begun, stage };
}

/** While the account is closing, the trouble with its sale is the closure's; later the history alone has it. */
function trouble(situation: Situation, code: null): Verdict['set'];
function trouble(situation: Situation, code: ClosureErrorCode, message: string, evidence: Evidence): Verdict['set'];
function trouble(situation: Situation, code: ClosureErrorCode | null, message = '', evidence: Evidence = {}): Verdict['set'] {
  if (situation.closure.status !== 'CLOSING') return {};
  return { error: code && errorOf(situation, code, message, evidence) };
}
