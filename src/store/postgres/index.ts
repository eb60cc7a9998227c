import type { CheckpointSigner } from '../../domain/audit-checkpoint';
import type { Closure, ClosureEvent } from '../../domain/closure';
import type { Clock } from '../../ports/clock';
import type { WebhookEvent } from '../../ports/provider';
import type {
  Alongside,
  AttemptAnswer,
  ClosureChange,
  ClosureStore,
  EventOutcome,
  Forgettable,
  ListFilter,
  NotNow,
  RecordResult,
  StoreNews,
  VisibleTo,
} from '../../ports/store';
import { IllegalWrite } from '../errors';
import { News } from '../news';
import { closureFromRow, type Row } from '../rows';
import { takeCensus } from './census';
import { sealCheckpoint } from './checkpoints';
import { DatabaseClock } from './clock';
import type { Driver, Query } from './driver';
import { Group, type WriteResult } from './group';
import * as inbox from './inbox';
import { migrate } from './migrate';
import { openedOr } from './opening';
import { PgDriver } from './pg-driver';
import { prune } from './prune';
import * as reads from './reads';
import { assertDurable, prepareSession } from './session';
import { changeWrite, lateAnswerWrite, recordWrite } from './writes';

/** How long a write that is alone may wait for a lock, and one that others wait with. */
const ALONE_WAITS = '5s';
const TOGETHER_WAIT = '100ms';
/** SQLSTATEs of the database's own functions: a bug of the caller; a record that must look again. */
const ILLEGAL_WRITE = 'GW001';
const STALE = 'GW002';

export interface OpenPostgresStore {
  store: ClosureStore;
  /** The database's clock: the one for everything that is stored. */
  clock: Clock;
}

export interface PostgresOptions {
  /** How often the database is asked for its time, ms. Default: 10 s. */
  askTimeEveryMs?: number;
}

/**
 * Opens the store in a PostgreSQL database, beside any number of other processes.
 * @param url postgres://user:password@host:port/database, with libpq's parameters
 * @throws StoreUnreachable when the database cannot be reached or takes no writes
 * @throws StoreNotDurable when the database does not keep a durability setting
 * @throws StoreTooNew when a newer gateway has migrated the database
 */
export async function openPostgresStore(url: string, options: PostgresOptions = {}): Promise<OpenPostgresStore> {
  const driver = new PgDriver(url, prepareSession);
  return await openedOr(driver, () => openOnDriver(driver, assertDurable, options));
}

/**
 * {@link openPostgresStore} on any client; whether the database is durable is the client's to know.
 * @param assertFit asked by every ping whether the database is still what it was when its connections were made
 */
export async function openOnDriver(
  driver: Driver,
  assertFit: (query: Query) => Promise<void> = async () => {},
  { askTimeEveryMs }: PostgresOptions = {},
): Promise<OpenPostgresStore> {
  await migrate(driver);
  const clock = await DatabaseClock.start(driver.query, askTimeEveryMs);
  const store = new PostgresStore(driver, clock, assertFit);
  try {
    await store.listen();
    return { store, clock };
  } catch (error) {
    clock.stop();
    throw error;
  }
}

/** Writes to closures go through the group commit; everything else is a statement of its own. */
class PostgresStore implements ClosureStore {
  readonly #driver: Driver;
  readonly #clock: DatabaseClock;
  readonly #assertFit: (query: Query) => Promise<void>;
  readonly #group: Group;
  readonly #news = new News();
  #closing: Promise<void> | undefined;

