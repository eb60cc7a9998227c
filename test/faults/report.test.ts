import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepTable, tableOf } from './report';

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
