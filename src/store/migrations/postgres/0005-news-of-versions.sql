-- Whoever watches a closure is told of every change that a caller could see, also of one without a line in the history.
CREATE FUNCTION tell_of_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('closure_changed', NEW.id);
  RETURN NULL;
END $$;

CREATE TRIGGER closure_version AFTER UPDATE OF version ON closure
  FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION tell_of_version();
