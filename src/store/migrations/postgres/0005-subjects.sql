-- A page of what one subject asked for.
CREATE INDEX closure_by_subject ON closure (tenant, subject, id);