  constructor(driver: Driver, clock: DatabaseClock, assertFit: (query: Query) => Promise<void>) {
    this.#driver = driver;
    this.#clock = clock;
    this.#assertFit = assertFit;
    this.#group = new Group(async (writes, alone) => {
      const [row] = await driver.query('SELECT gateway_write($1, $2) AS results', [JSON.stringify(writes), alone ? ALONE_WAITS : TOGETHER_WAIT]);
      return row?.results as WriteResult[];
    });
  }

  listen(): Promise<void> {
    return this.#driver.listen(
      ['closure_changed', 'closure_due'],
      (channel, id) => this.#news.tell(channel === 'closure_changed' ? { kind: 'changed', id } : { kind: 'due' }),
      () => this.#news.tell({ kind: 'missed' }),
    );
  }

  async record(closure: Closure, event: ClosureEvent, leaseMs: number, alongside: Alongside = {}): Promise<RecordResult> {
    const { provider } = closure.account;
    const value = await this.#write(recordWrite(closure, event, leaseMs, alongside), `${closure.tenant} ${provider} ${closure.lockKey}`);
    const { kind, closure: row } = value as { kind: RecordResult['kind']; closure: Row };
    return kind === 'stale' ? { kind } : { kind, closure: closureFromRow(row) };
  }

  async commit(change: ClosureChange): Promise<Closure | null> {
    const row = (await this.#write(changeWrite(change), change.id)) as Row | null;
    return row && closureFromRow(row);
  }

  async recordLateAnswer(id: string, answer: AttemptAnswer): Promise<void> {
    await this.#write(lateAnswerWrite(id, answer), id);
  }

  async #write(write: object, order: string): Promise<unknown> {
    const result = await this.#group.run(write, order);
    if ('value' in result) return result.value;
    if (result.code === STALE) return { kind: 'stale' };
    if (result.code === ILLEGAL_WRITE) throw new IllegalWrite(result.detail, result.message);
    throw Object.assign(new Error(`The database refused a write: ${result.message}`), { code: result.code });
  }

  claimDue(limit: number, leaseMs: number, notNow?: NotNow) {
    return reads.claimDueClosures(this.#driver.query, limit, leaseMs, notNow);
  }

  nextDueAt(notNow?: NotNow) {
    return reads.nextDue(this.#driver.query, notNow);
  }

  onNews(listener: (news: StoreNews) => void) {
    return this.#news.listen(listener);
  }

  keepEvents(provider: string, events: readonly WebhookEvent[], receivedAt: number) {
    return inbox.keepEvents(this.#driver.query, provider, events, receivedAt);
  }

  claimEvents(limit: number, leaseMs: number) {
    return inbox.claimEvents(this.#driver.query, limit, leaseMs);
  }

  settleEvent(provider: string, id: string, outcome: EventOutcome) {
    return inbox.settleEvent(this.#driver.query, provider, id, outcome);
  }

  prune(what: Forgettable, limit: number) {
    return prune(this.#driver.query, what, limit);
  }

  census(most: number) {
    return takeCensus(this.#driver.query, most);
  }

  sealCheckpoint(limit: number, signer: CheckpointSigner) {
    return sealCheckpoint(this.#driver.query, limit, signer);
  }

  closures(tenant: string, ids: readonly string[], visibleTo?: VisibleTo) {
    return reads.closuresById(this.#driver.query, tenant, ids, visibleTo);
  }

  byIdempotencyKey(tenant: string, subject: string, key: string) {
    return reads.closureByKey(this.#driver.query, tenant, subject, key);
  }

  byLockKey(tenant: string, provider: string, lockKey: string) {
    return reads.closureByLockKey(this.#driver.query, tenant, provider, lockKey);
  }

  newestOfAccount(provider: string, lockKey: string) {
    return reads.newestClosuresOfAccount(this.#driver.query, provider, lockKey);
  }

  newestByRef(tenant: string, refs: readonly string[], visibleTo?: VisibleTo) {
    return reads.newestClosuresByRef(this.#driver.query, tenant, refs, visibleTo);
  }

  list(tenant: string, filter: ListFilter, limit: number, after: string | null) {
    return reads.listClosures(this.#driver.query, tenant, filter, limit, after);
  }

  requestedAt(tenant: string, subject: string | null, place: number) {
    return reads.requestedAt(this.#driver.query, tenant, subject, place);
  }

  attempts(id: string) {
    return reads.attemptsOf(this.#driver.query, id);
  }

  events(tenant: string, ids: readonly string[]) {
    return reads.eventsOf(this.#driver.query, tenant, ids);
  }

  reports(tenant: string, ids: readonly string[]) {
    return reads.reportsOf(this.#driver.query, tenant, ids);
  }

  accountRefs(tenant: string, ids: readonly string[]) {
    return reads.accountRefsOf(this.#driver.query, tenant, ids);
  }

  children(tenant: string, ids: readonly string[]) {
    return reads.childrenOf(this.#driver.query, tenant, ids);
  }

  parents(tenant: string, ids: readonly string[]) {
    return reads.parentsOf(this.#driver.query, tenant, ids);
  }

  providersSeen(tenant: string) {
    return reads.providersOf(this.#driver.query, tenant);
  }

  async ping() {
    await this.#assertFit(this.#driver.query);
    await this.#driver.query('INSERT INTO probe (id, at) VALUES (1, gateway_now()) ON CONFLICT (id) DO UPDATE SET at = excluded.at');
  }

  dispose() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#clock.stop();
    await this.#group.close();
    await this.#driver.close();
  }
}
