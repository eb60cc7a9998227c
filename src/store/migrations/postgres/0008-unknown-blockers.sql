-- What else may be in the way of a closing account, where the last look could not tell. Gateways of the versions before
-- leave it as it is.
ALTER TABLE closure ADD COLUMN blockers_unknown text;

-- As it was, but for that column.
-- The closure after the change; NULL: a guard did not match, and nothing was written. `writer`: see wake_parents.
CREATE OR REPLACE FUNCTION change_closure(change jsonb, writer text) RETURNS closure LANGUAGE plpgsql AS $$
DECLARE
  before closure;
  after closure;
  entry closure_event;
  part jsonb;
  claimless boolean := change ? 'version';
BEGIN
  IF NOT lock_matching(jsonb_build_array(change) || (change -> 'also')) THEN RETURN NULL; END IF;
  FOR part IN SELECT * FROM jsonb_array_elements(change -> 'also') LOOP
    PERFORM change_closure(part, change ->> 'id');
  END LOOP;
  SELECT * INTO before FROM closure WHERE id = change ->> 'id';
  after := jsonb_populate_record(before, change -> 'set');
  IF after.status <> before.status AND NOT (change -> 'from') ? before.status THEN
    PERFORM refuse_write(before.id, format('%s cannot become %s', before.status, after.status));
  END IF;
  after.version := before.version + (change ->> 'visible')::boolean::integer;
  after.fence := before.fence + claimless::integer;
  IF claimless OR change ->> 'lease' = 'release' THEN after.lease_until := NULL;
  ELSIF change ->> 'lease' <> 'keep' THEN after.lease_until := gateway_now() + (change ->> 'lease')::bigint;
  END IF;
  IF change ? 'event' THEN
    entry := next_entry(before, change -> 'event');
    after.audit_head := entry.hash;
    after.audit_count := entry.seq;
  END IF;
  UPDATE closure SET status = after.status, status_since = after.status_since, updated_at = after.updated_at,
    closed_at = after.closed_at, provider_status = after.provider_status, blockers = after.blockers,
    blockers_unknown = after.blockers_unknown, required_action = after.required_action, expected_close_at = after.expected_close_at, error = after.error,
    due_at = after.due_at, attempts = after.attempts, quiet_steps = after.quiet_steps, pending_read = after.pending_read,
    closing_seen_at = after.closing_seen_at, open_seen_at = after.open_seen_at, not_found_since = after.not_found_since,
    accounts_listed = after.accounts_listed, liquidation = after.liquidation, version = after.version, fence = after.fence,
    lease_until = after.lease_until, audit_head = after.audit_head, audit_count = after.audit_count
  WHERE id = after.id;
  IF is_terminal(after.status) AND NOT is_terminal(before.status) THEN
    UPDATE closure_identifier SET live = false WHERE closure_id = after.id AND live;
  END IF;
  IF change ? 'mark' THEN PERFORM add_mark(after.id, change -> 'mark'); END IF;
  FOR part IN SELECT * FROM jsonb_array_elements(change -> 'answers') LOOP
    PERFORM keep_answer(after.id, part);
  END LOOP;
  FOR part IN SELECT * FROM jsonb_array_elements(change -> 'aliases') LOOP
    PERFORM add_identifier(after, part ->> 'ref', part ->> 'lock_key');
  END LOOP;
  -- A provider may report one document more than once.
  INSERT INTO closure_report (closure_id, id, type, created_at)
  SELECT after.id, report.id, report.type, report.created_at
  FROM jsonb_populate_recordset(NULL::closure_report, change -> 'reports') report ON CONFLICT DO NOTHING;
  PERFORM add_children(after.id, change -> 'children');
  IF change ? 'event' THEN PERFORM add_entry(entry); END IF;
  -- Whoever waits for it waits no longer once it is closing.
  IF after.status <> before.status AND NOT (before.status = 'CLOSING' AND after.status = 'CLOSED') THEN
    PERFORM wake_parents(after.id, writer);
  END IF;
  IF after.lease_until IS NULL AND after.due_at <= gateway_now() THEN PERFORM pg_notify('closure_due', ''); END IF;
  RETURN after;
END $$;
