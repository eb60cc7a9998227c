import type { ChainedEntry, ChainHead } from '../domain/audit-chain';
import type { Attempt, Closure, ClosureEvent, ClosureReport } from '../domain/closure';
import { CLOSURE_COLUMN_LIST, type Column } from './columns';

/** From rows to the domain's objects. What is read back was written here, so it is not checked again. */

/** A row by column; whole numbers are numbers, truth values are booleans or 0 and 1. */
export type Row = Readonly<Record<string, unknown>>;

function fromColumn(column: Column, value: unknown): unknown {
  if (column.kind === 'flag') return value === true || value === 1;
  if (column.kind === 'json' && value !== null) return JSON.parse(value as string);
  return value;
}

export function closureFromRow(row: Row): Closure {
  const closure = CLOSURE_COLUMN_LIST.map(([property, column]) => [property, fromColumn(column, row[column.name] ?? null)]);
  return Object.fromEntries(closure) as unknown as Closure;
}

export function attemptFromRow(row: Row): Attempt {
  return {
    number: row.number,
    markedAt: row.marked_at,
    deadlineMs: row.deadline_ms,
    effect: row.effect,
    answeredAt: row.answered_at,
    evidence: JSON.parse(row.evidence as string),
  } as Attempt;
}

export function eventFromRow(row: Row): ClosureEvent {
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
export function entryFromRow(row: Row): ChainedEntry {
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

export function chainHeadFromRow(row: Row): ChainHead {
  return { hash: row.audit_head, count: row.audit_count } as ChainHead;
}

export function reportFromRow(row: Row): ClosureReport {
  return { id: row.id, type: row.type, createdAt: row.created_at } as ClosureReport;
}

/** Rows by their `closure_id`, for each id in the order asked. */
export function grouped<T>(rows: readonly Row[], ids: readonly string[], fromRow: (row: Row) => T): T[][] {
  const byId = new Map<string, T[]>(ids.map((id) => [id, []]));
  for (const row of rows) byId.get(row.closure_id as string)!.push(fromRow(row));
  return ids.map((id) => byId.get(id)!);
}
