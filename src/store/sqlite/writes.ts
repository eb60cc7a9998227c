import { nextEntry } from '../../domain/audit-chain';
import type { Closure, ClosureEvent, ClosureReport } from '../../domain/closure';
import { canBecome, type ClosureStatus, isTerminal } from '../../domain/closure-status';
import type { Alongside, AttemptAnswer, ChildClosure, Claimed, ClosureChange, RecordResult } from '../../ports/store';
import { CLOSURE_COLUMNS } from '../columns';
import { IllegalWrite } from '../errors';
import { attemptFromRow, chainHeadFromRow, closureFromRow } from '../rows';
import { storableTexts } from '../text';
import { insertMark, keepAnswer } from './attempts';
import { addChildren, wakeParents } from './children';
import type { Database, SqlValue } from './database';
import { NOBODY, NOT_AMONG, providersWithDue } from './due';
import { addIdentifier, isNewest, liveHolder, releaseIdentifiers } from './identifiers';
import { insertClosure, insertEntry, toSql } from './insert';

/**
 * The store's writes. Each is synchronous and runs in a savepoint of a group commit: where it throws, or gives
 * `stale` or null, it has left nothing behind. `now` is epoch ms on the store's clock.
 */

/** A claim's first fence: the recorder's. */
const FIRST_FENCE = 1;

/** See ClosureStore.record. */
export function recordClosure(
  db: Database,
  now: number,
  closure: Closure,
  event: ClosureEvent,
  leaseMs: number,
  { also, children = [], newest }: Alongside = {},
): RecordResult {
  const { tenant, subject, idempotencyKey, account, lockKey } = closure;
  if (idempotencyKey !== null) {
    const [row] = db.all('SELECT * FROM closure WHERE tenant = ? AND subject = ? AND idempotency_key = ?', [
      tenant,
      subject,
      idempotencyKey,
    ]);
    if (row) return { kind: 'keyTaken', closure: closureFromRow(row) };
  }
  const holder = liveHolder(db, tenant, account.provider, lockKey);
  if (holder !== undefined) {
    const [row] = db.all('SELECT * FROM closure WHERE id = ?', [holder]);
    return { kind: 'accountTaken', closure: closureFromRow(row!) };
  }
  if (newest !== undefined && !isNewest(db, closure, newest)) return { kind: 'stale' };
  const changes = [...(also ? [also] : []), ...alsoOf(children)];
  if (!changes.every((change) => holds(db, change))) return { kind: 'stale' };
  for (const change of changes) commitChange(db, now, change);
  const recorded = { ...closure, fence: FIRST_FENCE };
  insertClosure(db, recorded, event, now + leaseMs);
  addChildren(db, closure.id, children);
  return { kind: 'recorded', closure: recorded };
}

/**
 * See ClosureStore.commit.
 * @param writerId the closure whose change this one is a part of; null: it stands alone
 */
export function commitChange(db: Database, now: number, change: ClosureChange, writerId: string | null = null): Closure | null {
  const { id, guard, set } = change;
  const guardColumn = 'fence' in guard ? 'fence' : 'version';
  const guardValue = 'fence' in guard ? guard.fence : guard.version;
  const [before] = db.all(`SELECT status, audit_head, audit_count FROM closure WHERE id = ? AND ${guardColumn} = ?`, [id, guardValue]);
  const alsoChanged = [...(change.also ?? []), ...alsoOf(change.children ?? [])];
  if (!before || !alsoChanged.every((also) => holds(db, also))) return null;
  for (const also of alsoChanged) commitChange(db, now, also, id);
  const from = before.status as ClosureStatus;
  if (set.status && set.status !== from && !canBecome(from, set.status)) {
    throw new IllegalWrite(id, `${from} cannot become ${set.status}`);
  }
  const { assignments, values } = assignmentsFor(change, now);
  const entry = change.event && nextEntry(chainHeadFromRow(before), id, storableTexts(change.event));
  if (entry) {
    assignments.push('audit_head = ?', 'audit_count = ?');
    values.push(entry.hash, entry.seq);
  }
  const [row] = db.all(`UPDATE closure SET ${assignments.join(', ')} WHERE id = ? AND ${guardColumn} = ? RETURNING *`, [
    ...values,
    id,
    guardValue,
  ]);
  const closure = closureFromRow(row!);
  if (isTerminal(closure.status) && !isTerminal(from)) releaseIdentifiers(db, id);
  if (change.mark) insertMark(db, id, change.mark);
  for (const answer of change.answers ?? []) keepAnswer(db, id, answer);
  for (const alias of change.aliases ?? []) addIdentifier(db, closure, alias);
  for (const report of change.reports ?? []) insertReport(db, id, report);
  addChildren(db, id, change.children ?? []);
  if (entry) insertEntry(db, entry);
  // Whoever waits for it waits no longer once it is closing.
  const settles = from === 'CLOSING' && closure.status === 'CLOSED';
  if (closure.status !== from && !settles) wakeParents(db, now, id, writerId);
  return closure;
}

