// Turns TypeScript into dist/ where it is stale, writes the provider registry from the folder names, and puts the
// gateway's program with the packages that it uses into one file, dist/bundle/gateway.js (docs/decisions/0021).
// Types are checked by `npm run typecheck`, not here. Without development dependencies a fresh dist/ is enough.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sourceFolders = ['src', 'providers', 'scripts', 'bench', 'examples/federated-graph', 'examples/web/server', 'test/support', 'test/faults', 'test/conformance'];
const out = join(root, 'dist');
const bundle = join(out, 'bundle');

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
for (const file of filesBelow(out)) if (!wanted.has(file) && !file.startsWith(bundle)) rmSync(file);

if (stale.length > 0) {
  const { transformFileSync } = await import('@swc/core');
  for (const [source, target] of stale) {
    mkdirSync(dirname(target), { recursive: true });
    const isCode = source.endsWith('.ts');
    writeFileSync(target, isCode ? transformFileSync(source, { cwd: root }).code : readFileSync(source));
  }
}

// Also where a build was broken off before, or other versions of the packages were installed.
const program = join(bundle, 'gateway.js');
const parts = [join(root, 'package-lock.json'), ...filesBelow(join(out, 'src')), ...filesBelow(join(out, 'providers'))];
if (!existsSync(program) || parts.some((part) => statSync(part).mtimeMs >= statSync(program).mtimeMs)) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(out, 'src', 'main.js')],
    outfile: program,
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node20',
    // Native code, which comes in a package for each platform; and what other packages take only where it is installed.
    external: ['libsql', 'pg-native', 'class-validator'],
    logLevel: 'warning',
  });
  cpSync(join(out, 'src', 'store', 'migrations'), join(bundle, 'migrations'), { recursive: true });
  // Whole or not at all, for those who build at the same time.
  const written = `${program}.${process.pid}`;
  writeFileSync(written, outputFiles[0].contents);
  renameSync(written, program);
}
