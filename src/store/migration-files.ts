import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreTooNew, StoreTooOld } from './errors';

/** From here as from the bundle, which is a folder beside this one. */
const FOLDER = join(__dirname, '..', 'store', 'migrations');
const FILE_NAME = /^(\d{4})-([a-z0-9-]+)\.sql$/;

export interface Migration {
  /** Of its file, without number and ending. */
  name: string;
  sql: string;
}

/** A dialect's migrations, in order: number n is `000n-….sql`, from 1 on without a gap. */
export function migrationFiles(dialect: 'sqlite' | 'postgres'): Migration[] {
  const folder = join(FOLDER, dialect);
  const files = readdirSync(folder).filter((file) => FILE_NAME.test(file));
  files.sort();
  return files.map((file, index) => {
    const [, number, name] = FILE_NAME.exec(file)!;
    if (Number(number) !== index + 1) throw new Error(`Migration ${file} is not number ${index + 1}.`);
    return { name: name!, sql: readFileSync(join(folder, file), 'utf8') };
  });
}

/**
 * For a reader, which knows the tables of one version and makes none.
 * @throws StoreTooNew, StoreTooOld
 */
export function assertVersion(found: number, known: number): void {
  if (found > known) throw new StoreTooNew(found, known);
  if (found < known) throw new StoreTooOld(found, known);
}
