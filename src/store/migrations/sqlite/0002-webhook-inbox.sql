-- Verified webhook events, as they came; `outcome` is set once they were applied.
CREATE TABLE webhook_event (
  provider TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  outcome TEXT,
  lease_until INTEGER,
  PRIMARY KEY (provider, id)
) STRICT;

CREATE INDEX webhook_event_open ON webhook_event (received_at) WHERE outcome IS NULL;
-- An event names an account and no tenant.
CREATE INDEX identifier_by_account ON closure_identifier (provider, lock_key, tenant, closure_id);
