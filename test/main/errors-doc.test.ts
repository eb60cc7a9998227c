import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providerDefinitions } from '../../providers/registry.generated';
import { CLOSURE_ERROR_CODES, retryAdvice } from '../../src/domain/error-code';
import type { ErrorRow } from '../../src/provider-kit/judge-close';

const ROOT = join(__dirname, '..', '..');
const committed = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
const sections = new Map(
  committed
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.split('\n', 1)[0] ?? '', text]),
);

describe('docs/errors.md', () => {
  it('is what the tables say now', () => {
    const folder = mkdtempSync(join(tmpdir(), 'closure-errors-'));
    mkdirSync(join(folder, 'docs'));
    execFileSync('node', [join(ROOT, 'scripts/build.mjs')]);
    execFileSync('node', [join(ROOT, 'dist/scripts/print-errors.js')], { cwd: folder });
    const printed = readFileSync(join(folder, 'docs/errors.md'), 'utf8');
    rmSync(folder, { recursive: true, force: true });
    expect(printed).toBe(committed);
  });

  it.each(CLOSURE_ERROR_CODES)('has a section for %s with its advice', (code) => {
    expect(sections.get(code)).toContain(`Retry advice: **${retryAdvice(code)}**.`);
  });

  it.each(providerDefinitions.map(({ name, displayName }) => [name, displayName]))('says where each error of %s goes', (name, displayName) => {
    const { errorRows } = jest.requireActual<{ errorRows: readonly ErrorRow[] }>(`../../providers/${name}/errors`);
    const listed = [...sections.values()].flatMap((text) => text.split('\n').filter((line) => line.startsWith(`- ${displayName}: `)));
    expect(errorRows.filter(({ status, word }) => listed.filter((line) => line.includes(`${status} \`${word}\``)).length !== 1)).toEqual([]);
  });
});
