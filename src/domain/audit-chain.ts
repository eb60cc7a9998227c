import { hash } from 'node:crypto';
import type { ClosureEvent, ClosureIntent } from './closure';

/**
 * The audit trail of one closure: each line of its history is an entry that carries the hash of the one before it,
 * and the first one that of what was asked for. docs/audit.md says the same to those who check it by other means.
 */

/** An entry as it is stored. Texts are hashed as they are, so that no reader has to form them again. */
export interface AuditEntry {
  closureId: string;
  /** 1, 2, 3, … within its closure. */
  seq: number;
  from: string | null;
  to: string;
  /** Epoch ms. */
  at: number;
  cause: string;
  detail: string | null;
  actor: string | null;
  correlationId: string;
  providerRequestId: string | null;
  /** JSON text. */
  evidence: string | null;
}

/** An entry with its hash: SHA-256, hex. */
export interface ChainedEntry extends AuditEntry {
  hash: string;
}

/** What was asked for, without what is forgotten when its idempotency key is. */
export type AuditedIntent = Omit<ClosureIntent, 'idempotencyKey' | 'fingerprint'>;

/** How far a chain has come. */
export interface ChainHead {
  /** Of its last entry; of what was asked for while there is none. */
  hash: string;
  /** Entries so far. */
  count: number;
}

/** SHA-256 of a text's UTF-8 bytes, hex. */
export function sha256(text: string): string {
  return hash('sha256', text);
}

/**
 * Fields as one text that no other fields give: each begins with its length in UTF-8 bytes and a colon, and null is
 * a dash. A database can form it, too.
 */
export function encodeFields(fields: readonly (string | number | null)[]): string {
  return fields.map((field) => (field === null ? '-' : `${Buffer.byteLength(String(field))}:${field}`)).join('');
}

/** Where a closure's chain begins. What is null or false is left out, so that a field added later changes no hash. */
export function startOfChain({ account, ...intent }: AuditedIntent): ChainHead {
  const asked: [name: string, value: string | number | boolean | null][] = [
    ['id', intent.id],
    ['tenant', intent.tenant],
    ['subject', intent.subject],
    ['provider', account.provider],
    ['kind', account.kind],
    ['idType', account.idType],
    ['accountId', account.id],
    ['country', account.country ?? null],
    ['lockKey', intent.lockKey],
    ['reason', intent.reason],
    ['reasonText', intent.reasonText],
    ['reasonMapping', intent.reasonMapping],
    ['initiator', intent.initiator],
    ['announceOnly', intent.announceOnly],
    ['liquidatePositions', intent.liquidatePositions],
    ['includeAccounts', intent.includeAccounts],
    ['correlationId', intent.correlationId],
    ['requestedAt', intent.requestedAt],
  ];
  const given = asked.filter(([, value]) => value !== null && value !== false);
  return { hash: sha256(encodeFields(['intent.v1', ...given.flatMap(([name, value]) => [name, String(value)])])), count: 0 };
}

/** @param previous the hash of the entry before it, or of the chain's start */
export function entryHash(previous: string, entry: AuditEntry): string {
  const { closureId, seq, from, to, at, cause, detail, actor, correlationId, providerRequestId, evidence } = entry;
  return sha256(encodeFields(['entry.v1', previous, closureId, seq, from, to, at, cause, detail, actor, correlationId, providerRequestId, evidence]));
}

/** The entry that an event makes at the end of a chain. Its hash and `seq` are the chain's new head. */
export function nextEntry(head: ChainHead, closureId: string, event: ClosureEvent): ChainedEntry {
  const { evidence, ...said } = event;
  const entry = { closureId, seq: head.count + 1, ...said, evidence: evidence ? JSON.stringify(evidence) : null };
  return { ...entry, hash: entryHash(head.hash, entry) };
}
