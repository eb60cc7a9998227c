// Turns TypeScript into dist/ where it is stale, writes the provider registry from the folder names, and puts the
// gateway's program with the packages that it uses into one file, dist/src/bundle/gateway.js (docs/decisions/0021).
// Types are checked by `npm run typecheck`, not here. Without development dependencies a fresh dist/ is enough.
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sourceFolders = ['src', 'providers', 'scripts', 'bench', 'examples/federated-graph', 'examples/web/server', 'test/support', 'test/faults', 'test/conformance'];
const out = join(root, 'dist');
const program = join(out, 'src', 'bundle', 'gateway.js');

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function writeIfChanged(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function writeRegistry() {
  const names = readdirSync(join(root, 'providers'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'providers', entry.name, 'index.ts')))
    .map((entry) => entry.name)
    .toSorted();
  const lines = [
    '// Written by scripts/build.mjs from the folders beside this file; do not edit.',
    "import type { ProviderDefinition } from '../src/provider-kit/define';",
    ...names.map((name) => `import { provider as ${name}_provider } from './${name}';`),
    '',
    `export const providerDefinitions: readonly ProviderDefinition[] = [${names.map((name) => `${name}_provider`).join(', ')}];`,
    '',
  ];
  writeIfChanged(join(root, 'providers', 'registry.generated.ts'), lines.join('\n'));
}

function isStale(source, target, config) {
  if (!existsSync(target)) return true;
  const built = statSync(target).mtimeMs;
  return statSync(source).mtimeMs >= built || config >= built;
}

function firstLine(path) {
  const bytes = Buffer.alloc(100);
  const file = openSync(path);
  readSync(file, bytes);
  closeSync(file);
  return bytes.toString().split('\n')[0];
}

writeRegistry();

const configTime = statSync(join(root, '.swcrc')).mtimeMs;
const wanted = new Set();
const stale = [];
for (const folder of sourceFolders) {
  for (const source of filesBelow(join(root, folder))) {
    if (!/\.(ts|sql|json)$/.test(source) || /\.(d|test)\.ts$/.test(source)) continue;
    const target = join(out, relative(root, source)).replace(/\.ts$/, '.js');
    wanted.add(target);
    if (isStale(source, target, configTime)) stale.push([source, target]);
  }
}
for (const file of filesBelow(out)) if (!wanted.has(file) && !file.startsWith(program)) rmSync(file);

if (stale.length > 0) {
  const { transformFileSync } = await import('@swc/core');
  for (const [source, target] of stale) {
    mkdirSync(dirname(target), { recursive: true });
    const isCode = source.endsWith('.ts');
    writeFileSync(target, isCode ? transformFileSync(source, { cwd: root }).code : readFileSync(source));
  }
}

// Judged by itself: a build may have been broken off before this step, and other versions of packages be installed.
const parts = [...wanted].filter((file) => file.startsWith(join(out, 'src')) || file.startsWith(join(out, 'providers')));
const inputs = ['package-lock.json', 'scripts/build.mjs'].map((file) => readFileSync(join(root, file)));
const stamp = `// ${inputs.reduce((hash, input) => hash.update(input), createHash('sha256')).digest('hex')}`;
if (!existsSync(program) || firstLine(program) !== stamp || parts.some((part) => statSync(part).mtimeMs >= statSync(program).mtimeMs)) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(out, 'src', 'main.js')],
    outfile: program,
    write: false,
    banner: { js: stamp },
    bundle: true,
    platform: 'node',
    target: 'node20',
    keepNames: true,
    // Native code, which comes in a package for each platform; and what other packages take only where it is installed.
    external: ['libsql', 'pg-native', 'class-validator'],
    logLevel: 'warning',
  });
  // Whole or not at all, for those who build or start at the same time.
  const written = `${program}.${process.pid}`;
  mkdirSync(dirname(program), { recursive: true });
  writeFileSync(written, outputFiles[0].contents);
  renameSync(written, program);
}
