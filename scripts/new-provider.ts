/**
 * `npm run new:provider -- acme`: writes the folder of a new provider and its contract test, which is red until the
 * provider is written. See docs/adding-a-provider.md.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = process.cwd();
const templates = join(root, 'scripts', 'templates', 'provider');
const CONTRACT_TEST = 'contract.test.ts';
/** As an id in PROVIDERS: the folder's name is the id that most will configure it under. */
const NAME = /^[a-z][a-z0-9_]{0,31}$/;

class Refused extends Error {}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function checkedName(given: readonly string[]): string {
  const [name, ...rest] = given;
  if (name === undefined || rest.length > 0) throw new Refused('Give one name: npm run new:provider -- acme');
  if (!NAME.test(name)) throw new Refused(`${JSON.stringify(name)} is no name for a provider: a-z, then up to 31 of a-z, 0-9 and _.`);
  const where = filesBelow('src').find((path) => readFileSync(path, 'utf8').toLowerCase().includes(name));
  if (where) throw new Refused(`"${name}" stands in ${where.slice(root.length + 1)} already, and no file under src/ may name a provider: choose a name of its own.`);
  return name;
}

/** Where each template goes. */
function targetsFor(name: string): [template: string, target: string][] {
  return filesBelow(join('scripts', 'templates', 'provider')).map((template) => {
    const path = template.slice(templates.length + 1).replace(/\.template$/, '');
    return [template, path === CONTRACT_TEST ? join('test', 'provider-contract', `${name}.test.ts`) : join('providers', name, path)];
  });
}

function main(): void {
  const name = checkedName(process.argv.slice(2));
  const targets = targetsFor(name);
  const taken = [join('providers', name), ...targets.map(([, target]) => target)].find((path) => existsSync(join(root, path)));
  if (taken) throw new Refused(`${taken} exists already.`);

  const words = name.split('_').filter(Boolean).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const values: Record<string, string> = { name, Class: words.join(''), display: words.join(' ') };
  for (const [template, target] of targets) {
    const text = readFileSync(template, 'utf8').replaceAll(/\{\{(\w+)\}\}/g, (mark, key: string) => values[key] ?? mark);
    mkdirSync(dirname(join(root, target)), { recursive: true });
    writeFileSync(join(root, target), text, { flag: 'wx' });
    console.log(target);
  }
  console.log(`\nNext: npx jest test/provider-contract/${name} shows what is missing; docs/adding-a-provider.md says how.`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
