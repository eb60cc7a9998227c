import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { providerDefinitions } from '../../providers/registry.generated';

/** A word that is no English one, and so names a bank by itself. */
const COINED = /^\w*[a-z][A-Z]\w*$/;

const ROOT = join(__dirname, '..', '..');

function sourcesBelow(...folders: string[]): { path: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') })),
  );
}

const pathsWith = (pattern: RegExp, ...folders: string[]) =>
  sourcesBelow(...folders)
    .filter(({ text }) => pattern.test(text))
    .map(({ path }) => path);

describe('the source', () => {
  it('reads the environment in one place', () => {
    expect(pathsWith(/process\s*\.\s*env|process\[/, 'src', 'providers')).toEqual(['src/config/load-config.ts']);
  });

  it('names no provider outside its folder', () => {
    const names = providerDefinitions.flatMap(({ name, displayName }) => [name, ...displayName.split(' ').filter((word) => COINED.test(word))]);
    expect(names.length).toBeGreaterThan(0);
    const pattern = new RegExp(names.join('|'), 'i');
    // As it is written alone: there are banks that are called "Column" and "Unit".
    const shown = providerDefinitions.map(({ displayName }) => displayName);
    const naming = sourcesBelow('src').filter(({ path, text }) => pattern.test(path) || pattern.test(text) || shown.some((name) => text.includes(name)));
    expect(naming.map(({ path }) => path)).toEqual([]);
  });

  it('knows of every folder of a provider', () => {
    const folders = readdirSync(join(ROOT, 'providers'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(providerDefinitions.map(({ name }) => name)).toEqual(folders.map(({ name }) => name).toSorted());
  });

  it('has the fictional bank in its own folder alone', () => {
    const folders = ['src', 'providers', 'scripts', 'bench', 'schema', 'test'];
    const elsewhere = pathsWith(/atlantis/i, ...folders).filter((path) => !path.startsWith('test/fictional-provider/'));
    expect(elsewhere).toEqual(['test/main/boundaries.test.ts']);
  });
});
