import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Postgres from '../../src/store/postgres';
import type * as Sqlite from '../../src/store/sqlite';
import { type Failpoint, withFailpoint } from './failpoints';

/**
 * The gateway's own program, with a store that ends it by SIGKILL at one statement: FAILPOINT="3 before", or nothing
 * to run through. Each statement is told of on stdout. Production code has no part in this: the modules that
 * open the stores are exchanged before the program asks for them.
 */
const load = createRequire(__filename);

function failpoint(): Failpoint | null {
  const [number, when] = (process.env.FAILPOINT ?? '').split(' ');
  return when === 'before' || when === 'after' ? { number: Number(number), when } : null;
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('Nothing is left to run this.');
}

const watch = { failpoint: failpoint(), reached: (number: number, name: string) => void writeSync(1, `failpoint ${number} ${name}\n`), die };

/** Has the program get another module from here on, made of the real one. */
function exchange<Module extends object>(name: string, other: (real: Module) => Partial<Module>): void {
  const path = load.resolve(name);
  const real = load(path) as Module;
  const known = load.cache[path];
  if (!known) throw new Error(`${name} is not a module of its own any more.`);
  known.exports = { ...real, ...other(real) };
}

exchange<typeof Sqlite>('../../src/store/sqlite', ({ openSqliteStore }) => ({
  openSqliteStore: async (options) => withFailpoint(await openSqliteStore(options), watch),
}));
exchange<typeof Postgres>('../../src/store/postgres', ({ openPostgresStore }) => ({
  async openPostgresStore(url) {
    const { store, clock } = await openPostgresStore(url);
    return { store: withFailpoint(store, watch), clock };
  },
}));

load('../../src/main');
