import type { AuditedIntent, ChainedEntry } from '../domain/audit-chain';
import type { Checkpoint, Seal } from '../domain/audit-checkpoint';

/** What the audit trail says of one closure, read in one look. */
export interface AuditedClosure {
  id: string;
  /** Null: there are entries or seals of it, and no closure. */
  row: AuditedRow | null;
  /** Oldest first. */
  entries: ChainedEntry[];
  /** By checkpoint, oldest first. */
  seals: (Seal & { checkpoint: number })[];
}

/** The part of a closure's own row that its entries must bear out. */
export interface AuditedRow {
  /** Null: the account's JSON cannot be read. */
  intent: AuditedIntent | null;
  status: string;
  /** The hash of its last entry, and how many there are. */
  head: string;
  count: number;
  /** How many of them are in a checkpoint. */
  sealed: number;
}

/**
 * The audit trail, for reading alone and beside running gateways. Everything comes in pages, so that a reader's memory
 * does not grow with the store.
 */
export interface AuditTrail {
  /** Closures behind the id given ('' is before all), by id, whatever is left of them. */
  closures(after: string, limit: number): Promise<AuditedClosure[]>;
  closure(id: string): Promise<AuditedClosure | null>;
  /** Checkpoints behind the number given (0 is before all), oldest first. */
  checkpoints(after: number, limit: number): Promise<Checkpoint[]>;
  newestCheckpoint(): Promise<Checkpoint | null>;
  /** What a checkpoint lists, by closure id. */
  seals(checkpoint: number): Promise<Seal[]>;
  dispose(): Promise<void>;
}
