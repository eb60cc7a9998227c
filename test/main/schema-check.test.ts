import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { editedReleases, releasedContracts } from '../../scripts/released-contracts';
import { schemaChanges } from '../../scripts/schema-changes';
import { startChild } from '../support/child';

const ROOT = join(__dirname, '..', '..');
const RELEASED = releasedContracts(ROOT).at(-1)?.sdl ?? '';
const TODAY = Date.parse('2027-03-01');

/** Changes the released contract in one place. */
function edited(from: string | RegExp, to: string, text = RELEASED): string {
  const after = text.replace(from, to);
  if (after === text) throw new Error(`There is no ${String(from)} in the released contract.`);
  return after;
}

describe('breaks the promise', () => {
  test.each([
    [
      'a field that is gone',
      edited(/ {2}"""How many close requests left the gateway."""\n {2}attempts: Int!\n/, ''),
      "Field 'attempts' was removed from object type 'Closure'",
    ],
    [
      'a field of an entity that no query leads to',
      edited(/ {2}"""The newest closure of the account[^\n]*"""\n {2}closure: Closure\n/, ''),
      "Field 'closure' was removed from object type 'Account'",
    ],
    [
      'a field that may be null now',
      edited('statusSince: DateTime!', 'statusSince: DateTime'),
      "Field 'Closure.statusSince' changed type from 'DateTime!' to 'DateTime'",
    ],
    [
      'an input that must be given',
      edited('  reasonText: String\n}', '  reasonText: String!\n}'),
      "Input field 'CloseAccountInput.reasonText' changed type from 'String' to 'String!'",
    ],
    [
      'another default',
      edited('announceOnly: Boolean! = false', 'announceOnly: Boolean! = true'),
      "Input field 'CloseAccountInput.announceOnly' default value changed from 'false' to 'true'",
    ],
    [
      'a value of a closed enum',
      edited('enum RetryAdvice {', 'enum RetryAdvice {\n  LATER\n'),
      "Enum value 'LATER' was added to enum 'RetryAdvice'",
    ],
    ['a value that is gone', edited(/^ {2}DISPUTE$/m, '  QUARREL'), 'was removed from enum'],
    [
      'a deprecation without a date',
      edited('attempts: Int!', 'attempts: Int! @deprecated(reason: "Use history")'),
      'Closure.attempts is deprecated without saying',
    ],
    [
      'a deprecation at short notice',
      edited('attempts: Int!', 'attempts: Int! @deprecated(reason: "Use history; removal not before 2027-05-29")'),
      'Closure.attempts is deprecated with less than 90 days',
    ],
  ])('%s', async (_what, current, complaint) => {
    const { breaking } = await schemaChanges(RELEASED, current, TODAY);
    expect(breaking).toEqual([expect.stringContaining(complaint)]);
  });
});

describe('keeps the promise', () => {
  test.each([
    ['nothing new', RELEASED],
    ['a field more', edited('attempts: Int!', 'attempts: Int!\n  colour: String')],
    ['another description', edited('How many close requests left the gateway.', 'How many there were.')],
    ['a value of an open enum', edited('enum ClosureReason {', 'enum ClosureReason {\n  BOREDOM\n')],
    ['a deprecation in time', edited('attempts: Int!', 'attempts: Int! @deprecated(reason: "Use history; removal not before 2027-05-30")')],
  ])('%s', async (_what, current) => {
    expect(await schemaChanges(RELEASED, current, TODAY)).toEqual({ breaking: [], notable: [] });
  });

  test('a value of any other enum and one more argument are told, and no more', async () => {
    const grown = edited('enum BlockerStage {', 'enum BlockerStage {\n  AFTERWARDS\n');
    const current = edited('refreshClosure(', 'refreshClosure(\n    soon: Boolean\n', grown);
    const { breaking, notable } = await schemaChanges(RELEASED, current, TODAY);
    expect(breaking).toEqual([]);
    const told = ["'AFTERWARDS' was added to enum 'BlockerStage'", "'soon: Boolean' added to field"];
    expect(notable).toEqual(told.map((part) => expect.stringContaining(part)));
  });

  test('what was deprecated goes at its date, with the types that only it led to, and not before', async () => {
    const deprecated = edited(/(\n {2}requiredAction: ClosureAction)\n/, '$1 @deprecated(reason: "Use action; removal not before 2027-02-28")\n');
    const without = edited(/ {2}"""With ACTION_REQUIRED: what[^\n]*\n {2}requiredAction: ClosureAction\n/, '');
    const current = edited(/"""[^"]*"""\ntype ClosureAction \{[^}]*\}\n/, '', without);
    expect(current).not.toContain('type ClosureAction ');
    expect(await schemaChanges(deprecated, current, TODAY)).toEqual({ breaking: [], notable: [] });
    const early = await schemaChanges(deprecated, current, Date.parse('2027-02-27'));
    expect(early.breaking).toEqual(expect.arrayContaining([expect.stringContaining("Field 'requiredAction' (deprecated) was removed")]));
  });
});

