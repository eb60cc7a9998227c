/**
 * `npm run schema:check`: what schema/api.graphql changes of the released contract. Exit status 1 when a client would break;
 * see docs/schema.md.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaChanges } from './schema-changes';

const read = (...path: string[]): string => readFileSync(join(process.cwd(), 'schema', ...path), 'utf8');

async function main(): Promise<void> {
  const { breaking, notable } = await schemaChanges(read('released', 'api.graphql'), read('api.graphql'), Date.now());
  for (const line of notable) console.log(`  to be told    ${line}`);
  if (breaking.length === 0) {
    console.log('The schema keeps what the last release promised.');
    return;
  }
  console.error('The schema breaks what the last release promised (docs/schema.md says what to do):');
  for (const line of breaking) console.error(`  breaking      ${line}`);
  process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
