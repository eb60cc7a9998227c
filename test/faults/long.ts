import { join } from 'node:path';
import { newSeed } from './chance';
import { diskBattery } from './disk-battery';
import { failpointBattery } from './failpoint-battery';
import { familyBattery } from './family-battery';
import { killBattery } from './kill-battery';
import { raceBattery } from './race-battery';
import { circumstances, type PartOptions, type PartReport, tableOf, writeBetweenMarks } from './report';
import { type MakeStore, sqliteFolder } from './stores';
import { wireBattery } from './wire-battery';

/**
 * The long form of the fault battery: `npm run faults`, all parts, or `npm run faults -- kills --count 100 --seed 7`.
 * Prints each part's figures and keeps them in docs/reliability.md. Exit status 1 when a promise was broken.
 */
const PARTS: Record<string, (options: PartOptions) => Promise<PartReport>> = {
  failpoints: failpointBattery,
  families: familyBattery,
  kills: killBattery,
  races: raceBattery,
  wire: wireBattery,
  disk: diskBattery,
};
const STORES: Record<string, MakeStore> = { sqlite: sqliteFolder };
const REPORT = join(__dirname, '..', '..', '..', 'docs', 'reliability.md');

interface Wishes {
  parts: string[];
  store: string;
  count?: number;
  seed: number;
}

/** @throws with a sentence for the person at the terminal */
function wishesOf(args: readonly string[]): Wishes {
  const wishes: Wishes = { parts: [], store: 'sqlite', seed: newSeed() };
  const rest = [...args];
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    if (next === '--count') wishes.count = wholeNumber(next, rest.shift());
    else if (next === '--seed') wishes.seed = wholeNumber(next, rest.shift());
    else if (next === '--store') wishes.store = rest.shift() ?? '';
    else if (Object.hasOwn(PARTS, next)) wishes.parts.push(next);
    else throw new Error(`${next} is no part. The parts are ${Object.keys(PARTS).join(', ')}.`);
  }
  if (!Object.hasOwn(STORES, wishes.store)) throw new Error(`The stores are ${Object.keys(STORES).join(', ')}.`);
  return wishes.parts.length > 0 ? wishes : { ...wishes, parts: Object.keys(PARTS) };
}

function wholeNumber(option: string, text: string | undefined): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0 || text === '') throw new Error(`${option} takes a whole number.`);
  return number;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { parts, store: storeName, count, seed } = wishesOf(process.argv.slice(2));
  const store = STORES[storeName] as MakeStore;
  for (const part of parts) {
    const command = ['npm run faults --', part, ...(count === undefined ? [] : ['--count', count])].join(' ');
    say(`\n${part}, seed ${seed}`);
    const { rows, isGood } = await (PARTS[part] as (typeof PARTS)[string])({ store, count, seed, say });
    const table = tableOf(rows);
    say(`\n${table}`);
    writeBetweenMarks(REPORT, `${part} ${storeName}`, `\`${command}\` (seed ${seed}; ${circumstances()})\n\n${table}`);
    if (!isGood) process.exitCode = 1;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
