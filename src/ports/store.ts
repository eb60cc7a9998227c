import type { AccountRef } from '../domain/account';
import type { Checkpoint, CheckpointSigner } from '../domain/audit-checkpoint';
import type { BlockerCode } from '../domain/blocker';
import type { Attempt, AttemptEffect, Closure, ClosureEvent, ClosureProgress, ClosureReport } from '../domain/closure';
import type { ClosureStatus } from '../domain/closure-status';
import type { Evidence } from '../domain/outcome';
import type { Census } from './census';
import type { WebhookEvent } from './provider';

/**
 * The store port: closures, their attempts, history and identifiers, and the work queue in one place, so that
 * the intent, the audit entry and the due time change in the same commit. Every event is chained to the one before it
 * (see domain/audit-chain). A promise that resolves means durable:
 * it survives the process and the machine's power. A promise that rejects means the outcome is not known.
 */

/** Whose write it is: a worker's by its claim, anybody else's by what they saw. */
export type Guard = { fence: number } | { version: number };

/** The name of an account beside the one that the caller gave. */
export interface Alias {
  account: AccountRef;
  lockKey: string;
}

/** The answer to one close request. */
export interface AttemptAnswer {
  number: number;
  effect: AttemptEffect;
  /** Epoch ms. */
  answeredAt: number;
  /** Absent: what was stored stays. */
  evidence?: Evidence;
}

/** One atomic write to one closure. */
export interface ClosureChange {
  id: string;
  guard: Guard;
  set: Partial<ClosureProgress>;
  /**
   * True where a caller could see a difference: `version` rises by one. Book-keeping alone (due time, back-off)
   * leaves it.
   */
  visible: boolean;
  event?: ClosureEvent;
  /** A new attempt, whose number is one above the highest. */
  mark?: Attempt;
  /** A definite answer is replaced by nothing but SET_ASIDE. */
  answers?: AttemptAnswer[];
  aliases?: Alias[];
  reports?: ClosureReport[];
  /** Closures that this one waits for from now on. */
  children?: ChildClosure[];
  /** Changes to other closures that must hold in the same commit. */
  also?: ClosureChange[];
  /**
   * What becomes of the claim. `keep` leaves it; a number renews it for so many ms from now on the store's clock;
   * `release` ends it. A write guarded by version always ends it and raises the fence.
   */
  lease: 'keep' | 'release' | number;
}

/**
 * The closing of one account of a group. Where another live closure has the account already, that one is linked
 * and this one is not recorded.
 */
export interface ChildClosure {
  /** Recorded without a claim. */
  closure: Closure;
  event: ClosureEvent;
  /** A change to an earlier closure of the account that must hold in the same commit. */
  also?: ClosureChange;
}

/** What is recorded together with a closure, in one commit. */
export interface Alongside {
  /** A change to another closure. */
  also?: ClosureChange;
  children?: ChildClosure[];
  /**
   * The newest closure of the account as the recorder saw it, see {@link ClosureStore.byLockKey}; null: none. With
   * another one in the store by now, or that one in another status, it is `stale`: the account may be closed since.
   */
  newest?: Pick<Closure, 'id' | 'status'> | null;
}

export type RecordResult =
  | { kind: 'recorded'; closure: Closure }
  /** The (tenant, subject, idempotency key) is bound to this closure. */
  | { kind: 'keyTaken'; closure: Closure }
  /** This live closure has the account, by its own or by another of its identifiers. */
  | { kind: 'accountTaken'; closure: Closure }
  /** An `also`, or `newest`, did not match any more; nothing was written. */
  | { kind: 'stale' };

/** What a worker leaves alone for now. */
export interface NotNow {
  /** Closures that it works on already, whatever became of their leases. */
  closures: readonly string[];
  /** Providers that have their share of its room. */
  providers: readonly string[];
}

/** A closure claimed for work, with what is needed to decide the next step. */
export interface Claimed {
  closure: Closure;
  attempts: Attempt[];
}

/** A verified webhook event; it is kept before its delivery is answered, and after it was applied. */
export interface InboxEvent extends WebhookEvent {
  provider: string;
  /** Epoch ms. */
  receivedAt: number;
}

/**
 * - APPLIED: it changed a closure, or what it says was so already.
 * - IGNORED: nothing about a closing, or about no account that is known here.
 * - UNREADABLE: it could not be read; kept for inspection.
 */
export type EventOutcome = 'APPLIED' | 'IGNORED' | 'UNREADABLE';

/** What the store may forget: times are epoch ms, exclusive. */
export interface Forgettable {
  /** Idempotency keys of closures that are in a terminal status since before. */
  keysBefore: number;
  /** Settled webhook events received before; see EventOutcome. */
  eventsBefore: number;
  /** Those of them that could not be read. */
  unreadableBefore: number;
}

/** A checkpoint that was made now. */
export interface SealedCheckpoint extends Checkpoint {
  /** How many it lists. */
  closures: number;
}

export interface ListFilter {
  status?: ClosureStatus[];
  provider?: string;
  /** A closure reference; other identifiers of the account count too. */
  accountRef?: string;
  /** Any of them. */
  blocker?: BlockerCode[];
  key?: { subject: string; idempotencyKey: string };
  /** Epoch ms, exclusive. */
  requestedAfter?: number;
  updatedAfter?: number;
  /** In its status since before, epoch ms, exclusive. */
  statusBefore?: number;
  visibleTo?: VisibleTo;
}

