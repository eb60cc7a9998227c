import { inOrder } from '../blocker';
import { mayBeApplied } from '../closure';
import type { AccountSeen } from '../outcome';
import { errorOf, type Facts, giveUp, horizonOf, isPastHorizon, type Next, type Situation, type Verdict } from './situation';

/** A refusal that a read explains; with a request of ours in doubt it is only the last trouble. */
export function refusedByState(
  situation: Situation,
  code: 'ACCOUNT_ALREADY_CLOSED' | 'ACCOUNT_STATE_CONFLICT' | 'CLOSURE_BLOCKED' | 'PROVIDER_PROTOCOL_ERROR',
  message: string,
  read: AccountSeen,
  facts: Facts,
): Verdict {
  const { closure, attempts } = situation;
  // The undocumented refusal is the last request; this read settles it.
  const own = closure.pendingRead === 'UNDOCUMENTED' ? attempts.at(-1) : undefined;
  const doubt = attempts.some((attempt) => attempt !== own && mayBeApplied(attempt));
  const stored = closure.pendingRead ? closure.error : null;
  const error = errorOf(
    situation,
    code,
    message,
    { providerErrors: stored?.providerErrors ?? read.providerErrors, requestId: stored?.providerRequestId ?? read.requestId },
    { blockers: inOrder(read.blockers.filter(({ stage }) => stage === 'REQUEST')) },
  );
  if (doubt) {
    const next: Next = { kind: 'retry', by: horizonOf(situation, facts.horizonMs) ?? undefined };
    const pendingRead = own ? closure.pendingRead : null;
    return isPastHorizon(situation, facts)
      ? giveUp(situation, 'A refusal could not be explained, and an earlier request is in doubt.')
      : { set: { status: 'UNCONFIRMED', error, pendingRead }, detail: message, next };
  }
  return {
    set: { status: 'REJECTED', error, pendingRead: null, blockers: error.blockers },
    findings: own ? [{ number: own.number, effect: 'REFUSED' }] : undefined,
    detail: message,
    next: { kind: 'never' },
  };
}
