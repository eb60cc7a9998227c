import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VARIANTS } from '../../scripts/variants-list';

/** `npm run variants` makes each of them, which takes long; that each can still be made is seen here. */
const ROOT = join(__dirname, '..', '..');

it.each(VARIANTS.map((variant) => [variant.name, variant] as const))('the source has the place of "%s", once, and the tests that are to notice', (_name, { patches, tests }) => {
  for (const [file, text] of patches) expect([file, readFileSync(join(ROOT, file), 'utf8').split(text).length - 1]).toEqual([file, 1]);
  expect(tests.filter((test) => !existsSync(join(ROOT, test)))).toEqual([]);
});
