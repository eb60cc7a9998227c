import { closureRef } from '../../domain/account';
import { startOfChain } from '../../domain/audit-chain';
import type { Attempt, Closure, ClosureEvent } from '../../domain/closure';
import { canBecome, CLOSURE_STATUSES } from '../../domain/closure-status';
import type { Alongside, AttemptAnswer, ChildClosure, ClosureChange } from '../../ports/store';
import { CLOSURE_COLUMNS } from '../columns';
import { storable, storableTexts } from '../text';

/** Writes as the database's function `gateway_write` takes them: rows by column, see migrations/postgres. */

type Json = Record<string, unknown>;

/** A claim's first fence: the recorder's. */
const FIRST_FENCE = 1;

export function recordWrite(closure: Closure, event: ClosureEvent, leaseMs: number, { also, children = [], newest }: Alongside): Json {
  return {
    do: 'record',
    closure: closureRow({ ...closure, fence: FIRST_FENCE }),
    event: eventRow(event),
    lease: leaseMs,
    ...(newest !== undefined && { newest: newest && { id: newest.id, status: newest.status } }),
    also: [...(also ? [also] : []), ...alsoOf(children)].map(changeParts),
    children: children.map(childParts),
  };
}

export function changeWrite(change: ClosureChange): Json {
  return { do: 'change', ...changeParts(change) };
}

export function lateAnswerWrite(id: string, answer: AttemptAnswer): Json {
  return { do: 'lateAnswer', id: storable(id), answer: answerRow(answer) };
}

function changeParts(change: ClosureChange): Json {
  const { id, guard, set, visible, event, mark, answers = [], aliases = [], reports = [], children = [], also = [], lease } = change;
  const { status } = set;
  return {
    id: storable(id),
    ...guard,
    set: columnsOf(set),
    from: status === undefined ? [] : CLOSURE_STATUSES.filter((before) => canBecome(before, status)),
    visible,
    lease: String(lease),
    ...(event && { event: eventRow(event) }),
    ...(mark && { mark: markRow(mark) }),
    answers: answers.map(answerRow),
    aliases: aliases.map(({ account, lockKey }) => ({ ref: storable(closureRef(account)), lock_key: storable(lockKey) })),
    reports: reports.map(({ id: reportId, type, createdAt }) => ({ id: storable(reportId), type: storable(type), created_at: createdAt })),
    also: [...also, ...alsoOf(children)].map(changeParts),
    children: children.map(childParts),
  };
}

function alsoOf(children: readonly ChildClosure[]): ClosureChange[] {
  return children.flatMap(({ also }) => (also ? [also] : []));
}

function childParts({ closure, event }: ChildClosure): Json {
  return { closure: closureRow(closure), event: eventRow(event) };
}

function closureRow(closure: Closure): Json {
  const { hash, count } = startOfChain(storableTexts(closure));
  return {
    ...columnsOf(closure),
    provider: storable(closure.account.provider),
    ref: storable(closureRef(closure.account)),
    audit_head: hash,
    audit_count: count,
    audit_sealed: count,
  };
}

function columnsOf(values: Partial<Closure>): Json {
  const columns: Json = {};
  for (const [property, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const { name, kind } = CLOSURE_COLUMNS[property as keyof Closure];
    columns[name] = kind === 'json' && value !== null ? JSON.stringify(value) : plain(value);
  }
  return columns;
}

function eventRow(event: ClosureEvent): Json {
  const { from, to, at, cause, detail, actor, correlationId, providerRequestId, evidence } = event;
  return {
    from_status: from,
    to_status: to,
    at,
    cause,
    detail: plain(detail),
    actor: plain(actor),
    correlation_id: plain(correlationId),
    provider_request_id: plain(providerRequestId),
    evidence: evidence ? JSON.stringify(evidence) : null,
  };
}

function markRow({ number, markedAt, deadlineMs, effect, answeredAt, evidence }: Attempt): Json {
  return { number, marked_at: markedAt, deadline_ms: deadlineMs, effect, answered_at: answeredAt, evidence: JSON.stringify(evidence) };
}

function answerRow({ number, effect, answeredAt, evidence }: AttemptAnswer): Json {
  return { number, effect, answered_at: answeredAt, ...(evidence && { evidence: JSON.stringify(evidence) }) };
}

function plain(value: unknown): unknown {
  return typeof value === 'string' ? storable(value) : value;
}
