import { uuidv7 } from 'uuidv7';
import { type AccountRef, lockKey } from '../../src/domain/account';
import type { Attempt, Closure, ClosureEvent } from '../../src/domain/closure';
import { newClosure } from '../../src/engine/new-closure';

/** Valid closures for tests of stores; every one is of an account of its own unless told otherwise. */

export function sampleAccount(over: Partial<AccountRef> = {}): AccountRef {
  return { provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: uuidv7(), ...over };
}

/** A closure as it is when it was just asked for. Ids rise with every call. */
export function sampleClosure(over: Partial<Closure> = {}): Closure {
  const account = over.account ?? sampleAccount();
  const at = over.requestedAt ?? Date.now();
  const intent = {
    id: uuidv7(),
    tenant: 'tenant-a',
    subject: 'subject-a',
    idempotencyKey: uuidv7(),
    fingerprint: 'f'.repeat(64),
    account,
    lockKey: lockKey(account, false),
    reason: 'CUSTOMER_REQUEST',
    reasonText: null,
    reasonMapping: 'EXACT',
    initiator: 'HOLDER',
    announceOnly: false,
    liquidatePositions: false,
    includeAccounts: false,
    correlationId: 'correlation-1',
    requestedAt: at,
  } as const;
  return { ...newClosure(intent, { status: 'REQUESTED', dueAt: at }), ...over };
}

export function sampleEvent(over: Partial<ClosureEvent> = {}): ClosureEvent {
  return {
    from: null,
    to: 'REQUESTED',
    at: Date.now(),
    cause: 'REQUEST',
    detail: null,
    actor: 'subject-a',
    correlationId: 'correlation-1',
    providerRequestId: null,
    ...over,
  };
}

export function sampleMark(number: number, over: Partial<Attempt> = {}): Attempt {
  return { number, markedAt: Date.now(), deadlineMs: 15_000, effect: 'MARKED', answeredAt: null, evidence: {}, ...over };
}
