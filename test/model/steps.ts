import * as fc from 'fast-check';
import { ANSWER_FATES, type AnswerFate, READ_FATES, type ReadFate } from './history-bank';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** One thing that happens. `which` counts the closures, or the account's events, from the newest. */
export type Step =
  | { do: 'close'; account: string; key: number }
  | { do: 'answer'; fate: AnswerFate }
  | { do: 'read'; fate: ReadFate }
  | { do: 'wait'; ms: number }
  | { do: 'crash' }
  | { do: 'let go' | 'complete' | 'close outside' | 'reopen'; account: string }
  | { do: 'webhook'; account: string; which: number }
  | { do: 'cancel' | 'refresh'; which: number }
  | { do: 'resolve'; which: number; outcome: 'CLOSED' | 'REJECTED' | 'FAILED' | 'RETRY' };

const account = fc.constantFrom('acc-0', 'acc-1');
const key = fc.nat({ max: 6 });
const which = fc.nat({ max: 3 });
const outcome = fc.constantFrom('CLOSED' as const, 'REJECTED' as const, 'FAILED' as const, 'RETRY' as const);
const ms = fc.constantFrom(1_000, 20_000, MINUTE, HOUR, 25 * HOUR);

const anything: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('close' as const), account, key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), fate: fc.constantFrom(...ANSWER_FATES) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), fate: fc.constantFrom(...READ_FATES) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), ms }) },
  { weight: 2, arbitrary: fc.constant({ do: 'crash' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('let go' as const, 'complete' as const, 'close outside' as const, 'reopen' as const), account }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('webhook' as const), account, which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cancel' as const, 'refresh' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resolve' as const), which, outcome }) },
);

const LONG_SINCE: Step[] = [{ do: 'wait', ms: HOUR }, { do: 'wait', ms: HOUR }];
const UNREADABLE: Step[] = Array.from({ length: 4 }, () => ({ do: 'read', fate: 'not found' }));

/** What chance alone hardly ever puts in this order; whatever else happens, happens before and after it. */
const scene: fc.Arbitrary<Step[]> = fc
  .record({ account, key, outcome, wait: ms, what: fc.constantFrom('withdrawn', 'on a desk', 'on a desk', 'reopened', 'told', 'cut off', 'late', 'in doubt, and withdrawn') })
  .map((one): Step[] => {
    const close: Step = { do: 'close', account: one.account, key: one.key };
    const wait: Step = { do: 'wait', ms: one.wait };
    const tell: Step = { do: 'webhook', account: one.account, which: 0 };
    const complete: Step = { do: 'complete', account: one.account };
    switch (one.what) {
      case 'withdrawn':
        return [{ do: 'answer', fate: 'throttled' }, close, { do: 'cancel', which: 0 }];
      case 'in doubt, and withdrawn':
        return [{ do: 'answer', fate: 'out of service, and done' }, close, { do: 'cancel', which: 0 }];
      case 'on a desk':
        return [{ do: 'answer', fate: 'lost on its way' }, close, ...UNREADABLE, { do: 'wait', ms: 25 * HOUR }, { do: 'resolve', which: 0, outcome: one.outcome }];
      case 'reopened':
        return [close, complete, ...LONG_SINCE, { do: 'reopen', account: one.account }, tell, wait, ...LONG_SINCE];
      case 'told':
        return [{ do: 'answer', fate: 'answer lost' }, close, tell, complete, tell, wait];
      case 'cut off':
        return [{ do: 'answer', fate: 'answer held back' }, close, { do: 'crash' }, wait, { do: 'let go', account: one.account }];
      default:
        return [{ do: 'answer', fate: 'answer held back' }, close, wait, { do: 'let go', account: one.account }];
    }
  });

const steps = fc
  .array(fc.oneof({ weight: 4, arbitrary: anything.map((step): Step[] => [step]) }, { weight: 2, arbitrary: scene }), { minLength: 1, maxLength: 20, size: 'max' })
  .map((parts) => parts.flat());

/** A random history of the gateway and of one bank, synchronous or not. */
export const historyArbitrary = fc.record({ sync: fc.boolean(), seed: fc.nat(), steps });
export interface History {
  sync: boolean;
  seed: number;
  steps: Step[];
}
