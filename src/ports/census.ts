import type { ClosureStatus } from '../domain/closure-status';

/** What waits for a worker. `oldestMs`: for how long the first of it has; null: nothing waits. */
export interface Backlog {
  count: number;
  oldestMs: number | null;
}

/** How much there is of what an operator watches, over all tenants; ages in ms. */
export interface Census {
  /** `oldestMs`: how long the oldest has been in its status; null where none is, and for terminal ones. */
  closures: { provider: string; status: ClosureStatus; count: number; oldestMs: number | null }[];
  /** Closures whose next step is due, those under way included. */
  due: Backlog;
  /** Webhook events that are not settled. */
  inbox: Backlog;
}
