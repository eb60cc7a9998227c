import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schemaChanges } from '../../scripts/schema-changes';
import { startChild } from '../support/child';

const ROOT = join(__dirname, '..', '..');
const RELEASED = readFileSync(join(ROOT, 'schema/released/api.graphql'), 'utf8');
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
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'closure-schema-'));
    mkdirSync(join(folder, 'schema'));
    cpSync(join(ROOT, 'schema', 'released'), join(folder, 'schema', 'released'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function check(): Promise<{ status: unknown; stderr: string }> {
    const child = startChild('node', [join(ROOT, 'dist/scripts/check-schema.js')], {}, { cwd: folder });
    return { status: await child.ended, stderr: child.stderr() };
  }

  test('passes what the repository has', async () => {
    cpSync(join(ROOT, 'schema', 'api.graphql'), join(folder, 'schema', 'api.graphql'));
    expect(await check()).toEqual({ status: 0, stderr: '' });
  });

  test('fails with a list', async () => {
    writeFileSync(join(folder, 'schema', 'api.graphql'), edited('attempts: Int!', 'attempts: String!'));
    const { status, stderr } = await check();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^The schema breaks .*\n {2}breaking {6}Field 'Closure\.attempts' changed type from 'Int!' to 'String!'\.\n$/);
  });
});
