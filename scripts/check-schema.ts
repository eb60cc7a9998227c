/**
 * `npm run schema:check`: what schema/api.graphql changes of the contract that was released last, and whether the released
 * ones are as they were. Exit status 1 when a client would break; see docs/schema.md.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { editedReleases, releasedContracts, releaseFaults } from './released-contracts';
import { schemaChanges } from './schema-changes';

const ROOT = process.cwd();
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

function fail(title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  console.error(title);
  for (const line of lines) console.error(`  ${line}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const releases = releasedContracts(ROOT);
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const { breaking, notable } = await schemaChanges((releases.at(-1) ?? releases[0]).sdl, read('schema', 'api.graphql'), Date.now());
  for (const line of notable) console.log(`  to be told    ${line}`);
  fail('The schema breaks what the last release promised (docs/schema.md says what to do):', breaking.map((line) => `breaking      ${line}`));
  fail('The releases are not as they must be (docs/schema.md, Releasing):', await releaseFaults(releases, version, Date.now()));
  const edited = editedReleases(ROOT);
  if (!edited) console.log('Whether a released contract was changed was not looked at: that takes the whole history, and git.');
  fail('A released contract was changed or deleted; a release adds one:', edited ?? []);
  if (!process.exitCode) console.log('The schema keeps what the last release promised.');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
