import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ClosureStore } from '../../src/ports/store';
import { type Failpoint, withFailpoint } from './failpoints';

/**
 * The gateway's own program, with a store that ends it by SIGKILL at one statement: FAILPOINT="3 before", or nothing
 * to run through. Each statement is told of on stdout. Production code has no part in this: the module that opens the
 * store is exchanged before the program asks for it.
 */
const load = createRequire(__filename);
const STORE_MODULE = load.resolve('../../src/store/sqlite');

function failpoint(): Failpoint | null {
  const [number, when] = (process.env.FAILPOINT ?? '').split(' ');
  return when === 'before' || when === 'after' ? { number: Number(number), when } : null;
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('Nothing is left to run this.');
}

type StoreModule = { openSqliteStore(options: unknown): Promise<ClosureStore> };
const real = load(STORE_MODULE) as StoreModule;
const watch = { failpoint: failpoint(), reached: (number: number, name: string) => void writeSync(1, `failpoint ${number} ${name}\n`), die };
const storeModule = load.cache[STORE_MODULE];
if (!storeModule) throw new Error('The store is not a module of its own any more.');
storeModule.exports = {
  ...real,
  openSqliteStore: async (options: unknown) => withFailpoint(await real.openSqliteStore(options), watch),
} satisfies StoreModule;

load('../../src/main');