function alsoOf(children: readonly ChildClosure[]): ClosureChange[] {
  return children.flatMap(({ also }) => (also ? [also] : []));
}

/** Nothing else writes in this turn, so what holds now holds for the whole of it. */
function holds(db: Database, { id, guard }: ClosureChange): boolean {
  const [column, value] = 'fence' in guard ? ['fence', guard.fence] : ['version', guard.version];
  return db.all(`SELECT 1 FROM closure WHERE id = ? AND ${column} = ?`, [id, value!]).length === 1;
}

function assignmentsFor(change: ClosureChange, now: number): { assignments: string[]; values: SqlValue[] } {
  const assignments: string[] = [];
  const values: SqlValue[] = [];
  for (const [property, value] of Object.entries(change.set)) {
    if (value === undefined) continue;
    const column = CLOSURE_COLUMNS[property as keyof Closure];
    assignments.push(`${column.name} = ?`);
    values.push(toSql(column, value));
  }
  assignments.push(`version = version + ${change.visible ? 1 : 0}`);
  const isClaimless = 'version' in change.guard;
  if (isClaimless) assignments.push('fence = fence + 1');
  if (isClaimless || change.lease === 'release') {
    assignments.push('lease_until = NULL');
  } else if (typeof change.lease === 'number') {
    assignments.push('lease_until = ?');
    values.push(now + change.lease);
  }
  return { assignments, values };
}

/**
 * See ClosureStore.recordLateAnswer. The write has no claim, so it raises the fence and the version: whoever decided
 * without this evidence, a worker or a person, must not go on.
 */
export function keepLateAnswer(db: Database, now: number, id: string, answer: AttemptAnswer): void {
  if (!keepAnswer(db, id, answer)) return;
  const [row] = db.all('SELECT status FROM closure WHERE id = ?', [id]);
  if (isTerminal(row!.status as ClosureStatus)) return;
  db.run('UPDATE closure SET due_at = ?, lease_until = NULL, fence = fence + 1, version = version + 1 WHERE id = ?', [now, id]);
}

/** See ClosureStore.claimDue. */
export function claimDueClosures(db: Database, now: number, limit: number, leaseMs: number, notNow = NOBODY): Claimed[] {
  const due = providersWithDue(db, notNow).flatMap((provider) => {
    const where = `provider = ? AND due_at <= ? AND (lease_until IS NULL OR lease_until <= ?) AND ${NOT_AMONG}`;
    const sql = `SELECT rowid AS row, due_at AS at FROM closure WHERE ${where} ORDER BY due_at LIMIT ?`;
    return db.all(sql, [provider, now, now, JSON.stringify(notNow.closures), limit]);
  });
  if (due.length === 0) return [];
  due.sort((one, other) => Number(one.at) - Number(other.at));
  const rows = db.all(
    'UPDATE closure SET fence = fence + 1, lease_until = ? WHERE rowid IN (SELECT value FROM json_each(?)) RETURNING *',
    [now + leaseMs, JSON.stringify(due.slice(0, limit).map(({ row }) => row))],
  );
  // RETURNING keeps no order.
  const claims = rows.map((row): Claimed => ({ closure: closureFromRow(row), attempts: [] }));
  claims.sort((a, b) => a.closure.dueAt! - b.closure.dueAt!);
  const byId = new Map(claims.map((claim) => [claim.closure.id, claim]));
  const attempts = db.all(
    'SELECT * FROM attempt WHERE closure_id IN (SELECT value FROM json_each(?)) ORDER BY closure_id, number',
    [JSON.stringify([...byId.keys()])],
  );
  for (const row of attempts) byId.get(row.closure_id as string)!.attempts.push(attemptFromRow(row));
  return claims;
}

/**
 * Ends every claim. At open, under the folder's lock, their workers are known to be gone.
 */
export function voidLeases(db: Database): void {
  db.run('UPDATE closure SET lease_until = NULL, fence = fence + 1 WHERE lease_until IS NOT NULL');
}

/** A write that changes nothing anybody reads, to see that one is possible. */
export function writeProbe(db: Database, now: number): void {
  db.run('INSERT INTO probe (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at', [now]);
}

/** A provider may report one document more than once. */
function insertReport(db: Database, closureId: string, report: ClosureReport): void {
  db.run('INSERT INTO closure_report (closure_id, id, type, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', [
    closureId,
    report.id,
    report.type,
    report.createdAt,
  ]);
}
