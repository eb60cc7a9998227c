import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_NAMES, FAULTS, faultId } from '../../../src/provider-kit/sandbox-faults';
import { errorRows } from '../../../providers/emoney/errors';
import { settingsSchema } from '../../../providers/emoney/settings';
import { DOCUMENTED_ANSWERS, FIXTURES, VARIANT_ANSWERS } from '../../../providers/emoney/sandbox/answers';
import { MAGIC_ACCOUNTS } from '../../../providers/emoney/sandbox/magic-accounts';

const codesOf = (body: unknown): string[] => (body as { errors: { code: string }[] }).errors.map(({ code }) => code);

describe('fixtures', () => {
  it('are the 21 documented errors and the one success, each with the page that has it', () => {
    expect(FIXTURES).toHaveLength(22);
    expect(FIXTURES.filter(({ status }) => status < 400).map(({ name, body }) => [name, body])).toEqual([['204', null]]);
    for (const { source } of FIXTURES) expect(source).toMatch(/^https:\/\/developer\.pagonxtpayments\.com\//);
  });

  it.each(errorRows)('have a body for $status $word', ({ status, word }) => {
    expect(FIXTURES.filter((fixture) => fixture.status === status && codesOf(fixture.body).includes(word))).toHaveLength(1);
  });

  it('are all in the table but the one for "any other status"', () => {
    const known = new Set(errorRows.map(({ status, word }) => `${status} ${word}`));
    const unknown = FIXTURES.filter(({ status, body }) => status >= 400 && !codesOf(body).some((code) => known.has(`${status} ${code}`)));
    expect(unknown.map(({ name }) => name)).toEqual(['default-internal-server-error']);
  });

  it('of errors each have an account id of their own in the sandbox', () => {
    const ids = DOCUMENTED_ANSWERS.map(({ accountId }) => accountId);
    expect(new Set(ids).size).toBe(21);
    for (const id of ids) expect(id).toMatch(/^d0c00000-0000-4000-8000-000000[45]\d\d00\d$/);
  });
});

describe('the README', () => {
  const readme = readFileSync(join(__dirname, '../../../providers/emoney/README.md'), 'utf8');
  const line = (id: string, digits: number, what: string): string => `| \`…${id.slice(-digits)}\` | ${what} |`;

  it('lists every account id of the sandbox with what it does', () => {
    const expected = [
      ...[...DOCUMENTED_ANSWERS, ...VARIANT_ANSWERS].map(({ accountId, name }) => line(accountId, 6, name)),
      ...Object.values(MAGIC_ACCOUNTS).map(({ preset, title }) => line(preset.uuid, 2, title)),
      ...FAULT_NAMES.map((name) => line(faultId(name), 2, FAULTS[name].title)),
    ];
    expect(expected.filter((row) => !readme.includes(row))).toEqual([]);
  });

  it('lists every setting', () => {
    expect(Object.keys(settingsSchema.shape).filter((key) => !readme.includes(`\`${key}\``))).toEqual([]);
  });
});
