import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../support/child';
import { Client, environmentFor, QUICK_ENV, type Sandboxes, startBothSandboxes } from '../support/gateway';

/**
 * What the Dockerfile makes, without an engine that could make it: the same files in a folder that cannot be written,
 * run by the same commands as a user who is not root.
 */
const DOCKERFILE = readFileSync('Dockerfile', 'utf8');
const [BUILD = '', IMAGE = ''] = DOCKERFILE.split(/^FROM .*$/m).slice(1);
/** "nobody", where the test itself runs as root; otherwise whoever runs it. */
const USER = process.getuid?.() === 0 ? 65_534 : undefined;

// Copying the packages takes its time on a busy machine.
jest.setTimeout(120_000);

let folder: string;
let app: string;
let dataDir: string;
let sandboxes: Sandboxes;
const children: Child[] = [];

function instruction(pattern: RegExp): string {
  const [, found] = pattern.exec(IMAGE) ?? [];
  if (found === undefined) throw new Error(`The Dockerfile has nothing like ${String(pattern)}.`);
  return found;
}

/** The first stage: what it copies is built. */
function build(): string {
  const stage = join(folder, 'build');
  mkdirSync(stage);
  const copied = [...BUILD.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
  for (const name of copied) cpSync(name, join(stage, name), { recursive: true, filter: (path) => !path.endsWith('registry.generated.ts') });
  symlinkSync(join(process.cwd(), 'node_modules'), join(stage, 'node_modules'));
  execFileSync('node', ['scripts/build.mjs'], { cwd: stage });
  return stage;
}

/** What is left of the packages without those for development. */
function copyProductionPackages(): void {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { dev?: boolean }> };
  for (const [path, { dev }] of Object.entries(packages)) {
    if (path === '' || dev || !existsSync(path)) continue;
    cpSync(path, join(app, path), { recursive: true, filter: (from) => from === path || !from.endsWith('/node_modules') });
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'closure-image-'));
  chmodSync(folder, 0o755);
  app = join(folder, 'app');
  mkdirSync(app);
  const stage = build();
  for (const [, name = ''] of IMAGE.matchAll(/^COPY --from=build \/app\/(\S+)/gm)) {
    if (name === 'node_modules') copyProductionPackages();
    else cpSync(join(stage, name), join(app, name), { recursive: true });
  }
  execFileSync('chmod', ['-R', 'a+rX,a-w', app]);
  dataDir = join(folder, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  if (USER !== undefined) chownSync(dataDir, USER, USER);
  sandboxes = await startBothSandboxes();
});
afterAll(async () => {
  await Promise.all(children.map((child) => child.kill()));
  await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
  execFileSync('chmod', ['-R', 'u+w', app]);
  rmSync(folder, { recursive: true });
});

function run(command: readonly string[], env: Record<string, string> = {}): Child {
  const [program = '', ...args] = command;
  const given = Object.fromEntries([...instruction(/^ENV (.+)$/m).matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
  // Callers' identity is another matter than the image; without it a gateway serves loopback alone.
  const child = startChild(program, args, { ...given, HOME: '/nonexistent', ...env, HOST: '127.0.0.1', AUTH: 'none', DATA_DIR: dataDir }, {
    cwd: app,
    uid: USER,
    gid: USER,
  });
  children.push(child);
  return child;
}

it('serves from a folder that it cannot write, is healthy, and drains at the signal to stop', async () => {
  const before = readdirSync(app, { recursive: true }).length;
  const command = JSON.parse(instruction(/^CMD (\[.+\])$/m)) as string[];
  const gateway = run(command, { ...QUICK_ENV, ...environmentFor({ ...sandboxes }) });
  const [, url = ''] = await gateway.waitFor(/"url":"(http:[^"]+)","msg":"gateway started"/);
  const client = new Client(url);
  for (const provider of ['upvest', 'emoney']) {
    const { closure } = await client.close({ account: { provider, id: randomUUID() } });
    await client.until(closure?.id ?? '', 'CLOSED');
  }

  const check = JSON.parse(instruction(/^HEALTHCHECK .*CMD (\[.+\])$/m)) as string[];
  const { port } = new URL(url);
  expect(await run(check, { PORT: port }).ended).toBe(0);
  const backup = run(['node', 'dist/scripts/backup.js', '--from', dataDir, '--to', join(dataDir, 'backup')]);
  expect([await backup.ended, backup.stderr()]).toEqual([0, '']);

  gateway.signal(instruction(/^STOPSIGNAL (\w+)$/m) as NodeJS.Signals);
  expect(await gateway.ended).toBe(0);
  expect(gateway.stdout()).toContain('"msg":"drained"');
  expect(await run(check, { PORT: port }).ended).toBe(1);

  expect(readdirSync(app, { recursive: true })).toHaveLength(before);
  expect(readdirSync(dataDir).filter((name) => !name.startsWith('gateway.'))).toEqual(['backup']);
});

it('has no code for tests and no package for development in it', () => {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: Record<string, string> };
  const packages = new Set(readdirSync(join(app, 'node_modules')));
  expect(Object.keys(devDependencies).filter((name) => packages.has(name))).toEqual([]);
  expect(readdirSync(join(app, 'dist')).toSorted()).toEqual(['providers', 'scripts', 'src']);
});
