import { CLOSURE_STATUSES, type ClosureStatus, isTerminal } from '../../domain/closure-status';
import type { Backlog, Census } from '../../ports/census';
import type { Database } from './database';

/** In the words of the index that serves it. */
const IS_LIVE = `status IN (${CLOSURE_STATUSES.filter((status) => !isTerminal(status)).map((status) => `'${status}'`).join(', ')})`;

/** See ClosureStore.census. It costs the same however many closures there are. */
export function takeCensus(db: Database, now: number, most: number): Census {
  const rows = db.all(
    `SELECT status, provider, count,
       (SELECT min(status_since) FROM closure
        WHERE closure.status = closure_count.status AND closure.provider = closure_count.provider AND ${IS_LIVE}) AS oldest
     FROM closure_count ORDER BY provider, status`,
  );
  const closures = rows.map((row) => ({
    provider: row.provider as string,
    status: row.status as ClosureStatus,
    count: Number(row.count),
    oldestMs: row.oldest === null ? null : now - Number(row.oldest),
  }));
  const due = backlog(db, now, 'SELECT due_at AS at FROM closure WHERE due_at <= ? ORDER BY due_at LIMIT ?', [now, most]);
  const inbox = backlog(db, now, 'SELECT received_at AS at FROM webhook_event WHERE outcome IS NULL ORDER BY received_at LIMIT ?', [most]);
  return { closures, due, inbox };
}

function backlog(db: Database, now: number, waiting: string, params: readonly number[]): Backlog {
  const [row] = db.all(`SELECT count(*) AS count, min(at) AS oldest FROM (${waiting})`, params);
  const oldest = row?.oldest ?? null;
  return { count: Number(row?.count), oldestMs: oldest === null ? null : now - Number(oldest) };
}
