-- What the writes are made of. A function that changes in a later migration gets a new name there: gateways of the
-- version before may still be running.
--
-- Rows are looked up one table at a time, by an index: a connection keeps the plans that it made when the tables were
-- empty, and a join of two small tables would read them whole.

-- Leases and due times are measured on this clock, whichever process asks.
CREATE FUNCTION gateway_now() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

CREATE FUNCTION is_terminal(status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT status IN ('CLOSED', 'ANNOUNCED', 'REJECTED', 'FAILED', 'CANCELLED', 'REOPENED') $$;

-- A bug of the caller; the whole write is undone.
CREATE FUNCTION refuse_write(closure_id text, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'GW001', MESSAGE = what, DETAIL = closure_id;
END $$;

-- The first name of a closure holds its lock key, whatever was seen before: of two that are recorded at once, the
-- unique index refuses one.
CREATE FUNCTION add_own_name(of closure, ref text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO closure_identifier (closure_id, ref, tenant, provider, lock_key, live)
  VALUES (of.id, add_own_name.ref, of.tenant, of.provider, of.lock_key, NOT is_terminal(of.status));
END $$;

-- Adds another name. Where a live closure has the lock key already, the name is kept for lookups only; where the closure
-- has the name already, it is taken up again if the lock key is free by now.
CREATE FUNCTION add_identifier(of closure, ref text, lock_key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  live boolean := NOT is_terminal(of.status) AND NOT EXISTS (
    SELECT FROM closure_identifier held
    WHERE held.tenant = of.tenant AND held.provider = of.provider AND held.lock_key = add_identifier.lock_key AND held.live);
BEGIN
  INSERT INTO closure_identifier AS known (closure_id, ref, tenant, provider, lock_key, live)
  VALUES (of.id, add_identifier.ref, of.tenant, of.provider, add_identifier.lock_key, live)
  ON CONFLICT ON CONSTRAINT closure_identifier_pkey DO UPDATE SET live = known.live OR excluded.live;
END $$;

-- The encoding and the hash of domain/audit-chain.
CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(octet_length(value) || ':' || value, '-') $$;

CREATE FUNCTION audit_hash(previous text, entry closure_event) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN encode(sha256(convert_to(
    audit_field('entry.v1') || audit_field(previous) || audit_field(entry.closure_id) || audit_field(entry.seq::text)
    || audit_field(entry.from_status) || audit_field(entry.to_status) || audit_field(entry.at::text)
    || audit_field(entry.cause) || audit_field(entry.detail) || audit_field(entry.actor)
    || audit_field(entry.correlation_id) || audit_field(entry.provider_request_id) || audit_field(entry.evidence),
    'UTF8')), 'hex');
END $$;

-- The entry that an event makes at the end of a closure's chain. The row is its writer's alone: new, or locked.
CREATE FUNCTION next_entry(of closure, event jsonb) RETURNS closure_event LANGUAGE plpgsql AS $$
DECLARE
  entry closure_event := jsonb_populate_record(NULL::closure_event, event);
BEGIN
  entry.closure_id := of.id;
  entry.seq := of.audit_count + 1;
  entry.hash := audit_hash(of.audit_head, entry);
  RETURN entry;
END $$;

CREATE FUNCTION add_entry(entry closure_event) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO closure_event SELECT entry.*;
  PERFORM pg_notify('closure_changed', entry.closure_id);
END $$;

-- `ref` is the closure's own name for its account, `audit_head` the start of its chain; lease_until NULL: nobody has it.
CREATE FUNCTION insert_closure(made jsonb, event jsonb, lease_until bigint) RETURNS closure LANGUAGE plpgsql AS $$
DECLARE
  added closure := jsonb_populate_record(NULL::closure, made);
  entry closure_event := next_entry(added, event);
BEGIN
  added.lease_until := lease_until;
  added.audit_head := entry.hash;
  added.audit_count := entry.seq;
  INSERT INTO closure SELECT added.*;
  PERFORM add_own_name(added, made ->> 'ref');
  PERFORM add_entry(entry);
  IF lease_until IS NULL AND added.due_at <= gateway_now() THEN PERFORM pg_notify('closure_due', ''); END IF;
  RETURN added;
END $$;

-- Links each child to its parent, and records it first unless a live closure has its account. That one is locked
-- against moving until the link is there to be seen: its move must wake the parent.
CREATE FUNCTION add_children(parent_id text, children jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  child jsonb;
  linked text;
BEGIN
  FOR child IN SELECT * FROM jsonb_array_elements(children) LOOP
    SELECT closure.id INTO linked FROM closure_identifier held JOIN closure ON closure.id = held.closure_id
    WHERE held.tenant = child #>> '{closure,tenant}' AND held.provider = child #>> '{closure,provider}'
      AND held.lock_key = child #>> '{closure,lock_key}' AND held.live
    FOR SHARE;
    IF NOT FOUND THEN linked := (insert_closure(child -> 'closure', child -> 'event', NULL)).id; END IF;
    INSERT INTO closure_child (parent_id, child_id) VALUES (add_children.parent_id, linked) ON CONFLICT DO NOTHING;
  END LOOP;
END $$;

-- A closure moved: those that wait for it are looked at again. The fence rises, so that a worker that looked before the
-- move does not go by it; one whose request is on its way is left to it. The time that a provider asked for is kept to.
-- The writer, whose own change moves the child, knows of it.
CREATE FUNCTION wake_parents(child text, writer text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  parent text;
BEGIN
  FOR parent IN SELECT link.parent_id FROM closure_child link WHERE link.child_id = child ORDER BY link.parent_id LOOP
    UPDATE closure SET due_at = CASE WHEN attempts = 0 AND error IS NULL THEN gateway_now() ELSE due_at END,
      lease_until = NULL, fence = fence + 1
    WHERE id = parent AND id IS DISTINCT FROM writer AND include_accounts AND status IN ('REQUESTED', 'UNCONFIRMED')
      AND NOT EXISTS (SELECT FROM attempt sent
        WHERE sent.closure_id = parent AND sent.effect = 'MARKED' AND sent.marked_at + sent.deadline_ms > gateway_now());
    IF FOUND THEN PERFORM pg_notify('closure_due', ''); END IF;
  END LOOP;
END $$;

-- An attempt that has an answer which settled it keeps that: nothing but a person's decision replaces it.
CREATE FUNCTION keep_answer(id text, answer jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE attempt SET effect = answer ->> 'effect', answered_at = (answer ->> 'answered_at')::bigint,
    evidence = coalesce(answer ->> 'evidence', evidence)
  WHERE closure_id = keep_answer.id AND number = (answer ->> 'number')::integer
    AND (answer ->> 'effect' = 'SET_ASIDE' OR effect IN ('MARKED', 'UNKNOWN', 'UNAVAILABLE'));
  IF FOUND THEN RETURN true; END IF;
  PERFORM FROM attempt WHERE closure_id = keep_answer.id AND number = (answer ->> 'number')::integer;
  IF NOT FOUND THEN
    PERFORM refuse_write(id, format('attempt %s is answered and was never marked', answer ->> 'number'));
  END IF;
  RETURN false;
END $$;

CREATE FUNCTION add_mark(id text, mark jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  row attempt := jsonb_populate_record(NULL::attempt, mark);
  next integer := (SELECT coalesce(max(known.number), 0) + 1 FROM attempt known WHERE known.closure_id = add_mark.id);
BEGIN
  IF row.number <> next THEN
    PERFORM refuse_write(id, format('attempt %s is marked where %s is next', row.number, next));
  END IF;
  row.closure_id := id;
  INSERT INTO attempt SELECT row.*;
END $$;
