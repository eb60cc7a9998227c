import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { circumstances, commitOf, keepTable, tableOf } from './report';

const BEFORE = 'Above.\n<!-- kills sqlite: begin -->\nan older table\n<!-- kills sqlite: end -->\nBelow.\n';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'closure-report-'));
  file = join(folder, 'page.md');
  writeFileSync(file, BEFORE);
});
afterEach(() => rmSync(folder, { recursive: true }));

function keep(isWhole: boolean, isGood: boolean): { said: string; page: string } {
  const said = keepTable(file, 'kills sqlite', 'the command', tableOf([['kills', '7']]), { isWhole, isGood });
  return { said, page: readFileSync(file, 'utf8') };
}

it('a whole run that broke no promise takes the place of the table before', () => {
  const table = 'the command\n\n| figure | value |\n|---|---|\n| kills | 7 |';
  expect(keep(true, true)).toEqual({ said: `Kept in ${file}.`, page: BEFORE.replace('an older table', table) });
});

it.each([
  ['a short run', false, true, 'Shorter than the part'],
  ['a run that broke a promise', true, false, 'A promise was broken'],
])('%s leaves the page as it is, and says so', (_, isWhole, isGood, words) => {
  const { said, page } = keep(isWhole, isGood);
  expect(page).toBe(BEFORE);
  expect(said).toContain(words);
});

it('a table may have as many columns as it has heads', () => {
  expect(tableOf([['1', '2 ms', '3']], ['pair', 'well', 'ratio'])).toBe('| pair | well | ratio |\n|---|---|---|\n| 1 | 2 ms | 3 |');
});

describe('the program that a table is of', () => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=anna', '-c', 'user.email=anna@example.com', ...args], { cwd: folder, encoding: 'utf8' }).trim();
  beforeEach(() => rmSync(file));

  it('is named by its commit, and by whether anything but the pages was changed since', () => {
    git('init', '--quiet');
    mkdirSync(join(folder, 'docs'));
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src', 'a.ts'), 'before');
    writeFileSync(join(folder, 'docs', 'a.md'), 'before');
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
    const hash = git('rev-parse', '--short', 'HEAD');
    expect(hash).toMatch(/^[0-9a-f]{4,}$/);

    expect(commitOf(join(folder, 'src'))).toBe(hash);
    writeFileSync(join(folder, 'docs', 'a.md'), 'a table of this run');
    expect(commitOf(join(folder, 'src'))).toBe(hash);
    writeFileSync(join(folder, 'src', 'a.ts'), 'after');
    expect(commitOf(join(folder, 'src'))).toBe(`${hash} with changes`);
  });

  it('is not named where git knows nothing of it', () => {
    expect(commitOf(folder)).toBe('');
  });

  it('stands between the machine and the day', () => {
    const commit = commitOf(__dirname);
    expect(circumstances()).toMatch(new RegExp(`^Node [^,]+, \\d+ processors, load [^,]+, ${commit ? `commit ${commit}, ` : ''}\\d{4}-\\d\\d-\\d\\d$`));
  });
});
