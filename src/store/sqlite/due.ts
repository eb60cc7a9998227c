import type { NotNow } from '../../ports/store';
import type { Database } from './database';

export const NOBODY: NotNow = { closures: [], providers: [] };

/** The condition that leaves alone the closures of a JSON array. */
export const NOT_AMONG = 'id NOT IN (SELECT value FROM json_each(?))';

/**
 * The providers of which something is or becomes due, but for those that are left alone. From one to the next in the
 * index: a provider that is out of service may have any number waiting, and must not cost the others anything.
 */
export function providersWithDue(db: Database, { providers }: NotNow): string[] {
  const rows = db.all(
    `WITH RECURSIVE waiting (provider) AS (
       SELECT min(provider) FROM closure WHERE due_at IS NOT NULL
       UNION ALL
       SELECT (SELECT min(provider) FROM closure WHERE due_at IS NOT NULL AND provider > waiting.provider) FROM waiting WHERE provider IS NOT NULL
     ) SELECT provider FROM waiting WHERE provider IS NOT NULL`,
  );
  return rows.map(({ provider }) => provider as string).filter((provider) => !providers.includes(provider));
}
