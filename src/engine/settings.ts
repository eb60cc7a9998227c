/** What operators can tune. Durations are ms. */
export interface EngineSettings {
  /** How long `closeAccount` waits for the first answer before it returns what is known. */
  closeWaitMs: number;
  /** Bounds of the growing interval at which a closing account is read. */
  pollMinMs: number;
  pollMaxMs: number;
  /** Bounds of the growing interval of retries and reconciliation. */
  retryMinMs: number;
  retryMaxMs: number;
  /** How long an unresolved request may be resent, from its mark. */
  reconcileHorizonMs: number;
  /** How long after CLOSED a read that shows the account open means nothing. */
  reopenGraceMs: number;
  /** How long one provider request may take. */
  providerTimeoutMs: number;
  /** How long a webhook event is kept, from its receipt, once it was applied. */
  webhookRetentionMs: number;
  /** How many closures of one provider a process works on at once. */
  workers: number;
  /** How many close requests may wait to be recorded at once; one more is turned away. */
  maxInFlightCloses: number;
  /** How late the process may run before close requests are turned away. */
  maxLagMs: number;
  /** How many closings one subject, and all of a tenant, may ask for in an hour; undefined: any number. */
  maxClosesPerHourBySubject?: number;
  maxClosesPerHourByTenant?: number;
}

/**
 * How long a claim holds: a token, a pool slot and a request must fit, and every commit on the way renews it.
 * Longer than any single wait of a healthy worker, short enough that a dead one is soon replaced.
 */
export function leaseMs({ providerTimeoutMs }: Pick<EngineSettings, 'providerTimeoutMs'>): number {
  return 2 * providerTimeoutMs + 5_000;
}
