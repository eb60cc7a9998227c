// Writes the printed contract: `npm run generate`. CI fails when it differs from what is committed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSubgraph } from '../src/graphql/build-schema';

const folder = join(process.cwd(), 'schema');
const banner = '# Written by `npm run generate` from the classes in src/graphql; do not edit.\n\n';
const { subgraphSdl, apiSdl } = buildSubgraph();

writeFileSync(join(folder, 'subgraph.graphql'), `${banner}${subgraphSdl.trim()}\n`);
writeFileSync(join(folder, 'api.graphql'), `${banner}${apiSdl.trim()}\n`);
