-- The store's writes. A gateway sends all that wait as one JSON array to `gateway_write`: one round trip and one
-- commit for all of them, each in a subtransaction of its own.

-- Locks every closure that these changes are about and tells whether all of their guards match. What holds once its
-- row is locked holds until the commit.
CREATE FUNCTION lock_matching(changes jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  change jsonb;
BEGIN
  FOR change IN SELECT * FROM jsonb_array_elements(changes) LOOP
    PERFORM FROM closure WHERE id = change ->> 'id'
      AND (fence = (change ->> 'fence')::integer OR version = (change ->> 'version')::integer)
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
  END LOOP;
  RETURN true;
END $$;

-- The closure after the change; NULL: a guard did not match, and nothing was written. `writer`: see wake_parents.
CREATE FUNCTION change_closure(change jsonb, writer text) RETURNS closure LANGUAGE plpgsql AS $$
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
    required_action = after.required_action, expected_close_at = after.expected_close_at, error = after.error,
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

-- The newest closure of an account, live or not, but for one.
CREATE FUNCTION newest_closure(tenant text, provider text, lock_key text, other_than text) RETURNS closure LANGUAGE plpgsql AS $$
DECLARE
  newest text := (
    SELECT max(held.closure_id) FROM closure_identifier held
    WHERE held.tenant = newest_closure.tenant AND held.provider = newest_closure.provider
      AND held.lock_key = newest_closure.lock_key AND held.closure_id <> other_than);
  found closure;
BEGIN
  IF newest IS NOT NULL THEN SELECT * INTO found FROM closure WHERE id = newest; END IF;
  RETURN found;
END $$;

-- Each statement sees what is committed when it begins, so their order matters. The holder is looked up before the key:
-- who finds the holder then finds its key, too. What the recorder knows to be the newest closure is compared once
-- before and once after the own name is there: before, one that was live may have ended; after, one that was not there
-- may have come and gone, and from then on none can come.
CREATE FUNCTION record_closure(write jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  made jsonb := write -> 'closure';
  tenant text := made ->> 'tenant';
  provider text := made ->> 'provider';
  lock_key text := made ->> 'lock_key';
  seen jsonb := write -> 'newest';
  holder text := (
    SELECT held.closure_id FROM closure_identifier held
    WHERE held.tenant = made ->> 'tenant' AND held.provider = made ->> 'provider' AND held.lock_key = made ->> 'lock_key' AND held.live);
  known closure;
  newest closure;
  change jsonb;
  added closure;
BEGIN
  SELECT * INTO known FROM closure
  WHERE ARRAY[closure.tenant, subject, idempotency_key] = ARRAY[made ->> 'tenant', made ->> 'subject', made ->> 'idempotency_key']
    AND idempotency_key IS NOT NULL;
  IF FOUND THEN RETURN jsonb_build_object('kind', 'keyTaken', 'closure', known); END IF;
  IF holder IS NOT NULL THEN
    SELECT * INTO known FROM closure WHERE id = holder;
    RETURN jsonb_build_object('kind', 'accountTaken', 'closure', known);
  END IF;
  newest := newest_closure(tenant, provider, lock_key, made ->> 'id');
  IF seen IS NOT NULL AND (seen ->> 'id', seen ->> 'status') IS DISTINCT FROM (newest.id, newest.status) THEN
    RETURN jsonb_build_object('kind', 'stale');
  END IF;
  IF NOT lock_matching(write -> 'also') THEN RETURN jsonb_build_object('kind', 'stale'); END IF;
  FOR change IN SELECT * FROM jsonb_array_elements(write -> 'also') LOOP
    PERFORM change_closure(change, NULL);
  END LOOP;
  added := insert_closure(made, write -> 'event', gateway_now() + (write ->> 'lease')::bigint);
  newest := newest_closure(tenant, provider, lock_key, added.id);
  IF seen IS NOT NULL AND seen ->> 'id' IS DISTINCT FROM newest.id THEN
    RAISE EXCEPTION USING ERRCODE = 'GW002', MESSAGE = 'another closure of the account came and went';
  END IF;
  PERFORM add_children(added.id, write -> 'children');
  RETURN jsonb_build_object('kind', 'recorded', 'closure', added);
END $$;

-- The write has no claim, so it raises the fence: a worker that decided without this evidence must not go on.
CREATE FUNCTION record_late_answer(id text, answer jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM closure WHERE closure.id = record_late_answer.id FOR NO KEY UPDATE;
  IF NOT keep_answer(id, answer) THEN RETURN; END IF;
  UPDATE closure SET due_at = gateway_now(), lease_until = NULL, fence = fence + 1
  WHERE closure.id = record_late_answer.id AND NOT is_terminal(status);
  IF FOUND THEN PERFORM pg_notify('closure_due', ''); END IF;
END $$;

CREATE FUNCTION perform_write(write jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  CASE write ->> 'do'
    WHEN 'record' THEN RETURN record_closure(write);
    WHEN 'change' THEN RETURN to_jsonb(change_closure(write, NULL));
    WHEN 'lateAnswer' THEN
      PERFORM record_late_answer(write ->> 'id', write -> 'answer');
      RETURN NULL;
  END CASE;
END $$;

-- What became of each write, in order: {"value": …}, or {"code": SQLSTATE, "message": …, "detail": …} for one that
-- was undone. One that would wait long for somebody else's lock is given up, so that it does not hold up the others;
-- the gateway tries it again alone, when it has time to wait.
CREATE FUNCTION gateway_write(writes jsonb, lock_timeout text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  write jsonb;
  results jsonb[] := '{}';
  result jsonb;
  code text;
  message text;
  detail text;
BEGIN
  PERFORM set_config('lock_timeout', lock_timeout, true);
  FOR write IN SELECT * FROM jsonb_array_elements(writes) LOOP
    BEGIN
      result := jsonb_build_object('value', perform_write(write));
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
      result := jsonb_build_object('code', code, 'message', message, 'detail', detail);
    END;
    results := results || result;
  END LOOP;
  RETURN to_jsonb(results);
END $$;

-- Claims what is due, the longest due first. The attempts are read by a statement of their own, after the claim holds:
-- the claiming one takes each row as it is by then, and would see the attempts as they were when it began.
CREATE FUNCTION gateway_claim(most integer, lease_ms bigint, not_closures text[], not_providers text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  clock bigint := gateway_now();
  claimed text[];
BEGIN
  WITH due AS (
    SELECT id FROM closure
    WHERE due_at <= clock AND (lease_until IS NULL OR lease_until <= clock)
      AND id <> ALL (not_closures) AND provider <> ALL (not_providers)
    ORDER BY due_at LIMIT most FOR NO KEY UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE closure SET fence = fence + 1, lease_until = clock + lease_ms FROM due WHERE closure.id = due.id RETURNING closure.id
  )
  SELECT array_agg(id) INTO claimed FROM taken;
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('closure', one, 'attempts', (
      SELECT coalesce(jsonb_agg(made ORDER BY made.number), '[]') FROM attempt made WHERE made.closure_id = one.id
    )) ORDER BY one.due_at), '[]')
    FROM closure one WHERE one.id = ANY (claimed));
END $$;

-- Keeps an audit checkpoint and what it lists, in the order of the ids; false: another process has made one with this
-- number. An entry that was added since the list was made stays for the next checkpoint.
CREATE FUNCTION gateway_seal(checkpoint jsonb, seals jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  made audit_checkpoint := jsonb_populate_record(NULL::audit_checkpoint, checkpoint);
  seal audit_seal;
BEGIN
  INSERT INTO audit_checkpoint SELECT made.* ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN false; END IF;
  FOR seal IN SELECT * FROM jsonb_populate_recordset(NULL::audit_seal, seals) LOOP
    seal.checkpoint := made.number;
    INSERT INTO audit_seal SELECT seal.*;
    UPDATE closure SET audit_sealed = seal.count WHERE id = seal.closure_id;
  END LOOP;
  RETURN true;
END $$;
