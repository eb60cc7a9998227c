-- The accounts of a group are closed before it; the sale of an account's positions goes along with its closing.
ALTER TABLE closure ADD COLUMN include_accounts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE closure ADD COLUMN accounts_listed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE closure ADD COLUMN liquidation TEXT;

-- Which closures a group's closure waits for. A child may have been asked for by itself, and may have had another
-- parent before.
CREATE TABLE closure_child (
  parent_id TEXT NOT NULL REFERENCES closure (id),
  child_id TEXT NOT NULL REFERENCES closure (id),
  PRIMARY KEY (parent_id, child_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX closure_child_parents ON closure_child (child_id, parent_id);
