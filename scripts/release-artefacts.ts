/**
 * `npm run release:artefacts`: puts what client teams generate their code from into the folder artefacts/, made anew. See
 * docs/clients.md.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'artefacts';

rmSync(FOLDER, { recursive: true, force: true });
cpSync(join('schema', 'operations'), join(FOLDER, 'operations'), { recursive: true });
// The tools of Apollo take *.graphqls for schemas and *.graphql for operations.
cpSync(join('schema', 'api.graphql'), join(FOLDER, 'schema.graphqls'));
console.log(`${FOLDER}/ has the schema, the operations and their manifest.`);
