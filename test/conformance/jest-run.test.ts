import { judge, type TestResult } from './jest-run';

const result = (fullName: string, status: TestResult['status']): TestResult => ({ fullName, status, failureMessages: [] });
const PASSES_AFTER_ALL = [result('works', 'passed'), result('does not apply', 'passed'), result('needs graphql 17', 'pending')];
const RESULTS = [result('works', 'passed'), result('does not apply', 'failed'), result('needs graphql 17', 'pending')];
const EXPECTED = { tests: 3, exceptions: { 'does not apply': 'for a reason' }, leftOut: /graphql 17/ };

test('a run as expected has its figures and nothing wrong', () => {
  expect(judge(RESULTS, EXPECTED)).toEqual({ passed: 1, exceptions: 1, leftOut: 1, wrong: [] });
});

test.each([
  ['a failure that is no exception', [...RESULTS.slice(1), result('works', 'failed')], 'failed: works'],
  ['an exception that passes', PASSES_AFTER_ALL, 'does not fail any more: does not apply'],
  ['a test that was left out', [...RESULTS.slice(1), result('works', 'pending')], 'was left out: works'],
  ['a test that is gone', RESULTS.slice(1), 'there were 2 tests instead of 3'],
])('%s is wrong', (_what, results, complaint) => {
  expect(judge(results, EXPECTED).wrong.map((line) => line.trim())).toEqual([complaint]);
});
