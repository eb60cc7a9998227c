-- Times are epoch ms; JSON is kept as text, as it was written: jsonb refuses \u0000, which a provider may well send.
-- Ids and names are compared byte by byte (COLLATE "C"), so that their order is the same in every database.

CREATE TABLE closure (
  id text COLLATE "C" PRIMARY KEY,
  tenant text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C",
  fingerprint text NOT NULL,
  provider text COLLATE "C" NOT NULL,
  account text NOT NULL,
  lock_key text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  reason_text text,
  reason_mapping text NOT NULL,
  initiator text NOT NULL,
  announce_only boolean NOT NULL,
  liquidate_positions boolean NOT NULL,
  include_accounts boolean NOT NULL,
  correlation_id text NOT NULL,
  requested_at bigint NOT NULL,
  status text NOT NULL,
  status_since bigint NOT NULL,
  updated_at bigint NOT NULL,
  closed_at bigint,
  provider_status text,
  blockers text NOT NULL,
  required_action text,
  expected_close_at bigint,
  error text,
  due_at bigint,
  attempts integer NOT NULL,
  quiet_steps integer NOT NULL,
  pending_read text,
  closing_seen_at bigint,
  open_seen_at bigint,
  not_found_since bigint,
  accounts_listed boolean NOT NULL,
  liquidation text,
  version integer NOT NULL,
  fence integer NOT NULL,
  lease_until bigint,
  -- The end of its chain of entries, how many they are, and how many of them are in a checkpoint.
  audit_head text NOT NULL,
  audit_count integer NOT NULL,
  audit_sealed integer NOT NULL
);

-- One expression and not three columns: while there are no statistics yet (a new table, a restored backup), any index
-- that begins with the tenant would look as good, and a look-up would read all of the tenant's closures.
CREATE UNIQUE INDEX closure_key ON closure ((ARRAY[tenant, subject, idempotency_key])) WHERE idempotency_key IS NOT NULL;
CREATE INDEX closure_due ON closure (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX closure_leased ON closure (lease_until) WHERE lease_until IS NOT NULL;
-- Pages of a tenant's closures, newest first: all of them, those in a status, those that something blocks.
CREATE INDEX closure_listed ON closure (tenant, id);
CREATE INDEX closure_by_status ON closure (tenant, status, id);
CREATE INDEX closure_blocked ON closure (tenant, id) WHERE blockers <> '[]';
-- The census counts by this index alone.
CREATE INDEX closure_counted ON closure (provider, status, status_since);
-- What may be forgotten is found without a look at what may not.
CREATE INDEX closure_kept_key ON closure (status, status_since) WHERE idempotency_key IS NOT NULL;
CREATE INDEX closure_unsealed ON closure (id) WHERE audit_count > audit_sealed;

-- Every name under which a closure's account is known, the caller's own first. While the closure is live, the
-- lock key of a live row is its alone; a name that another live closure had first is kept with live = false.
CREATE TABLE closure_identifier (
  closure_id text COLLATE "C" NOT NULL REFERENCES closure (id),
  ref text COLLATE "C" NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  provider text COLLATE "C" NOT NULL,
  lock_key text COLLATE "C" NOT NULL,
  live boolean NOT NULL,
  PRIMARY KEY (closure_id, ref)
);

CREATE UNIQUE INDEX identifier_live ON closure_identifier (tenant, provider, lock_key) WHERE live;
CREATE INDEX identifier_by_lock_key ON closure_identifier (tenant, provider, lock_key, closure_id);
CREATE INDEX identifier_by_ref ON closure_identifier (tenant, ref, closure_id);
-- A webhook names an account and no tenant.
CREATE INDEX identifier_by_account ON closure_identifier (provider, lock_key, tenant, closure_id);

-- One row per close request that left, or was about to leave, the gateway.
CREATE TABLE attempt (
  closure_id text COLLATE "C" NOT NULL REFERENCES closure (id),
  number integer NOT NULL,
  marked_at bigint NOT NULL,
  deadline_ms bigint NOT NULL,
  effect text NOT NULL,
  answered_at bigint,
  evidence text NOT NULL,
  PRIMARY KEY (closure_id, number)
);

-- The history and the audit trail; rows are only ever added. Each carries the hash of the one before it: see
-- domain/audit-chain.
CREATE TABLE closure_event (
  closure_id text COLLATE "C" NOT NULL REFERENCES closure (id),
  seq integer NOT NULL,
  from_status text,
  to_status text NOT NULL,
  at bigint NOT NULL,
  cause text NOT NULL,
  detail text,
  actor text,
  correlation_id text NOT NULL,
  provider_request_id text,
  evidence text,
  hash text NOT NULL,
  PRIMARY KEY (closure_id, seq)
);

-- Checkpoints, signed; rows are only ever added.
CREATE TABLE audit_checkpoint (
  number integer PRIMARY KEY,
  sealed_at bigint NOT NULL,
  root text NOT NULL,
  key_id text NOT NULL,
  signature text NOT NULL
);

-- What each checkpoint lists: how far a closure's chain had come.
CREATE TABLE audit_seal (
  checkpoint integer NOT NULL REFERENCES audit_checkpoint (number),
  closure_id text COLLATE "C" NOT NULL REFERENCES closure (id),
  count integer NOT NULL,
  head text NOT NULL,
  PRIMARY KEY (checkpoint, closure_id)
);

CREATE INDEX audit_seal_closure ON audit_seal (closure_id, checkpoint);

CREATE TABLE closure_report (
  closure_id text COLLATE "C" NOT NULL REFERENCES closure (id),
  id text COLLATE "C" NOT NULL,
  type text NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (closure_id, id)
);

-- Which closures a group's closure waits for. A child may have been asked for by itself, and may have had another
-- parent before.
CREATE TABLE closure_child (
  parent_id text COLLATE "C" NOT NULL REFERENCES closure (id),
  child_id text COLLATE "C" NOT NULL REFERENCES closure (id),
  PRIMARY KEY (parent_id, child_id)
);

CREATE INDEX closure_child_parents ON closure_child (child_id, parent_id);

-- Verified webhook events, as they came; `outcome` is set once they were applied. `position` is an event's place in
-- its delivery.
CREATE TABLE webhook_event (
  provider text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text NOT NULL,
  payload text NOT NULL,
  received_at bigint NOT NULL,
  position integer NOT NULL,
  outcome text,
  lease_until bigint,
  PRIMARY KEY (provider, id)
);

CREATE INDEX webhook_event_open ON webhook_event (received_at, position) WHERE outcome IS NULL;
CREATE INDEX webhook_event_settled ON webhook_event (outcome, received_at) WHERE outcome IS NOT NULL;

-- What the readiness check writes, to know that the store takes a write.
CREATE TABLE probe (
  id integer PRIMARY KEY CHECK (id = 1),
  at bigint NOT NULL
);
