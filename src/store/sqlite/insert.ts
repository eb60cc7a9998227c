import { type ChainedEntry, nextEntry, startOfChain } from '../../domain/audit-chain';
import type { Closure, ClosureEvent } from '../../domain/closure';
import { CLOSURE_COLUMN_LIST } from '../columns';
import type { Database } from './database';
import { addIdentifier } from './identifiers';
import { toSql } from './rows';

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
  const entry = nextEntry(startOfChain(closure), closure.id, event);
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
