-- What is due of one provider: those that have no room, or whose bank is out of service, may have any number waiting.
CREATE INDEX closure_due_by_provider ON closure (provider, due_at) WHERE due_at IS NOT NULL;
