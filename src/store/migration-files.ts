import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, 'migrations');
const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

/** The texts of a dialect's migrations, in order: number n is `000n-….sql`, from 1 on without a gap. */
export function migrationTexts(dialect: 'sqlite' | 'postgres'): string[] {
  const folder = join(FOLDER, dialect);
  const names = readdirSync(folder).filter((name) => FILE_NAME.test(name));
  names.sort();
  return names.map((name, index) => {
    if (Number(name.slice(0, 4)) !== index + 1) throw new Error(`Migration ${name} is not number ${index + 1}.`);
    return readFileSync(join(folder, name), 'utf8');
  });
}
