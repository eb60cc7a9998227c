import type { ClosureStatus } from '../../domain/closure-status';
import type { Backlog, Census } from '../../ports/census';
import type { Query } from './driver';

/**
 * See ClosureStore.census. Closures are counted along an index: numbers that every write of every process would have to
 * keep up would be rows that all of them wait for.
 */
export async function takeCensus(query: Query, most: number): Promise<Census> {
  const rows = await query(
    `SELECT provider, status, count(*) AS count, gateway_now() - min(status_since) FILTER (WHERE NOT is_terminal(status)) AS age
     FROM closure GROUP BY provider, status ORDER BY provider, status`,
  );
  const closures = rows.map((row) => ({
    provider: row.provider as string,
    status: row.status as ClosureStatus,
    count: Number(row.count),
    oldestMs: numberOrNull(row.age),
  }));
  const due = await backlog(query, 'SELECT due_at AS at FROM closure WHERE due_at <= (SELECT gateway_now()) ORDER BY due_at LIMIT $1', most);
  const inbox = await backlog(query, 'SELECT received_at AS at FROM webhook_event WHERE outcome IS NULL ORDER BY received_at LIMIT $1', most);
  return { closures, due, inbox };
}

async function backlog(query: Query, waiting: string, most: number): Promise<Backlog> {
  const [row] = await query(`SELECT count(*) AS count, gateway_now() - min(at) AS age FROM (${waiting}) AS waiting`, [most]);
  return { count: Number(row?.count), oldestMs: numberOrNull(row?.age) };
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