describe('npm run schema:check', () => {
  const BROKEN = edited('attempts: Int!', 'attempts: String!');
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'closure-schema-'));
    mkdirSync(join(folder, 'schema', 'released'), { recursive: true });
    release('0.1.0', RELEASED);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (path: string, text: string) => writeFileSync(join(folder, path), text);

  /** As docs/schema.md says it. */
  function release(version: string, contract: string): void {
    put('package.json', JSON.stringify({ version }));
    put('schema/api.graphql', contract);
    put(`schema/released/${version}.graphql`, contract);
  }

  const git = (...args: string[]) => {
    execFileSync('git', ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org', '-c', 'commit.gpgsign=false', ...args], { cwd: folder, stdio: 'pipe' });
  };
  const commit = (message: string) => {
    git('add', '.');
    git('commit', '-q', '-m', message);
  };

  async function check(cwd = folder): Promise<{ status: unknown; stdout: string; stderr: string }> {
    const child = startChild('node', [join(ROOT, 'dist/scripts/check-schema.js')], {}, { cwd });
    return { status: await child.ended, stdout: child.stdout(), stderr: child.stderr() };
  }

  test('passes what the repository has', async () => {
    expect(await check(ROOT)).toMatchObject({ status: 0, stderr: '' });
  });

  test('fails with a list', async () => {
    put('schema/api.graphql', BROKEN);
    const { status, stderr } = await check();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^The schema breaks .*\n {2}breaking {6}Field 'Closure\.attempts' changed type from 'Int!' to 'String!'\.\n$/);
  });

  test('compares with the newest release, by its numbers', async () => {
    const grown = edited('attempts: Int!', 'attempts: Int!\n  colour: String');
    release('0.9.0', grown);
    release('0.10.0', grown);
    put('schema/api.graphql', RELEASED);
    expect(await check()).toMatchObject({ status: 1, stderr: expect.stringContaining("Field 'colour' was removed") });
  });

  test('a release that breaks the one before takes a new major version', async () => {
    release('0.2.0', BROKEN);
    expect(await check()).toMatchObject({ status: 1, stderr: expect.stringMatching(/0\.2\.0 breaks 0\.1\.0, which takes a new major version: Field 'Closure\.attempts'/) });
    rmSync(join(folder, 'schema/released/0.2.0.graphql'));
    release('1.0.0', BROKEN);
    expect(await check()).toMatchObject({ status: 0, stderr: '' });
  });

  test('a contract is released with the version of the program', async () => {
    put('schema/released/1.0.0.graphql', RELEASED);
    expect(await check()).toMatchObject({ status: 1, stderr: expect.stringContaining('The newest contract is that of 1.0.0, and package.json says 0.1.0') });
  });

  test('a file that is no release is refused', async () => {
    put('schema/released/api.graphql', RELEASED);
    expect(await check()).toMatchObject({ status: 1, stderr: expect.stringContaining('api.graphql is not named by a version') });
  });

  describe('looks at the history', () => {
    beforeEach(() => {
      git('init', '-q', '-b', 'main');
      commit('The first release');
    });

    const EDITED = /^A released contract was changed or deleted; a release adds one:\n/;

    test('and fails for a contract that was edited with the schema, before the commit and ever after', async () => {
      release('0.1.0', BROKEN);
      expect(await check()).toMatchObject({ status: 1, stderr: expect.stringMatching(/a release adds one:\n {2}schema\/released\/0\.1\.0\.graphql\n$/) });
      commit('A break that hides itself');
      put('README.md', 'Something else.');
      commit('Another commit');
      expect(await check()).toMatchObject({ status: 1, stderr: expect.stringMatching(/a release adds one:\n {2}commit [0-9a-f]+: A break that hides itself\n$/) });
    });

    test('and fails for one that was deleted, or edited by a merge', async () => {
      rmSync(join(folder, 'schema/released/0.1.0.graphql'));
      release('0.2.0', BROKEN);
      commit('Another way to hide it');
      expect((await check()).stderr).toMatch(EDITED);
      git('reset', '-q', '--hard', 'HEAD~1');
      git('checkout', '-q', '-b', 'side');
      put('README.md', 'Something else.');
      commit('A side');
      git('checkout', '-q', 'main');
      git('merge', '-q', '--no-ff', '--no-commit', 'side');
      release('0.1.0', BROKEN);
      commit('A merge with more in it');
      expect((await check()).stderr).toMatch(EDITED);
    });

    test('and passes what releases and merges do', async () => {
      git('checkout', '-q', '-b', 'side');
      put('README.md', 'Something else.');
      commit('A side');
      git('checkout', '-q', 'main');
      release('0.2.0', edited('attempts: Int!', 'attempts: Int!\n  colour: String'));
      commit('The second release');
      git('merge', '-q', '--no-ff', '-m', 'The side, too', 'side');
      expect(await check()).toEqual({ status: 0, stdout: 'The schema keeps what the last release promised.\n', stderr: '' });
    });

    test('says so where it is not there: in a shallow clone, and without git', async () => {
      release('0.1.0', BROKEN);
      commit('A break that hides itself');
      const shallow = join(folder, 'shallow');
      git('clone', '-q', '--depth', '1', pathToFileURL(folder).href, shallow);
      expect(await check(shallow)).toMatchObject({ status: 0, stdout: expect.stringContaining('was not looked at') });
      rmSync(join(folder, '.git'), { recursive: true });
      expect(editedReleases(folder)).toBeNull();
    });
  });
});
