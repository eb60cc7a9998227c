import { OWN_ACCOUNTS, type OwnAccount } from './accounts';
import { type CloseAnswer, type Closure, type Eligibility, findClosure, readEligibility, requestClosing } from './api';
import type { ClosureStatus } from './generated/graphql';
import { forgetIntent, keepIntent, keptIntent, lastAccount, type Reason } from './memory';
import { watchClosure } from './watch';

/** What the page shows, in whatever language. */
export interface Shown {
  chosen: OwnAccount | null;
  isChecking: boolean;
  /** As it was found out last; "failed": no answer came. */
  eligibility: Eligibility | 'failed' | null;
  isSending: boolean;
  /** Why the last request recorded nothing; "no answer": it may have. */
  refusal: CloseAnswer['error'] | 'no answer';
  /** The one that is watched, as it is now. */
  closure: Closure | null;
}

const NOTHING: Omit<Shown, 'chosen'> = { isChecking: false, eligibility: null, isSending: false, refusal: null, closure: null };

/** Every status that is no outcome; there will be no others. */
const UNDER_WAY: ClosureStatus[] = ['SCHEDULED', 'REQUESTED', 'UNCONFIRMED', 'ACTION_REQUIRED', 'CLOSING', 'NEEDS_REVIEW'];

/** What came of the intent that is kept here; otherwise a closing that is under way from elsewhere, such as another device. */
async function closureOf({ key, account }: OwnAccount): Promise<string | null> {
  const kept = keptIntent(key);
  const own = kept && (await findClosure({ idempotencyKey: kept.idempotencyKey }));
  return own ?? findClosure({ account, status: UNDER_WAY });
}

/** What somebody does with the page, and what becomes of it. */
export class PageState {
  /** After a reload the page goes on where it was left. */
  shown: Shown = { chosen: OWN_ACCOUNTS.find(({ key }) => key === lastAccount.read()) ?? null, ...NOTHING };
  private stopWatching = () => {};
  /** Rises with each choice: an answer from before the last one is not shown. */
  private turn = 0;

  constructor(private readonly onChange: () => void) {}

  /** Shows how the account is being closed, or else what stands in the way of it. */
  async choose(chosen: OwnAccount): Promise<void> {
    const turn = (this.turn += 1);
    this.stopWatching();
    lastAccount.keep(chosen.key);
    this.show({ chosen, ...NOTHING, isChecking: true });
    const closureId = await closureOf(chosen).catch(() => null);
    if (this.turn !== turn) return;
    if (closureId) this.watch(closureId);
    else await this.check();
  }

  async check(): Promise<void> {
    const { chosen } = this.shown;
    const { turn } = this;
    if (!chosen) return;
    this.show({ isChecking: true });
    const eligibility = await readEligibility(chosen.account).catch(() => 'failed' as const);
    if (this.turn === turn) this.show({ isChecking: false, eligibility });
  }

  async close(reason: Reason): Promise<void> {
    const { chosen, isSending } = this.shown;
    const { turn } = this;
    if (!chosen || isSending) return;
    const { idempotencyKey } = keepIntent(chosen.key, reason);
    this.show({ isSending: true, refusal: null });
    const answer = await requestClosing({ idempotencyKey, account: chosen.account, reason }).catch(() => null);
    if (this.turn !== turn) return;
    if (answer?.closure) this.watch(answer.closure.id);
    else this.refuse(chosen, answer ? answer.error : 'no answer');
  }

  /** What was refused stays refused under its key: another attempt is another intent. */
  async startAgain(): Promise<void> {
    const { chosen } = this.shown;
    if (!chosen) return;
    forgetIntent(chosen.key);
    await this.choose(chosen);
  }

  private refuse({ key }: OwnAccount, refusal: Shown['refusal']): void {
    const mayBeRepeated = refusal === 'no answer' || refusal?.retry === 'SAFE_NOW';
    if (!mayBeRepeated) forgetIntent(key);
    this.show({ isSending: false, refusal });
  }

  private watch(closureId: string): void {
    this.stopWatching = watchClosure(closureId, (closure) => this.show({ isChecking: false, isSending: false, closure }));
  }

  private show(change: Partial<Shown>): void {
    this.shown = { ...this.shown, ...change };
    this.onChange();
  }
}
