-- The write has no claim, so it raises the fence and the version: whoever decided without this evidence, a worker or a
-- person, must not go on.
CREATE OR REPLACE FUNCTION record_late_answer(id text, answer jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM closure WHERE closure.id = record_late_answer.id FOR NO KEY UPDATE;
  IF NOT keep_answer(id, answer) THEN RETURN; END IF;
  UPDATE closure SET due_at = gateway_now(), lease_until = NULL, fence = fence + 1, version = version + 1
  WHERE closure.id = record_late_answer.id AND NOT is_terminal(status);
  IF FOUND THEN PERFORM pg_notify('closure_due', ''); END IF;
END $$;
