import type { ChainedEntry, ChainHead } from '../../domain/audit-chain';
import type { Attempt, Closure, ClosureEvent, ClosureReport } from '../../domain/closure';
import { CLOSURE_COLUMN_LIST, type Column } from '../columns';
import type { SqlRow, SqlValue } from './database';

/** Between the domain's objects and SQLite's rows. What is read back was written here, so it is not checked again. */

/** `value` must be a value of the property that the column keeps. */
export function toSql(column: Column, value: unknown): SqlValue {
  if (column.kind === 'flag') return value ? 1 : 0;
  if (column.kind === 'json' && value !== null) return JSON.stringify(value);
  return value as SqlValue;
}

function fromSql(column: Column, value: SqlValue): unknown {
  if (column.kind === 'flag') return value === 1;
  if (column.kind === 'json' && value !== null) return JSON.parse(value as string);
  return value;
}

export function closureFromRow(row: SqlRow): Closure {
  const closure = CLOSURE_COLUMN_LIST.map(([property, column]) => [property, fromSql(column, row[column.name] ?? null)]);
  return Object.fromEntries(closure) as unknown as Closure;
}

export function attemptFromRow(row: SqlRow): Attempt {
  return {
    number: row.number,
    markedAt: row.marked_at,
    deadlineMs: row.deadline_ms,
    effect: row.effect,
    answeredAt: row.answered_at,
    evidence: JSON.parse(row.evidence as string),
  } as Attempt;
}

export function eventFromRow(row: SqlRow): ClosureEvent {
  return {
    from: row.from_status,
    to: row.to_status,
    at: row.at,
    cause: row.cause,
    detail: row.detail,
    actor: row.actor,
    correlationId: row.correlation_id,
    providerRequestId: row.provider_request_id,
    ...(row.evidence !== null && { evidence: JSON.parse(row.evidence as string) }),
  } as ClosureEvent;
}

/** An entry of the audit trail, every value as it is stored. */
export function entryFromRow(row: SqlRow): ChainedEntry {
  return {
    closureId: row.closure_id,
    seq: row.seq,
    from: row.from_status,
    to: row.to_status,
    at: row.at,
    cause: row.cause,
    detail: row.detail,
    actor: row.actor,
    correlationId: row.correlation_id,
    providerRequestId: row.provider_request_id,
    evidence: row.evidence,
    hash: row.hash,
  } as ChainedEntry;
}

export function chainHeadFromRow(row: SqlRow): ChainHead {
  return { hash: row.audit_head, count: row.audit_count } as ChainHead;
}

export function reportFromRow(row: SqlRow): ClosureReport {
  return { id: row.id, type: row.type, createdAt: row.created_at } as ClosureReport;
}
