import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../support/child';

/** What `npm run build` makes of a working copy: the program is never older than what it is made of, and never half there. */

const COPIED = ['package.json', 'package-lock.json', '.swcrc', 'scripts', 'src', 'providers'];
let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'closure-build-'));
  program = join(folder, 'dist', 'src', 'bundle', 'gateway.js');
  for (const name of COPIED) cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function build(): void {
  execFileSync('node', ['scripts/build.mjs'], { cwd: folder });
}

/** Leaves a trace of itself in the program. */
function change(word: string): void {
  const source = join(folder, 'src', 'main.ts');
  writeFileSync(source, `${readFileSync(source, 'utf8').replace(/\nprocess\.title = .*/g, '')}\nprocess.title = '${word}';\n`);
}

const traces = (): string[] => [...readFileSync(program, 'utf8').matchAll(/^process\.title = "(\w+)"/gm)].map(([, word]) => String(word));

it('the program has what the sources have', () => {
  change('first');
  build();
  expect(traces()).toEqual(['first']);
  change('second');
  build();
  expect(traces()).toEqual(['second']);
});

it('what is up to date is left alone', () => {
  build();
  const before = statSync(program);
  build();
  expect(statSync(program)).toMatchObject({ mtimeMs: before.mtimeMs, ino: before.ino });
});

it.each([
  ['the build before it was broken off', () => utimesSync(program, 0, 0)],
  ['it is gone', () => rmSync(program)],
  [
    'other versions of the packages are locked',
    () => writeFileSync(join(folder, 'package-lock.json'), `${readFileSync(join(folder, 'package-lock.json'), 'utf8')}\n`),
  ],
])('it is made again when %s', (_what, happens) => {
  build();
  const before = statSync(program).ino;
  happens();
  build();
  expect(statSync(program).ino).not.toBe(before);
  expect(traces()).toEqual(['second']);
});

it('several builds at once all end with the new program, whole, and leave nothing else', async () => {
  change('third');
  const all: Child[] = Array.from({ length: 3 }, () => startChild('node', ['scripts/build.mjs'], {}, { cwd: folder }));
  const seen = await Promise.all(all.map(async (one) => ({ status: await one.ended, stderr: one.stderr(), traces: traces() })));
  expect(seen).toEqual(all.map(() => ({ status: 0, stderr: '', traces: ['third'] })));
  expect(readdirSync(join(program, '..'))).toEqual(['gateway.js']);
});
