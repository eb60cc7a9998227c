-- Times are epoch ms; JSON columns hold the shapes of src/domain; flags are 0 or 1.

-- Rows are long (JSON inside), so this table keeps its rowid: a row stays in one leaf page, and each index entry
-- carries a short number and not the 36 characters of the id.
CREATE TABLE closure (
  id TEXT PRIMARY KEY NOT NULL,
  tenant TEXT NOT NULL,
  subject TEXT NOT NULL,
  idempotency_key TEXT,
  fingerprint TEXT NOT NULL,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  lock_key TEXT NOT NULL,
  reason TEXT NOT NULL,
  reason_text TEXT,
  reason_mapping TEXT NOT NULL,
  initiator TEXT NOT NULL,
  announce_only INTEGER NOT NULL,
  liquidate_positions INTEGER NOT NULL,
  correlation_id TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  status_since INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  closed_at INTEGER,
  provider_status TEXT,
  blockers TEXT NOT NULL,
  required_action TEXT,
  expected_close_at INTEGER,
  error TEXT,
  due_at INTEGER,
  attempts INTEGER NOT NULL,
  quiet_steps INTEGER NOT NULL,
  pending_read TEXT,
  closing_seen_at INTEGER,
  open_seen_at INTEGER,
  not_found_since INTEGER,
  version INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  lease_until INTEGER
) STRICT;

CREATE UNIQUE INDEX closure_key ON closure (tenant, subject, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX closure_due ON closure (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX closure_leased ON closure (lease_until) WHERE lease_until IS NOT NULL;
-- Pages of a tenant's closures, newest first: all of them, those in a status, those that something blocks.
CREATE INDEX closure_listed ON closure (tenant, id);
CREATE INDEX closure_by_status ON closure (tenant, status, id);
CREATE INDEX closure_blocked ON closure (tenant, id) WHERE blockers <> '[]';

-- Every name under which a closure's account is known, the caller's own first. While the closure is live, the
-- lock key of a live row is its alone; a name that another live closure had first is kept with live = 0.
CREATE TABLE closure_identifier (
  closure_id TEXT NOT NULL REFERENCES closure (id),
  ref TEXT NOT NULL,
  tenant TEXT NOT NULL,
  provider TEXT NOT NULL,
  lock_key TEXT NOT NULL,
  live INTEGER NOT NULL,
  PRIMARY KEY (closure_id, ref)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX identifier_live ON closure_identifier (tenant, provider, lock_key) WHERE live = 1;
CREATE INDEX identifier_by_lock_key ON closure_identifier (tenant, provider, lock_key, closure_id);
CREATE INDEX identifier_by_ref ON closure_identifier (tenant, ref, closure_id);

-- One row per close request that left, or was about to leave, the gateway.
CREATE TABLE attempt (
  closure_id TEXT NOT NULL REFERENCES closure (id),
  number INTEGER NOT NULL,
  marked_at INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  effect TEXT NOT NULL,
  answered_at INTEGER,
  evidence TEXT NOT NULL,
  PRIMARY KEY (closure_id, number)
) STRICT, WITHOUT ROWID;

-- The history and the audit trail; rows are only ever added.
CREATE TABLE closure_event (
  closure_id TEXT NOT NULL REFERENCES closure (id),
  seq INTEGER NOT NULL,
  from_status TEXT,
  to_status TEXT NOT NULL,
  at INTEGER NOT NULL,
  cause TEXT NOT NULL,
  detail TEXT,
  actor TEXT,
  correlation_id TEXT NOT NULL,
  provider_request_id TEXT,
  PRIMARY KEY (closure_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE closure_report (
  closure_id TEXT NOT NULL REFERENCES closure (id),
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (closure_id, id)
) STRICT, WITHOUT ROWID;

-- What the readiness check writes, to know that the store takes a write.
CREATE TABLE probe (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;
