import { StoreNotDurable, StoreUnreachable } from '../errors';
import type { Query } from './driver';

/** A statement that takes longer is given up by the database, ms. */
export const STATEMENT_TIMEOUT_MS = 10_000;

const SETTINGS = `
  SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
    current_setting('synchronous_commit') AS synchronous_commit,
    (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit') AS next_synchronous_commit, current_setting('server_encoding') AS encoding,
    pg_is_in_recovery() AS standby`;

/**
 * Prepares a new connection. A role and a database may have settings of their own, and they may have changed since the
 * connection before, so each one is made and looked at anew. What `synchronous_commit` is then it stays for as long as the
 * connection lasts: where the server's own becomes off, what was acknowledged here is durable still.
 * @throws StoreNotDurable naming the setting
 */
export async function prepareSession(query: Query): Promise<void> {
  await makeSettings(query);
  await query("SELECT set_config('synchronous_commit', current_setting('synchronous_commit'), false)");
  await assertDurable(query);
}

/** Prepares a new connection that is for reading alone: a standby, or a database that loses writes, can be read. */
export async function prepareReader(query: Query): Promise<void> {
  await makeSettings(query);
  await query("SELECT set_config('default_transaction_read_only', 'on', false)");
}

async function makeSettings(query: Query): Promise<void> {
  await query(
    `SELECT set_config('default_transaction_isolation', 'read committed', false), set_config('statement_timeout', $1, false),
       set_config('idle_in_transaction_session_timeout', $1, false), set_config('client_min_messages', 'warning', false)`,
    [String(STATEMENT_TIMEOUT_MS)],
  );
}

/**
 * Asks the database itself whether an acknowledged write survives the loss of its power.
 * @throws StoreNotDurable naming the setting
 * @throws StoreUnreachable for a standby, and for an encoding that cannot keep every text
 */
export async function assertDurable(query: Query): Promise<void> {
  const [found] = await query(SETTINGS);
  for (const setting of ['fsync', 'full_page_writes'] as const) {
    if (found?.[setting] !== 'on') throw new StoreNotDurable(setting, 'on', String(found?.[setting]));
  }
  // Its other values wait for the server's own disk at least, and for standbys beside it. The next connection gets the other one.
  if (found?.synchronous_commit === 'off' || found?.next_synchronous_commit === 'off') throw new StoreNotDurable('synchronous_commit', 'on', 'off');
  if (found?.standby) throw new StoreUnreachable('it is a standby, which takes no writes');
  if (found?.encoding !== 'UTF8') throw new StoreUnreachable(`its encoding is ${String(found?.encoding)}, and must be UTF8`);
}
