// Writes typed documents for the web example and the manifest of all client documents: `npm run generate`. CI fails when
// they differ from what is committed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { generate, loadContext } from '@graphql-codegen/cli';
import { type OperationTypeNode, parse } from 'graphql';

const BANNER = '// Written by `npm run generate` from schema/api.graphql and schema/operations; do not edit.\n';
const MANIFEST = 'schema/operations/manifest.json';

interface ManifestOperation {
  /** SHA-256 of the body, hex. */
  id: string;
  name: string;
  type: OperationTypeNode;
  body: string;
}

function manifestOperation(id: string, body: string): ManifestOperation {
  const [definition] = parse(body).definitions;
  if (definition?.kind !== 'OperationDefinition' || !definition.name) throw new Error(`This is no operation with a name: ${body}`);
  return { id, name: definition.name.value, type: definition.operation, body };
}

/** https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format */
function manifest(bodyById: Record<string, string>): string {
  const operations = Object.entries(bodyById).map(([id, body]) => manifestOperation(id, body));
  return `${JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }, null, 2)}\n`;
}

async function main(): Promise<void> {
  const files = await generate(await loadContext('codegen.ts'), false);
  for (const { filename, content } of files) {
    if (basename(filename) === 'persisted-documents.json') writeFileSync(MANIFEST, manifest(JSON.parse(content) as Record<string, string>));
    if (basename(filename) !== 'graphql.ts') continue;
    mkdirSync(dirname(filename), { recursive: true });
    writeFileSync(filename, `${BANNER}${content.trim()}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
