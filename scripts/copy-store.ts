/**
 * `npm run copy-store -- --from .data --to postgres://user@host/database`: takes the embedded store of a gateway that
 * does not run to PostgreSQL. A password may be in PGPASSWORD, so that nobody reads it in a list of processes.
 */
import { parseArgs } from 'node:util';
import { copyStore } from '../src/store/copy';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } });
  const { from, to } = values;
  if (!from || !to || !/^postgres(ql)?:\/\//.test(to)) throw new Error('Give --from FOLDER and --to postgres://user:password@host:port/database.');
  await copyStore({ dataDir: from, url: to, now: Date.now(), copied: (table, rows) => console.log(`${table}: ${rows} rows`) });
  console.log(`Copied. Start the gateway with DATABASE_URL from now on; ${from} is marked, and is not worked on any more.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
