import type { AuditedIntent } from '../domain/audit-chain';
import type { Checkpoint, Seal } from '../domain/audit-checkpoint';
import type { AuditedClosure, AuditedRow } from '../ports/audit';
import { closureFromRow, entryFromRow, type Row } from './rows';

/** From rows to the audit trail. Somebody may have changed them, so that an account that cannot be read is told and not thrown. */

/** What is left of a closure; null: nothing. */
export function auditedClosure(id: string, row: Row | null, entries: readonly Row[], seals: readonly Row[]): AuditedClosure | null {
  if (!row && entries.length === 0 && seals.length === 0) return null;
  return {
    id,
    row: row && auditedRow(row),
    entries: entries.map(entryFromRow),
    seals: seals.map((seal) => ({ ...sealFromRow(seal), checkpoint: seal.checkpoint as number })),
  };
}

export function checkpointFromRow(row: Row): Checkpoint {
  return { number: row.number, sealedAt: row.sealed_at, root: row.root, keyId: row.key_id, signature: row.signature } as Checkpoint;
}

export function sealFromRow(row: Row): Seal {
  return { closureId: row.closure_id, count: row.count, head: row.head } as Seal;
}

function auditedRow(row: Row): AuditedRow {
  return {
    intent: intentFromRow(row),
    status: row.status as string,
    head: row.audit_head as string,
    count: row.audit_count as number,
    sealed: row.audit_sealed as number,
  };
}

/** Null: somebody has made the account's JSON unreadable. */
function intentFromRow(row: Row): AuditedIntent | null {
  // The rest of the row may be unreadable, too, and is not what the chain begins with.
  const readable = { ...row, blockers: '[]', required_action: null, error: null, liquidation: null };
  try {
    const { id, tenant, subject, account, lockKey, reason, reasonText, reasonMapping, initiator, ...rest } = closureFromRow(readable);
    const { announceOnly, liquidatePositions, includeAccounts, correlationId, requestedAt } = rest;
    if (typeof account !== 'object' || account === null) return null;
    const asked = { id, tenant, subject, account, lockKey, reason, reasonText, reasonMapping, initiator };
    return { ...asked, announceOnly, liquidatePositions, includeAccounts, correlationId, requestedAt };
  } catch {
    return null;
  }
}
