import { type ChainedEntry, nextEntry, startOfChain } from '../../domain/audit-chain';
import type { Closure, ClosureEvent } from '../../domain/closure';
import { CLOSURE_COLUMN_LIST, type Column } from '../columns';
import { storableTexts } from '../text';
import type { Database, SqlValue } from './database';
import { addIdentifier } from './identifiers';

const INSERT_CLOSURE = (() => {
  const names = [...CLOSURE_COLUMN_LIST.map(([, column]) => column.name), 'provider', 'lease_until', 'audit_head', 'audit_count'];
  return `INSERT INTO closure (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
})();

/**
 * Adds a closure with its account's name and its first event.
 * @param leaseUntil the end of its recorder's claim, epoch ms; null: nobody has it
 */
export function insertClosure(db: Database, closure: Closure, event: ClosureEvent, leaseUntil: number | null): void {
  const { account, lockKey } = closure;
  const values = CLOSURE_COLUMN_LIST.map(([property, column]) => toSql(column, closure[property]));
  const entry = nextEntry(startOfChain(storableTexts(closure)), closure.id, storableTexts(event));
  db.run(INSERT_CLOSURE, [...values, account.provider, leaseUntil, entry.hash, entry.seq]);
  addIdentifier(db, closure, { account, lockKey });
  insertEntry(db, entry);
}

/** Adds the next line of a closure's history. Its hash becomes the head of the closure's chain in the same commit. */
export function insertEntry(db: Database, entry: ChainedEntry): void {
  db.run(
    `INSERT INTO closure_event
       (closure_id, seq, from_status, to_status, at, cause, detail, actor, correlation_id, provider_request_id, evidence, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      entry.closureId,
      entry.seq,
      entry.from,
      entry.to,
      entry.at,
      entry.cause,
      entry.detail,
      entry.actor,
      entry.correlationId,
      entry.providerRequestId,
      entry.evidence,
      entry.hash,
    ],
  );
}

/** `value` must be a value of the property that the column keeps. */
export function toSql(column: Column, value: unknown): SqlValue {
  if (column.kind === 'flag') return value ? 1 : 0;
  if (column.kind === 'json' && value !== null) return JSON.stringify(value);
  return value as SqlValue;
}
