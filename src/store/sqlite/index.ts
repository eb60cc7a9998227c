import { join } from 'node:path';
import type { CheckpointSigner } from '../../domain/audit-checkpoint';
import type { Closure, ClosureEvent } from '../../domain/closure';
import type { Clock } from '../../ports/clock';
import type { WebhookEvent } from '../../ports/provider';
import type { Alongside, AttemptAnswer, ClosureChange, ClosureStore, EventOutcome, Forgettable, ListFilter, NotNow, StoreNews, VisibleTo } from '../../ports/store';
import { changedBy, childrenChangedBy, News } from '../news';
import { takeCensus } from './census';
import { sealCheckpoint } from './checkpoints';
import { childrenOf, parentsOf } from './children';
import { DATABASE_FILE, prepareDataFolder } from './data-folder';
import { type Database, openDurableDatabase } from './database';
import { type FolderLock, LOCK_FILE, lockFolder } from './folder-lock';
import { GroupCommit } from './group-commit';
import * as inbox from './inbox';
import { migrate } from './migrate';
import { refuseMoved } from './moved';
import { prune } from './prune';
import * as reads from './reads';
import * as writes from './writes';

export interface SqliteStoreOptions {
  /** A folder on a local disk; made when it is missing. */
  dataDir: string;
  /** Leases and due times are measured on it. */
  clock: Clock;
}

/**
 * Opens the embedded store, alone: the folder is this process's until `dispose`, and claims of the process that
 * had it before are void.
 * @throws StoreUnwritable when the folder or its files cannot be made or written
 * @throws StoreLocked when another process has the folder
 * @throws StoreNotDurable when SQLite does not keep a durability setting
 * @throws StoreTooNew when a newer gateway has migrated the database
 * @throws StoreMoved when its closures were copied to another store
 */
export async function openSqliteStore({ dataDir, clock }: SqliteStoreOptions): Promise<ClosureStore> {
  const databaseFile = join(dataDir, DATABASE_FILE);
  prepareDataFolder(dataDir, [databaseFile, join(dataDir, LOCK_FILE)]);
  const lock = lockFolder(dataDir, clock.now());
  try {
    refuseMoved(dataDir);
    return openUnderLock(databaseFile, clock, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openUnderLock(databaseFile: string, clock: Clock, lock: FolderLock): ClosureStore {
  const db = openDurableDatabase(databaseFile);
  try {
    migrate(db);
    writes.voidLeases(db);
    inbox.voidEventLeases(db);
    return new SqliteStore(db, clock, lock);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Writes go through the group commit; reads go to the database at once. */
class SqliteStore implements ClosureStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #lock: FolderLock;
  readonly #group: GroupCommit;
  readonly #news = new News();
  #disposed = false;

  constructor(db: Database, clock: Clock, lock: FolderLock) {
    this.#db = db;
    this.#clock = clock;
    this.#lock = lock;
    this.#group = new GroupCommit(db);
  }

  async record(closure: Closure, event: ClosureEvent, leaseMs: number, alongside: Alongside = {}) {
    const result = await this.#group.run(() => writes.recordClosure(this.#db, this.#clock.now(), closure, event, leaseMs, alongside));
    const { also, children = [] } = alongside;
    if (result.kind === 'recorded') this.#news.tellChanged([closure.id, ...(also ? changedBy(also) : []), ...childrenChangedBy(children)]);
    return result;
  }

  async commit(change: ClosureChange) {
    const closure = await this.#group.run(() => writes.commitChange(this.#db, this.#clock.now(), change));
    if (closure) this.#news.tellChanged(changedBy(change));
    return closure;
  }

  onNews(listener: (news: StoreNews) => void) {
    return this.#news.listen(listener);
  }

  recordLateAnswer(id: string, answer: AttemptAnswer) {
    return this.#group.run(() => writes.keepLateAnswer(this.#db, this.#clock.now(), id, answer));
  }

  claimDue(limit: number, leaseMs: number, notNow?: NotNow) {
    return this.#group.run(() => writes.claimDueClosures(this.#db, this.#clock.now(), limit, leaseMs, notNow));
  }

  keepEvents(provider: string, events: readonly WebhookEvent[], receivedAt: number) {
    return this.#group.run(() => inbox.keepEvents(this.#db, provider, events, receivedAt));
  }

  claimEvents(limit: number, leaseMs: number) {
    return this.#group.run(() => inbox.claimEvents(this.#db, this.#clock.now(), limit, leaseMs));
  }

  settleEvent(provider: string, id: string, outcome: EventOutcome) {
    return this.#group.run(() => inbox.settleEvent(this.#db, provider, id, outcome));
  }

  prune(what: Forgettable, limit: number) {
    return this.#group.run(() => prune(this.#db, what, limit));
  }

  sealCheckpoint(limit: number, signer: CheckpointSigner) {
    return this.#group.run(() => sealCheckpoint(this.#db, this.#clock.now(), limit, signer));
  }

  ping() {
    return this.#group.run(() => writes.writeProbe(this.#db, this.#clock.now()));
  }

  async nextDueAt(notNow?: NotNow) {
    return reads.nextDue(this.#db, notNow);
  }

  async closures(tenant: string, ids: readonly string[], visibleTo?: VisibleTo) {
    return reads.closuresById(this.#db, tenant, ids, visibleTo);
  }

  async byIdempotencyKey(tenant: string, subject: string, key: string) {
    return reads.closureByKey(this.#db, tenant, subject, key);
  }

  async byLockKey(tenant: string, provider: string, lockKey: string) {
    return reads.closureByLockKey(this.#db, tenant, provider, lockKey);
  }

  async newestOfAccount(provider: string, lockKey: string) {
    return reads.newestClosuresOfAccount(this.#db, provider, lockKey);
  }

  async newestByRef(tenant: string, refs: readonly string[], visibleTo?: VisibleTo) {
    return reads.newestClosuresByRef(this.#db, tenant, refs, visibleTo);
  }

  async list(tenant: string, filter: ListFilter, limit: number, after: string | null) {
    return reads.listClosures(this.#db, tenant, filter, limit, after);
  }

  async requestedAt(tenant: string, subject: string | null, place: number) {
    return reads.requestedAt(this.#db, tenant, subject, place);
  }

  async attempts(id: string) {
    return reads.attemptsOf(this.#db, id);
  }

  async events(tenant: string, ids: readonly string[]) {
    return reads.eventsOf(this.#db, tenant, ids);
  }

  async reports(tenant: string, ids: readonly string[]) {
    return reads.reportsOf(this.#db, tenant, ids);
  }

  async accountRefs(tenant: string, ids: readonly string[]) {
    return reads.accountRefsOf(this.#db, tenant, ids);
  }

  async children(tenant: string, ids: readonly string[]) {
    return childrenOf(this.#db, tenant, ids);
  }

  async parents(tenant: string, ids: readonly string[]) {
    return parentsOf(this.#db, tenant, ids);
  }

  async providersSeen(tenant: string) {
    return reads.providersOf(this.#db, tenant);
  }

  async census(most: number) {
    return takeCensus(this.#db, this.#clock.now(), most);
  }

  async dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#group.close();
    this.#db.close();
    this.#lock.release();
  }
}
