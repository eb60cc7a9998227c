-- What may be forgotten is found without a look at what may not.
CREATE INDEX closure_kept_key ON closure (status, status_since) WHERE idempotency_key IS NOT NULL;
CREATE INDEX webhook_event_settled ON webhook_event (outcome, received_at) WHERE outcome IS NOT NULL;
