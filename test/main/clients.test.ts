import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import * as generated from '../../examples/web/app/generated/graphql';

const ROOT = join(__dirname, '..', '..');
const OPERATIONS = join(ROOT, 'schema/operations');
const schema = buildSchema(readFileSync(join(ROOT, 'schema/api.graphql'), 'utf8'));

interface Manifest {
  format: string;
  version: number;
  operations: { id: string; name: string; type: string; body: string }[];
}

const manifest = JSON.parse(readFileSync(join(OPERATIONS, 'manifest.json'), 'utf8')) as Manifest;

/** Name and type of each operation in the files. */
const inFiles = readdirSync(OPERATIONS)
  .filter((name) => name.endsWith('.graphql'))
  .flatMap((name) => parse(readFileSync(join(OPERATIONS, name), 'utf8')).definitions)
  .flatMap((definition) => (definition.kind === 'OperationDefinition' ? [{ name: definition.name?.value, type: definition.operation }] : []));

describe('the manifest of client documents', () => {
  it('has every operation of the files in the format of Apollo', () => {
    expect(manifest).toMatchObject({ format: 'apollo-persisted-query-manifest', version: 1 });
    expect(inFiles.length).toBeGreaterThan(0);
    expect(manifest.operations.map(({ name, type }) => ({ name, type }))).toEqual(expect.arrayContaining(inFiles));
    expect(manifest.operations).toHaveLength(inFiles.length);
  });

  it.each(manifest.operations)('names $name by the hash of its body, which is valid', ({ id, body }) => {
    expect(id).toBe(createHash('sha256').update(body).digest('hex'));
    expect(validate(schema, parse(body))).toEqual([]);
  });

  it('has the ids that the typed documents carry', () => {
    const documents = Object.values(generated) as unknown as { __meta__: { hash: string } }[];
    expect(documents.map(({ __meta__ }) => __meta__.hash).toSorted()).toEqual(manifest.operations.map(({ id }) => id).toSorted());
  });
});

test('npm run release:artefacts gives client teams the contract and its documents, and nothing old', () => {
  const folder = mkdtempSync(join(tmpdir(), 'closure-artefacts-'));
  try {
    symlinkSync(join(ROOT, 'schema'), join(folder, 'schema'));
    execFileSync('node', [join(ROOT, 'scripts/build.mjs')]);
    const release = () => execFileSync('node', [join(ROOT, 'dist/scripts/release-artefacts.js')], { cwd: folder, encoding: 'utf8' });
    release();
    symlinkSync('nowhere', join(folder, 'artefacts/operations/gone.graphql'));
    release();
    const sdl = readFileSync(join(folder, 'artefacts/schema.graphqls'), 'utf8');
    expect(sdl).toBe(readFileSync(join(ROOT, 'schema/api.graphql'), 'utf8'));
    expect(readdirSync(join(folder, 'artefacts/operations')).toSorted()).toEqual(readdirSync(OPERATIONS).toSorted());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('docs/clients.md says the limits of requests', () => {
  const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
  const numberIn = (text: string, name: string) => Number(new RegExp(`const ${name} = ([\\d_]+)`).exec(text)?.[1]?.replaceAll('_', ''));
  const limits = read('src/graphql/limits.ts');
  const ofDocuments = /^const LIMITS = \{$(.*?)^\};$/ms.exec(limits)?.[1] ?? '';
  const inCode = [
    ...[...ofDocuments.matchAll(/^ {2}\w+: ([\d_]+),$/gm)].map(([, digits = '']) => Number(digits.replaceAll('_', ''))),
    numberIn(read('src/graphql/budget.ts'), 'MOST_FIELDS_IN_LISTS'),
    numberIn(limits, 'MOST_REPRESENTATIONS'),
    numberIn(read('src/http/server.ts'), 'BODY_LIMIT'),
    numberIn(read('src/http/streams/websocket.ts'), 'MOST_OPERATIONS'),
  ];
  const [, section = ''] = read('docs/clients.md').split('\n## Limits\n');
  const [table = ''] = section.split('\n## ');
  expect([...table.matchAll(/^\|[^|]+\| ([\d,]+) \|/gm)].map(([, digits = '']) => Number(digits.replaceAll(',', '')))).toEqual(inCode);
  expect(inCode).toHaveLength(10);
});
