import type { Closure, ClosureEvent } from '../../domain/closure';
import { CLOSURE_COLUMN_LIST, type Column } from '../columns';
import type { Database, SqlValue } from './database';
import { addIdentifier } from './identifiers';

const INSERT_CLOSURE = (() => {
  const names = [...CLOSURE_COLUMN_LIST.map(([, column]) => column.name), 'provider', 'lease_until'];
  return `INSERT INTO closure (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
})();

/**
 * Adds a closure with its account's name and its first event.
 * @param leaseUntil the end of its recorder's claim, epoch ms; null: nobody has it
 */
export function insertClosure(db: Database, closure: Closure, event: ClosureEvent, leaseUntil: number | null): void {
  const { account, lockKey } = closure;
  const values = CLOSURE_COLUMN_LIST.map(([property, column]) => toSql(column, closure[property]));
  db.run(INSERT_CLOSURE, [...values, account.provider, leaseUntil]);
  addIdentifier(db, closure, { account, lockKey });
  insertEvent(db, closure.id, event);
}

/** Adds the next line of a closure's history. */
export function insertEvent(db: Database, closureId: string, event: ClosureEvent): void {
  db.run(
    `INSERT INTO closure_event
       (closure_id, seq, from_status, to_status, at, cause, detail, actor, correlation_id, provider_request_id)
     VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM closure_event WHERE closure_id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
    [
      closureId,
      event.from,
      event.to,
      event.at,
      event.cause,
      event.detail,
      event.actor,
      event.correlationId,
      event.providerRequestId,
    ],
  );
}

/** `value` must be a value of the property that the column keeps. */
export function toSql(column: Column, value: unknown): SqlValue {
  if (column.kind === 'flag') return value ? 1 : 0;
  if (column.kind === 'json' && value !== null) return JSON.stringify(value);
  return value as SqlValue;
}
