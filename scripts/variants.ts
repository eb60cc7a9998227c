import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Variant, VARIANTS } from './variants-list';

/**
 * Shows that the tests notice mistakes: each variant of the source has one, and some test must fail on it.
 * `npm run variants` works on a copy in a temporary folder; with words behind `--`, on the variants that have one of
 * them in their names. Exit status 1 where a variant goes unnoticed, or where its text is not in the source any more.
 */
const ROOT = join(__dirname, '..', '..');
const COPIED = ['src', 'providers', 'scripts', 'test', 'schema', 'package.json', 'tsconfig.json', 'jest.config.cjs', '.swcrc'];
/** A run that takes longer hangs, ms. */
const LONGEST_RUN_MS = 15 * 60_000;

/** The part of Jest's report that is read here. */
interface Report {
  numRuntimeErrorTestSuites: number;
  testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[];
}

/** What the tests say: nothing, or the name of the first that failed. */
type Outcome = { kind: 'passed' } | { kind: 'failed'; test: string } | { kind: 'broken'; why: string };

function run(copy: string, tests: readonly string[], only?: string): Outcome {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const jest = join(copy, 'node_modules', 'jest', 'bin', 'jest.js');
  const options = ['--ci', '--json', '--outputFile', report, '--cacheDirectory', join(copy, 'cache'), ...(only ? ['-t', only] : [])];
  const { error } = spawnSync(process.execPath, [jest, ...options, '--runTestsByPath', ...tests], { cwd: copy, stdio: 'ignore', timeout: LONGEST_RUN_MS });
  if (error || !existsSync(report)) return { kind: 'broken', why: error?.message ?? 'Jest wrote no report.' };
  const { numRuntimeErrorTestSuites, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  // A file that does not even load proves nothing about the tests in it.
  if (numRuntimeErrorTestSuites > 0) return { kind: 'broken', why: testResults.map(({ message }) => message).join('\n') };
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults).find(({ status }) => status === 'failed');
  return failed ? { kind: 'failed', test: failed.fullName } : { kind: 'passed' };
}

/** @throws where a text is not in its file exactly once */
function apply(copy: string, { name, patches }: Variant): void {
  for (const [file, text, replacement] of patches) {
    const path = join(copy, file);
    const parts = readFileSync(path, 'utf8').split(text);
    if (parts.length !== 2) throw new Error(`"${name}": ${file} has its text ${parts.length - 1} times: ${text.trim()}`);
    writeFileSync(path, parts.join(replacement));
  }
}

function restore(copy: string, { patches }: Variant): void {
  for (const [file] of patches) cpSync(join(ROOT, file), join(copy, file));
}

/** @returns whether the variant was noticed */
function isCaught(copy: string, variant: Variant): boolean {
  apply(copy, variant);
  const outcome = run(copy, variant.tests, variant.only);
  restore(copy, variant);
  const told = { passed: 'NOT CAUGHT', failed: 'caught    ', broken: 'BROKEN    ' }[outcome.kind];
  console.log(`${told}  ${variant.name}`);
  if (outcome.kind === 'failed') console.log(`            by: ${outcome.test}`);
  if (outcome.kind === 'broken') console.log(outcome.why);
  return outcome.kind === 'failed';
}

function main(): boolean {
  const words = process.argv.slice(2);
  const chosen = VARIANTS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  const copy = mkdtempSync(join(tmpdir(), 'closure-variants-'));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const variant of chosen) {
      apply(copy, variant);
      restore(copy, variant);
    }
    const sound = run(copy, [...new Set(chosen.flatMap(({ tests }) => tests))]);
    if (sound.kind !== 'passed') throw new Error(`Unbroken, the tests must pass: ${sound.kind === 'failed' ? sound.test : sound.why}`);
    console.log('unbroken    all of these tests pass\n');
    const caught = chosen.filter((variant) => isCaught(copy, variant)).length;
    console.log(`\n${caught} of ${chosen.length} caught`);
    return caught === chosen.length;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

process.exitCode = main() ? 0 : 1;
