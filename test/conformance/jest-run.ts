import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../support/child';

/** One test as Jest reports it. */
export interface TestResult {
  fullName: string;
  status: 'passed' | 'failed' | 'pending' | 'skipped' | 'todo' | 'disabled';
  failureMessages: string[];
}

/** What a suite has to come to. */
export interface Expectation {
  /** How many tests it has. */
  tests: number;
  /** Tests that must fail here, by full name, each with the reason why it does not apply. */
  exceptions: Readonly<Record<string, string>>;
  /** Names of tests that the suite leaves out by itself. */
  leftOut?: RegExp;
}

/** Figures of a run, and every way in which it is not as expected. */
export interface Verdict {
  passed: number;
  exceptions: number;
  leftOut: number;
  wrong: string[];
}

/**
 * Runs Jest in a process of its own.
 * @param config as Jest takes it, with an absolute `rootDir`
 * @throws when it did not come to a report
 */
export async function runJest(config: object, env: NodeJS.ProcessEnv = {}): Promise<TestResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'closure-conformance-'));
  try {
    const report = join(folder, 'report.json');
    const jest = startChild('node', ['node_modules/jest/bin/jest.js', '--config', JSON.stringify(config), '--json', '--outputFile', report], env);
    await jest.ended;
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as { testResults: { message: string; assertionResults: TestResult[] }[] };
    const broken = testResults.find(({ assertionResults }) => assertionResults.length === 0);
    if (broken) throw new Error(`A suite did not run:\n${broken.message}`);
    return testResults.flatMap(({ assertionResults }) => assertionResults);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An exception that passes after all is as wrong as a test that fails. */
export function judge(results: readonly TestResult[], { tests, exceptions, leftOut }: Expectation): Verdict {
  const named = (status: string) => results.filter((result) => result.status === status);
  const isException = ({ fullName }: TestResult) => Object.hasOwn(exceptions, fullName);
  const skipped = results.filter(({ status }) => status !== 'passed' && status !== 'failed');
  const failed = named('failed');
  const missing = Object.keys(exceptions).filter((name) => !failed.some(({ fullName }) => fullName === name));
  return {
    passed: named('passed').length,
    exceptions: failed.filter(isException).length,
    leftOut: skipped.length,
    wrong: [
      ...failed.filter((result) => !isException(result)).map(({ fullName, failureMessages }) => `failed: ${fullName}\n${failureMessages.join('\n')}`),
      ...missing.map((name) => `does not fail any more: ${name}`),
      ...skipped.filter(({ fullName }) => !leftOut?.test(fullName)).map(({ fullName }) => `was left out: ${fullName}`),
      ...(results.length === tests ? [] : [`there were ${results.length} tests instead of ${tests}`]),
    ],
  };
}
