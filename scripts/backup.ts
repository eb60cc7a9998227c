/**
 * `npm run backup -- --from .data --to FOLDER`: copies the embedded store into FOLDER, beside a gateway that is at work
 * or without one. See docs/operating.md.
 */
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BackupRefused } from '../src/store/errors';
import { backUpSqliteStore } from '../src/store/sqlite/backup';

const USAGE = 'Say what to copy and where to: npm run backup -- --from .data --to FOLDER';

function folders(): { from: string; to: string } {
  try {
    const { from, to } = parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } }).values;
    if (from && to) return { from, to };
  } catch {
    // An option that does not exist.
  }
  throw new BackupRefused(USAGE);
}

try {
  const copy = backUpSqliteStore(folders());
  console.log(`${copy} is written: ${statSync(copy).size} bytes.`);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  // A full disk, a folder that may not be written: the message says it all.
  console.error(error.message);
  process.exitCode = 1;
}
