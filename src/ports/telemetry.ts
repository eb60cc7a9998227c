import type { EventCause } from '../domain/closure';
import type { ClosureStatus } from '../domain/closure-status';

/** The kinds of requests that fail apart: those that change something, reads, and the rest (tokens). */
export type CircuitName = 'write' | 'read' | 'other';
export type CircuitState = 'open' | 'trying' | 'closed';

/**
 * What the engine and the adapters report for logs and metrics. Nothing that identifies a person or an account
 * goes in: closure ids and correlation ids do the joining.
 */
export interface Telemetry {
  transition(event: {
    closureId: string;
    provider: string;
    from: ClosureStatus | null;
    to: ClosureStatus;
    cause: EventCause;
    correlationId: string;
  }): void;
  /** A provider call that ended, however it did. `outcome` is a word of ours. */
  providerCall(event: {
    provider: string;
    operation: 'close' | 'read' | 'liquidate' | 'token' | 'keys';
    outcome: string;
    durationMs: number;
    httpStatus?: number;
    requestId?: string;
    correlationId: string;
  }): void;
  /** A provider's requests of one kind are kept back from now on, tried one at a time, or let through again. */
  circuit(event: { provider: string; circuit: CircuitName; state: CircuitState; /** With `open`: for how long, ms. */ restMs?: number }): void;
  /** A close request was turned away before anything was recorded, because the gateway itself is full. */
  overloaded(event: { provider: string; correlationId: string }): void;
  /** The provider used a word that no table has. */
  unmapped(event: { provider: string; what: 'status' | 'error'; word: string; correlationId: string }): void;
  /** Old entries were forgotten: so many of each kind. */
  pruned(count: { keys: number; events: number }): void;
  /** Something that an operator should look at. */
  alarm(event: { what: string; provider?: string; closureId?: string; correlationId?: string; error?: unknown }): void;
}
