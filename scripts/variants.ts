import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { circumstances, type Row, tableOf, writeBetweenMarks } from '../test/faults/report';
import { type Variant, VARIANTS } from './variants-list';

/**
 * Shows that the tests notice mistakes: each variant of the source has one, and each test file it names must fail on it.
 * `npm run variants` works on a copy in a temporary folder; with words behind `--`, on the variants that have one of
 * them in their names. A whole run keeps its table in docs/reliability.md. Exit status 1 where a variant goes unnoticed,
 * or where its text is not in the source exactly once.
 */
const ROOT = join(__dirname, '..', '..');
const REPORT = join(ROOT, 'docs', 'reliability.md');
const COPIED = ['src', 'providers', 'scripts', 'test', 'schema', 'package.json', 'tsconfig.json', 'jest.config.cjs', '.swcrc'];
/** A run that takes longer hangs, ms. */
const LONGEST_RUN_MS = 15 * 60_000;
/** A test that waits for what a variant never does waits no longer, ms. The unbroken source has to do with as much. */
const TEST_TIMEOUT_MS = 15_000;

/** The part of Jest's report that is read here. */
interface Report {
  numRuntimeErrorTestSuites: number;
  testResults: { name: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
}

/** What the tests say: nothing, or in each file the first that failed. */
type Outcome = { kind: 'passed' } | { kind: 'failed'; by: string[] } | { kind: 'broken'; why: string };

function run(copy: string, tests: readonly string[], only?: string): Outcome {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const jest = join(copy, 'node_modules', 'jest', 'bin', 'jest.js');
  // What a variant leaves open must not hold up the next one.
  const options = ['--ci', '--forceExit', '--json', '--outputFile', report, '--cacheDirectory', join(copy, 'cache'), '--testTimeout', String(TEST_TIMEOUT_MS), ...(only ? ['-t', only] : [])];
  const { error } = spawnSync(process.execPath, [jest, ...options, '--runTestsByPath', ...tests], { cwd: copy, stdio: 'ignore', timeout: LONGEST_RUN_MS });
  if (error || !existsSync(report)) return { kind: 'broken', why: error?.message ?? 'Jest wrote no report.' };
  const { numRuntimeErrorTestSuites, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  // A file that does not even load proves nothing about the tests in it.
  if (numRuntimeErrorTestSuites > 0) return { kind: 'broken', why: testResults.map(({ message }) => message).join('\n') };
  const by = testResults.flatMap(({ name, assertionResults }) => {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    return failed ? [`\`${relative(realpathSync(copy), name)}\`: ${failed.fullName}`] : [];
  });
  return by.length > 0 ? { kind: 'failed', by } : { kind: 'passed' };
}

/**
 * @returns what undoes it
 * @throws where a text is not in its file exactly once
 */
function apply(copy: string, { name, patches }: Variant): () => void {
  const sound = new Map(patches.map(([file]) => [join(copy, file), readFileSync(join(copy, file), 'utf8')]));
  for (const [file, text, replacement] of patches) {
    const path = join(copy, file);
    const parts = readFileSync(path, 'utf8').split(text);
    if (parts.length !== 2) throw new Error(`"${name}": ${file} has its text ${parts.length - 1} times: ${text.trim()}`);
    writeFileSync(path, parts.join(replacement));
  }
  return () => sound.forEach((text, path) => writeFileSync(path, text));
}

/** @returns the tests that noticed the variant; null: some file that should have did not */
function caughtBy(copy: string, variant: Variant): string[] | null {
  const undo = apply(copy, variant);
  const outcome = run(copy, variant.tests, variant.only);
  undo();
  const by = outcome.kind === 'failed' ? outcome.by : [];
  const isCaught = by.length === variant.tests.length;
  console.log(`${outcome.kind === 'broken' ? 'BROKEN    ' : isCaught ? 'caught    ' : 'NOT CAUGHT'}  ${variant.name}`);
  for (const test of by) console.log(`            by ${test}`);
  if (outcome.kind === 'broken') console.log(outcome.why);
  return isCaught ? by : null;
}

function main(): boolean {
  const words = process.argv.slice(2);
  const chosen = VARIANTS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  const copy = mkdtempSync(join(tmpdir(), 'closure-variants-'));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const variant of chosen) apply(copy, variant)();
    for (const only of new Set(chosen.map((variant) => variant.only))) {
      const alike = chosen.filter((variant) => variant.only === only);
      const sound = run(copy, [...new Set(alike.flatMap(({ tests }) => tests))], only);
      if (sound.kind !== 'passed') throw new Error(`Unbroken, the tests must pass: ${sound.kind === 'failed' ? sound.by.join(', ') : sound.why}`);
    }
    console.log('unbroken    all of these tests pass\n');
    const rows = chosen.map((variant): Row => [variant.name, caughtBy(copy, variant)?.join('; ') ?? 'nothing']);
    const caught = rows.filter(([, by]) => by !== 'nothing').length;
    const result = `${caught} of ${chosen.length} caught`;
    console.log(`\n${result}`);
    if (words.length === 0) {
      const table = tableOf(rows, ['mistake', 'noticed by']);
      writeBetweenMarks(REPORT, 'variants', `\`npm run variants\` (${circumstances()})\n\n${result}:\n\n${table}`);
    }
    return caught === chosen.length;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

process.exitCode = main() ? 0 : 1;
