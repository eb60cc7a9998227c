import type { BlockerCode, BlockerResolver, ClosureErrorCode, ClosureStatus, RetryAdvice } from '../generated/graphql';
import type { Reason } from '../memory';

/** Everything that the page says in one language. */
export interface Texts {
  page: Record<
    | 'title' | 'language' | 'whichAccount' | 'before' | 'checking' | 'canBeClosed' | 'cannotBeClosed' | 'notKnown' | 'checkAgain'
    | 'closing' | 'reasonLabel' | 'consent' | 'consentMissing' | 'send' | 'sending' | 'sendAgain' | 'noAnswer'
    | 'progress' | 'waitingFor' | 'notSeen' | 'history' | 'startAgain',
    string
  >;
  reason: Record<Reason, string>;
  status: Record<ClosureStatus, string>;
  /** What a status means for whoever waits. */
  statusNote: Record<ClosureStatus, string>;
  error: Record<ClosureErrorCode, string>;
  /** For an error of a code that came into being after this page was made. */
  errorByAdvice: Record<RetryAdvice, string>;
  blocker: Record<BlockerCode, string>;
  resolver: Record<BlockerResolver, string>;
}

/** Codes are an open list: a gateway that is newer than this page has more of them. */
function known(texts: Record<string, string>, code: string): string | undefined {
  return Object.hasOwn(texts, code) ? texts[code] : undefined;
}

/** What an error means. The gateway's `message` is for developers, and in English. */
export function errorText(texts: Texts, { code, retry }: { code: string; retry: RetryAdvice }): string {
  return known(texts.error, code) ?? texts.errorByAdvice[retry];
}

/** What stands in the way. */
export function blockerText(texts: Texts, code: string): string {
  return known(texts.blocker, code) ?? texts.blocker.OTHER;
}
