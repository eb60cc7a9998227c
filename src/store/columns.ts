import type { Closure } from '../domain/closure';

/** How a property is kept: as it is, as JSON text, or as a truth value. */
export interface Column {
  name: string;
  kind: 'plain' | 'json' | 'flag';
}

const plain = (name: string): Column => ({ name, kind: 'plain' });
const json = (name: string): Column => ({ name, kind: 'json' });
const flag = (name: string): Column => ({ name, kind: 'flag' });

/** The columns of table `closure`, by property; the same in every SQL store. */
export const CLOSURE_COLUMNS: Readonly<Record<keyof Closure, Column>> = {
  id: plain('id'),
  tenant: plain('tenant'),
  subject: plain('subject'),
  idempotencyKey: plain('idempotency_key'),
  fingerprint: plain('fingerprint'),
  account: json('account'),
  lockKey: plain('lock_key'),
  reason: plain('reason'),
  reasonText: plain('reason_text'),
  reasonMapping: plain('reason_mapping'),
  initiator: plain('initiator'),
  announceOnly: flag('announce_only'),
  liquidatePositions: flag('liquidate_positions'),
  includeAccounts: flag('include_accounts'),
  correlationId: plain('correlation_id'),
  requestedAt: plain('requested_at'),
  status: plain('status'),
  statusSince: plain('status_since'),
  updatedAt: plain('updated_at'),
  closedAt: plain('closed_at'),
  providerStatus: plain('provider_status'),
  blockers: json('blockers'),
  blockersUnknown: json('blockers_unknown'),
  requiredAction: json('required_action'),
  expectedCloseAt: plain('expected_close_at'),
  error: json('error'),
  dueAt: plain('due_at'),
  attempts: plain('attempts'),
  quietSteps: plain('quiet_steps'),
  pendingRead: plain('pending_read'),
  closingSeenAt: plain('closing_seen_at'),
  openSeenAt: plain('open_seen_at'),
  notFoundSince: plain('not_found_since'),
  accountsListed: flag('accounts_listed'),
  liquidation: json('liquidation'),
  version: plain('version'),
  fence: plain('fence'),
};

/** Properties in a fixed order, with their columns. */
export const CLOSURE_COLUMN_LIST = Object.entries(CLOSURE_COLUMNS) as [keyof Closure, Column][];
