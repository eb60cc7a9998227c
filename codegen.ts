import { createHash } from 'node:crypto';
import type { CodegenConfig } from '@graphql-codegen/cli';

/**
 * What client code is made of, and how: the contract and the documents beside it. `npm run generate` runs it
 * (scripts/print-clients.ts) and keeps of its files what is used. It never looks at the classes.
 */
const config: CodegenConfig = {
  schema: 'schema/api.graphql',
  documents: 'schema/operations/*.graphql',
  silent: true,
  generates: {
    'examples/web/app/generated/': {
      preset: 'client',
      presetConfig: {
        fragmentMasking: false,
        // SHA-256 in hex and nothing before it, as Apollo's manifest has it.
        persistedDocuments: { hashAlgorithm: (operation: string) => createHash('sha256').update(operation).digest('hex') },
      },
      config: { scalars: { DateTime: 'string', ID: 'string' }, strictScalars: true, useTypeImports: true },
    },
  },
};

export default config;
