-- What is due of one provider: those that have no room, or whose bank is out of service, may have any number waiting.
CREATE INDEX closure_due_by_provider ON closure (provider, due_at) WHERE due_at IS NOT NULL;

-- The functions here are planned anew at each call: a plan that a connection made while the tables were empty, and kept,
-- would read a full table from end to end.

-- From one provider to the next in the index, however many rows each has.
CREATE FUNCTION providers_with_due(not_providers text[]) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  one text;
BEGIN
  LOOP
    SELECT provider INTO one FROM closure WHERE due_at IS NOT NULL AND (one IS NULL OR provider > one) ORDER BY provider LIMIT 1;
    EXIT WHEN NOT FOUND;
    IF one <> ALL (not_providers) THEN RETURN NEXT one; END IF;
  END LOOP;
END $$;

-- In place of gateway_claim, which is for gateways of the versions before. Of several providers it locks more than it
-- claims, until its commit: workers name all providers but one.
CREATE FUNCTION gateway_claim_due(most integer, lease_ms bigint, not_closures text[], not_providers text[]) RETURNS jsonb
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  clock bigint := gateway_now();
  bank text;
  due text[] := '{}';
  claimed text[];
BEGIN
  FOR bank IN SELECT * FROM providers_with_due(not_providers) LOOP
    due := due || ARRAY(
      SELECT id FROM closure
      WHERE provider = bank AND due_at <= clock AND (lease_until IS NULL OR lease_until <= clock) AND id <> ALL (not_closures)
      ORDER BY due_at LIMIT most FOR NO KEY UPDATE SKIP LOCKED);
  END LOOP;
  WITH first AS (
    SELECT id FROM closure WHERE id = ANY (due) ORDER BY due_at LIMIT most
  ), taken AS (
    UPDATE closure SET fence = fence + 1, lease_until = clock + lease_ms FROM first WHERE closure.id = first.id RETURNING closure.id
  )
  SELECT array_agg(id) INTO claimed FROM taken;
  RETURN (
    SELECT coalesce(jsonb_agg(jsonb_build_object('closure', one, 'attempts', (
      SELECT coalesce(jsonb_agg(made ORDER BY made.number), '[]') FROM attempt made WHERE made.closure_id = one.id
    )) ORDER BY one.due_at), '[]')
    FROM closure one WHERE one.id = ANY (claimed));
END $$;

-- When the next closure is due, or the claim on one that is ends, epoch ms; NULL: nothing waits. STABLE, so that all of it
-- sees one moment: what is let go of in between would be in neither part.
CREATE FUNCTION gateway_next_due(not_closures text[], not_providers text[]) RETURNS bigint
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  bank text;
  at bigint;
  next bigint;
BEGIN
  FOR bank IN SELECT * FROM providers_with_due(not_providers) LOOP
    SELECT due_at INTO at FROM closure
    WHERE provider = bank AND due_at IS NOT NULL AND lease_until IS NULL AND id <> ALL (not_closures) ORDER BY due_at LIMIT 1;
    next := least(next, at);
  END LOOP;
  -- Whatever is claimed is some worker's, and few.
  SELECT min(greatest(due_at, lease_until)) INTO at FROM closure
  WHERE lease_until IS NOT NULL AND due_at IS NOT NULL AND id <> ALL (not_closures) AND provider <> ALL (not_providers);
  RETURN least(next, at);
END $$;
