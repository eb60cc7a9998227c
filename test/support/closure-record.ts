import { uuidv7 } from 'uuidv7';
import { lockKey, type AccountRef } from '../../src/domain/account';
import type { Closure, ClosureEvent } from '../../src/domain/closure';
import { newClosure } from '../../src/engine/new-closure';

/** A closure as the engine would record it, with what the test cares about. */
export function closureRecord(given: Partial<Closure> = {}): Closure {
  const account: AccountRef = given.account ?? { provider: 'some_bank', kind: 'ACCOUNT', idType: 'UUID', id: uuidv7() };
  const now = Date.now();
  const intent = {
    id: uuidv7(),
    tenant: 'default',
    subject: 'someone',
    idempotencyKey: `key-${uuidv7()}`,
    fingerprint: '0'.repeat(64),
    account,
    lockKey: lockKey(account, false),
    reason: 'CUSTOMER_REQUEST',
    reasonText: null,
    reasonMapping: 'EXACT',
    initiator: 'HOLDER',
    announceOnly: false,
    liquidatePositions: false,
    includeAccounts: false,
    correlationId: uuidv7(),
    requestedAt: now,
  } as const;
  return { ...newClosure(intent, { status: 'REQUESTED', dueAt: null }), ...given };
}

/** The first line of a closure's history. */
export function firstEvent(closure: Closure): ClosureEvent {
  return {
    from: null,
    to: closure.status,
    at: closure.requestedAt,
    cause: 'REQUEST',
    detail: 'Recorded.',
    actor: closure.subject,
    correlationId: closure.correlationId,
    providerRequestId: null,
  };
}
