-- How many closures are in each status: counted with every change, for a count of a million rows would hold everybody up.
CREATE TABLE closure_count (
  status TEXT NOT NULL,
  provider TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (status, provider)
) STRICT, WITHOUT ROWID;

INSERT INTO closure_count SELECT status, provider, count(*) FROM closure GROUP BY status, provider;

CREATE TRIGGER closure_counted AFTER INSERT ON closure BEGIN
  INSERT INTO closure_count VALUES (new.status, new.provider, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER closure_recounted AFTER UPDATE OF status ON closure WHEN new.status <> old.status BEGIN
  UPDATE closure_count SET count = count - 1 WHERE status = old.status AND provider = old.provider;
  INSERT INTO closure_count VALUES (new.status, new.provider, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;

-- The one that has been in its status for longest, of closures that are not over.
CREATE INDEX closure_live ON closure (status, provider, status_since)
  WHERE status IN ('SCHEDULED', 'REQUESTED', 'UNCONFIRMED', 'ACTION_REQUIRED', 'CLOSING', 'NEEDS_REVIEW');