/** Only what this subject asked for, and the closures of these accounts; other identifiers count too. */
export interface VisibleTo {
  subject: string;
  accountRefs: readonly string[];
}

/**
 * - changed: a closure has a new version, or a new line in its history.
 * - due: another process made a closure due that nobody has claimed.
 * - missed: some news may not have come; from now on they do.
 */
export type StoreNews = { kind: 'changed'; id: string } | { kind: 'due' } | { kind: 'missed' };

export interface ClosureStore {
  /**
   * Records a new closure, claimed by its recorder for `leaseMs`, with its first event and with what must hold in
   * the same commit. The idempotency key is looked at before the account.
   */
  record(closure: Closure, event: ClosureEvent, leaseMs: number, alongside?: Alongside): Promise<RecordResult>;
  /**
   * The closure after the change, or null when its guard, or that of an `also`, no longer matched and nothing was
   * written. A closure that moves ends the claims on those that wait for it and have no request on its way, and makes
   * those due that no provider put off; where CLOSING becomes CLOSED, nobody waits.
   */
  commit(change: ClosureChange): Promise<Closure | null>;
  /**
   * Keeps an answer that came after its worker lost the claim: evidence of that attempt only. An attempt that has
   * an answer keeps it. A closure that is not terminal becomes due at once, so that the evidence is weighed; its fence and
   * version rise, so that nobody's write stands that was decided without it.
   */
  recordLateAnswer(id: string, answer: AttemptAnswer): Promise<void>;
  /** Claims up to `limit` closures that are due and not claimed, the longest due first. */
  claimDue(limit: number, leaseMs: number, notNow?: NotNow): Promise<Claimed[]>;
  /** When the next unclaimed closure is due or the next claim runs out, epoch ms; null: nothing waits. */
  nextDueAt(notNow?: NotNow): Promise<number | null>;
  /**
   * Calls the listener after each commit, whichever process made it, until the function given back is called. News come
   * soon, may come more than once, and may be missed: they say where to look, and nothing more.
   */
  onNews(listener: (news: StoreNews) => void): () => void;
  /** By id, in the order asked; null: unknown, of another tenant, or not to be seen. */
  closures(tenant: string, ids: readonly string[], visibleTo?: VisibleTo): Promise<(Closure | null)[]>;
  byIdempotencyKey(tenant: string, subject: string, key: string): Promise<Closure | null>;
  /** The newest closure of the account behind the lock key, live or not, by any of its identifiers. */
  byLockKey(tenant: string, provider: string, lockKey: string): Promise<Closure | null>;
  /** The newest closure, of those that may be seen, for each closure reference, in the order asked, other identifiers included. */
  newestByRef(tenant: string, refs: readonly string[], visibleTo?: VisibleTo): Promise<(Closure | null)[]>;
  /** Newest first (by id, descending); `after` is the id to start behind. */
  list(tenant: string, filter: ListFilter, limit: number, after: string | null): Promise<Closure[]>;
  /**
   * When the newest but so many of the closures was requested that the subject asked for, epoch ms; null: there are fewer.
   * @param subject null: anybody of the tenant, providers left out
   * @param place 1 for the newest
   */
  requestedAt(tenant: string, subject: string | null, place: number): Promise<number | null>;
  attempts(id: string): Promise<Attempt[]>;
  /** Oldest first, for each closure in the order asked. */
  events(tenant: string, ids: readonly string[]): Promise<ClosureEvent[][]>;
  reports(tenant: string, ids: readonly string[]): Promise<ClosureReport[][]>;
  /** By what closure references each closure's account is known, the one that the caller gave among them. */
  accountRefs(tenant: string, ids: readonly string[]): Promise<string[][]>;
  /** The closures that each one waits for, oldest first, in the order asked. */
  children(tenant: string, ids: readonly string[]): Promise<Closure[][]>;
  /** The newest closure that waits for each one, in the order asked; null: none. */
  parents(tenant: string, ids: readonly string[]): Promise<(Closure | null)[]>;
  /** The newest closure of the account in each tenant, by any of its identifiers. */
  newestOfAccount(provider: string, lockKey: string): Promise<Closure[]>;
  /** Keeps the events of one delivery in one commit. An event that is there already stays as it is. */
  keepEvents(provider: string, events: readonly WebhookEvent[], receivedAt: number): Promise<void>;
  /** Claims up to `limit` events that are not settled, those received first. */
  claimEvents(limit: number, leaseMs: number): Promise<InboxEvent[]>;
  settleEvent(provider: string, id: string, outcome: EventOutcome): Promise<void>;
  /**
   * Forgets up to `limit` keys and up to `limit` events, and says how many. A closure without its key is otherwise as
   * it was, its version included; a later use of the key is a new request.
   */
  prune(what: Forgettable, limit: number): Promise<{ keys: number; events: number }>;
  /** Ids of the providers that have closures of this tenant, sorted. */
  providersSeen(tenant: string): Promise<string[]>;
  /** Cheap enough for every scrape of the metrics. Backlogs are counted up to `most`. */
  census(most: number): Promise<Census>;
  /**
   * Makes the next audit checkpoint over up to `limit` closures that got entries since they were last in one; null:
   * there are none. Stores that several processes share make one at a time.
   */
  sealCheckpoint(limit: number, signer: CheckpointSigner): Promise<SealedCheckpoint | null>;
  /** Rejects when the store cannot take a write. */
  ping(): Promise<void>;
  /** Waits for what is under way, then lets go of files, locks and connections. */
  dispose(): Promise<void>;
}
