import { join } from 'node:path';
import { newSeed } from './chance';
import { commitBattery } from './commit-battery';
import { diskBattery } from './disk-battery';
import { failpointBattery, recoveryBattery, wishBattery } from './failpoint-battery';
import { familyBattery } from './family-battery';
import { killBattery } from './kill-battery';
import { raceBattery } from './race-battery';
import { circumstances, keepTable, type PartOptions, type PartReport, tableOf } from './report';
import { startPostgres } from '../support/postgres-server';
import { type MakeStore, postgresOn, sqliteFolder } from './stores';
import { rollingBattery } from './rolling-battery';
import { staleBattery } from './stale-battery';
import { wireBattery } from './wire-battery';

/**
 * The long form of the fault battery: `npm run faults`, all parts, or `npm run faults -- kills --store postgres --count 100
 * --seed 7`. Prints each part's figures, and keeps those of whole runs without a fault in docs/reliability.md. Exit status 1
 * when a promise was broken.
 */
type StoreName = 'sqlite' | 'postgres';
/** The stores, with whatever must be there to have them. */
const STORES: Record<StoreName, () => Promise<{ store: MakeStore; dispose(): Promise<void> }>> = {
  sqlite: async () => ({ store: sqliteFolder, dispose: async () => {} }),
  async postgres() {
    const server = await startPostgres();
    return { store: postgresOn(server), dispose: server.dispose };
  },
};
type Part = (options: PartOptions) => Promise<PartReport>;
const ON_EVERY_STORE: Record<string, Part> = {
  failpoints: failpointBattery,
  recoveries: recoveryBattery,
  wishes: wishBattery,
  families: familyBattery,
  kills: killBattery,
  races: raceBattery,
  wire: wireBattery,
};
const PARTS: Record<StoreName, Record<string, Part>> = {
  sqlite: { ...ON_EVERY_STORE, disk: diskBattery },
  postgres: { ...ON_EVERY_STORE, commits: commitBattery, stale: staleBattery, rolling: rollingBattery },
};
const REPORT = join(__dirname, '..', '..', '..', 'docs', 'reliability.md');

interface Request {
  parts: string[];
  store: StoreName;
  count?: number;
  seed: number;
}

/** @throws with a sentence for the person at the terminal */
function requestOf(args: readonly string[]): Request {
  let store = 'sqlite';
  let count: number | undefined;
  let seed = newSeed();
  const parts: string[] = [];
  const rest = [...args];
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    if (next === '--count') count = wholeNumber(next, rest.shift());
    else if (next === '--seed') seed = wholeNumber(next, rest.shift());
    else if (next === '--store') store = rest.shift() ?? '';
    else parts.push(next);
  }
  if (!isStore(store)) throw new Error(`The stores are ${Object.keys(STORES).join(', ')}.`);
  const known = Object.keys(PARTS[store]);
  const unknown = parts.find((part) => !known.includes(part));
  if (unknown !== undefined) throw new Error(`${unknown} is no part. The parts on ${store} are ${known.join(', ')}.`);
  return { store, count, seed, parts: parts.length > 0 ? parts : known };
}

function isStore(name: string): name is StoreName {
  return Object.hasOwn(STORES, name);
}

function wholeNumber(option: string, text: string | undefined): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0 || text === '') throw new Error(`${option} takes a whole number.`);
  return number;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { parts, store: storeName, count, seed } = requestOf(process.argv.slice(2));
  const { store, dispose } = await STORES[storeName]();
  try {
    for (const part of parts) {
      const options = [...(storeName === 'sqlite' ? [] : ['--store', storeName]), ...(count === undefined ? [] : ['--count', count])];
      say(`\n${part}, seed ${seed}`);
      const report = await (PARTS[storeName][part] as Part)({ store, count, seed, say });
      const table = [tableOf(report.rows), ...(report.notes ?? [])].join('\n\n');
      say(`\n${table}\n`);
      const command = ['npm run faults --', part, ...options].join(' ');
      say(keepTable(REPORT, `${part} ${storeName}`, `\`${command}\` (seed ${seed}; ${circumstances()})`, table, report));
      if (!report.isGood) process.exitCode = 1;
    }
  } finally {
    await dispose();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
