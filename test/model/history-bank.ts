import type { AccountRef } from '../../src/domain/account';
import type { AccountRead, AccountState, CloseOutcome } from '../../src/domain/outcome';
import type { CloseRequest, CloseSend } from '../../src/ports/provider';
import { ScriptedProvider, seen } from '../support/scripted-provider';
import type { Tally } from './tally';
import type { VirtualTime } from './virtual';

export const DEADLINE_MS = 15_000;
export const LAG_MS = 30_000;

/** What becomes of a close request. */
export const ANSWER_FATES = [
  'lost on its way',
  'answer lost',
  'arrives after its sender gave up',
  'answer held back',
  'refused',
  'throttled',
  'token refused',
  'conflict',
  'undocumented',
  'out of service',
  'out of service, and done',
] as const;
export type AnswerFate = (typeof ANSWER_FATES)[number];
export const READ_FATES = ['as it was', 'failed', 'not found', 'unknown word'] as const;
export type ReadFate = (typeof READ_FATES)[number];

interface Received {
  closureId: string;
  fate: AnswerFate | undefined;
  /** It took effect, and nobody undid that since. */
  inEffect: boolean;
  /** A person took it upon themselves to have the closure sent again. */
  setAside: boolean;
}

export interface BankAccount {
  state: AccountState;
  before: { state: AccountState; until: number }[];
  requests: Received[];
  events: { kind: 'closing' | 'closed' | 'changed'; at: number }[];
  everClosed: boolean;
  reopenings: number;
}

const LOST: CloseOutcome = { kind: 'unknown', detail: 'The connection broke.' };
const WITHOUT_EFFECT: Partial<Record<AnswerFate, CloseOutcome>> = {
  'lost on its way': LOST,
  refused: { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST', message: 'x' },
  throttled: { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'x', retryAfterMs: 5_000 },
  'token refused': { kind: 'authFailed' },
  conflict: { kind: 'conflict', documented: true },
  undocumented: { kind: 'conflict', documented: false },
  'out of service': { kind: 'unavailable' },
};

/** A bank that keeps its own books, and misbehaves as a history tells it to. */
export class HistoryBank extends ScriptedProvider {
  readonly books = new Map<string, BankAccount>();
  readonly answerFates: AnswerFate[] = [];
  readonly readFates: ReadFate[] = [];
  /** Requests that arrive before time passes, and answers that come when they are let go. */
  #onTheirWay: (() => void)[] = [];
  #held: (() => void)[] = [];
  /** What the gateway did that it never may. */
  readonly wrongs: string[] = [];

  constructor(
    private readonly time: VirtualTime,
    private readonly sync: boolean,
    private readonly tally: Tally,
  ) {
    super({ visibilityLagMs: LAG_MS, alreadyClosedDistinct: sync, outcomeSources: ['RESPONSE', 'POLL', 'WEBHOOK'] });
  }

  /** It keeps somebody waiting for an answer. */
  get isBusy(): boolean {
    return this.#held.length > 0;
  }

  account(id: string): BankAccount {
    const known = this.books.get(id);
    if (known) return known;
    const fresh: BankAccount = { state: 'OPEN', before: [], requests: [], events: [], everClosed: false, reopenings: 0 };
    this.books.set(id, fresh);
    return fresh;
  }

  override async requestClosure(request: CloseRequest, send: CloseSend): Promise<CloseOutcome> {
    await send.beforeFirstByte();
    const account = this.account(request.account.id);
    const fate = this.answerFates.shift();
    this.tally.add(`request: ${fate ?? 'dealt with'}`);
    const received: Received = { closureId: request.closureId, fate, inEffect: false, setAside: false };
    this.#watch(account, received);
    account.requests.push(received);
    const nothing = fate && WITHOUT_EFFECT[fate];
    if (nothing) return nothing;
    if (fate === 'arrives after its sender gave up') {
      this.#onTheirWay.push(() => this.#carryOut(account, received));
      return LOST;
    }
    const answer = this.#carryOut(account, received);
    if (fate === 'answer lost') return LOST;
    if (fate === 'out of service, and done') return { kind: 'unavailable' };
    if (fate === 'answer held back') await new Promise<void>((resolve) => this.#held.push(resolve));
    return answer;
  }

  override async readAccount(ref?: AccountRef): Promise<AccountRead> {
    const { state, before } = this.account(ref?.id ?? '');
    const fate = this.readFates.shift();
    this.tally.add(`read: ${fate ?? state}`);
    switch (fate) {
      case 'as it was':
        return seen(before.find(({ until }) => until + LAG_MS > this.time.now())?.state ?? state);
      case 'failed':
        return { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'x' };
      case 'not found':
        return seen('NOT_FOUND');
      case 'unknown word':
        return seen('UNKNOWN');
      case undefined:
        return seen(state);
    }
  }

  /** A person wants the closure sent again, whatever became of its requests so far. */
  setAside(id: string): void {
    for (const { requests } of this.books.values()) for (const one of requests) one.setAside ||= one.closureId === id;
  }

  /** To be called before time passes: no request is on its way for longer than its deadline. */
  arrive(): void {
    for (const arrival of this.#onTheirWay.splice(0)) arrival();
  }

  letGo(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  /** The account's state changes; whose doing that is is the caller's to say. */
  become(account: BankAccount, state: AccountState): void {
    const at = this.time.now();
    account.before.push({ state: account.state, until: at });
    account.state = state;
    account.everClosed ||= state === 'CLOSED';
    account.events.push({ kind: state === 'CLOSED' ? 'closed' : state === 'CLOSING' ? 'closing' : 'changed', at });
    if (state !== 'OPEN') return;
    account.reopenings += 1;
    for (const request of account.requests) request.inEffect = false;
  }

  #carryOut(account: BankAccount, received: Received): CloseOutcome {
    if (account.state === 'OPEN') {
      this.become(account, this.sync ? 'CLOSED' : 'CLOSING');
      received.inEffect = true;
      return { kind: this.sync ? 'closed' : 'accepted' };
    }
    if (this.sync) return { kind: 'alreadyClosed' };
    return account.state === 'CLOSING' ? { kind: 'accepted' } : { kind: 'conflict', documented: true };
  }

  /** A request whose work is done, and of which the bank says so to whoever reads, is not sent again. */
  #watch({ requests }: BankAccount, { closureId }: Received): void {
    const earlier = requests.filter((one) => one.closureId === closureId && !one.setAside && one.fate !== 'out of service, and done');
    if (this.#onTheirWay.length > 0 && earlier.at(-1)?.fate === 'arrives after its sender gave up') {
      this.wrongs.push('A request left while an earlier one could still arrive.');
    }
    if (!this.sync && earlier.some(({ inEffect }) => inEffect)) this.wrongs.push('A request left after an earlier one had taken effect.');
  }
}
