import { PGlite } from '@electric-sql/pglite';
import { type Driver, type SqlParam, storableParams } from '../../src/store/postgres/driver';

/**
 * The store's {@link Driver} on PGlite, PostgreSQL in this process: a test double where no server is installed. It has
 * one connection and never waits for a disk.
 */
export function pgliteDriver(db: PGlite): Driver {
  let closed = false;
  const listening: (() => Promise<void>)[] = [];

  async function query(sql: string, params: readonly SqlParam[] = []) {
    if (closed) throw new Error('The driver is closed.');
    if (params.length === 0) return ((await db.exec(sql)).at(-1)?.rows ?? []) as Record<string, unknown>[];
    return (await db.query<Record<string, unknown>>(sql, storableParams(params))).rows;
  }

  return {
    query,
    session: (use) => use(query),
    async listen(channels, heard) {
      for (const channel of channels) listening.push(await db.listen(channel, (payload) => heard(channel, payload)));
    },
    async close() {
      closed = true;
      for (const end of listening) await end();
    },
  };
}
