-- Each line of a history carries the hash of the one before it, and the closure's row that of the last one and how
-- many there are: see domain/audit-chain. The step of code that goes with this file fills in the rows that are there.
ALTER TABLE closure_event ADD COLUMN evidence TEXT;
ALTER TABLE closure_event ADD COLUMN hash TEXT NOT NULL DEFAULT '';
ALTER TABLE closure ADD COLUMN audit_head TEXT NOT NULL DEFAULT '';
ALTER TABLE closure ADD COLUMN audit_count INTEGER NOT NULL DEFAULT 0;
-- How many of them are in a checkpoint.
ALTER TABLE closure ADD COLUMN audit_sealed INTEGER NOT NULL DEFAULT 0;

CREATE INDEX closure_unsealed ON closure (id) WHERE audit_count > audit_sealed;

-- Checkpoints, signed; rows are only ever added.
CREATE TABLE audit_checkpoint (
  number INTEGER PRIMARY KEY NOT NULL,
  sealed_at INTEGER NOT NULL,
  root TEXT NOT NULL,
  key_id TEXT NOT NULL,
  signature TEXT NOT NULL
) STRICT;

-- What each checkpoint lists: how far a closure's chain had come.
CREATE TABLE audit_seal (
  checkpoint INTEGER NOT NULL REFERENCES audit_checkpoint (number),
  closure_id TEXT NOT NULL REFERENCES closure (id),
  count INTEGER NOT NULL,
  head TEXT NOT NULL,
  PRIMARY KEY (checkpoint, closure_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_seal_closure ON audit_seal (closure_id, checkpoint);
