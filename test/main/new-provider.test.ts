import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { providerDefinitions } from '../../providers/registry.generated';

const ROOT = join(__dirname, '..', '..');
const COPIED = ['package.json', 'package-lock.json', 'tsconfig.json', 'jest.config.cjs', '.swcrc', '.oxlintrc.json', '.dependency-cruiser.cjs', 'src', 'providers', 'scripts', 'test/provider-contract', 'test/support'];
/** Compiling a copy of everything on a busy machine takes its time, ms. */
const PATIENCE_MS = 240_000;

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The repository without its history, where a new provider disturbs nobody. */
let copy: string;

async function run(command: string, ...args: string[]): Promise<Ran> {
  const { PATH, HOME } = process.env;
  const options = { cwd: copy, env: { PATH, HOME }, maxBuffer: 64 * 1024 * 1024 };
  return promisify(execFile)(command, args, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}
const npx = (...args: string[]) => run('npx', '--no-install', ...args);
const newProvider = (...args: string[]) => run('npm', 'run', 'new:provider', '--', ...args);

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'closure-new-provider-'));
  for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('npm run new:provider', () => {
  it.each([
    [[], 'Give one name'],
    [['acme', 'other'], 'Give one name'],
    [['Acme'], 'is no name for a provider'],
    [['acme-bank'], 'is no name for a provider'],
    [['../acme'], 'is no name for a provider'],
    [['1acme'], 'is no name for a provider'],
    [['a'.repeat(33)], 'is no name for a provider'],
    [['gateway'], 'choose a name of its own'],
    [[providerDefinitions[0]?.name ?? ''], 'exists already'],
  ])(
    'refuses %j and writes nothing',
    async (names, why) => {
      const before = readdirSync(join(copy, 'providers')).filter((name) => !name.endsWith('.generated.ts'));
      const { code, stderr } = await newProvider(...names);
      expect({ code, why: stderr.includes(why) }).toEqual({ code: 1, why: true });
      expect(readdirSync(join(copy, 'providers')).filter((name) => !name.endsWith('.generated.ts'))).toEqual(before);
    },
    PATIENCE_MS,
  );

  it(
    'writes a provider that is registered, sound in its types and borders, and red in its contract until it is written',
    async () => {
      expect((await newProvider('acme')).code).toBe(0);
      const written = readdirSync(join(copy, 'providers/acme'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(written.map(({ name }) => name)).toEqual(expect.arrayContaining(['index.ts', 'adapter.ts', 'errors.ts', 'README.md']));
      for (const { parentPath, name } of written) expect(readFileSync(join(parentPath, name), 'utf8')).not.toMatch(/\{\{(?!account\}\})/);
      expect(existsSync(join(copy, 'test/provider-contract/acme.test.ts'))).toBe(true);

      await run('node', 'scripts/build.mjs');
      expect(readFileSync(join(copy, 'providers/registry.generated.ts'), 'utf8')).toContain("from './acme'");

      const project = { extends: './tsconfig.json', include: ['providers/acme', 'providers/registry.generated.ts', 'test/provider-contract/acme.test.ts'] };
      writeFileSync(join(copy, 'tsconfig.acme.json'), JSON.stringify(project));
      expect(await npx('tsc', '--noEmit', '-p', 'tsconfig.acme.json')).toMatchObject({ stdout: '', code: 0 });
      expect(await npx('oxlint', '--deny-warnings', 'providers/acme', 'test/provider-contract/acme.test.ts')).toMatchObject({ code: 0 });
      expect(await npx('depcruise', '--config', '.dependency-cruiser.cjs', 'providers/acme')).toMatchObject({ code: 0 });

      const { code, stdout } = await npx('jest', '--json', 'test/provider-contract/acme');
      const report = JSON.parse(stdout) as {
        numRuntimeErrorTestSuites: number;
        numFailedTests: number;
        numPassedTests: number;
        testResults: { assertionResults: { status: string; failureMessages: string[] }[] }[];
      };
      expect({ code, crashed: report.numRuntimeErrorTestSuites }).toEqual({ code: 1, crashed: 0 });
      expect(report.numFailedTests).toBeGreaterThan(0);
      expect(report.numPassedTests).toBeGreaterThan(0);
      const failures = report.testResults.flatMap(({ assertionResults }) => assertionResults.flatMap(({ failureMessages }) => failureMessages));
      expect(failures.filter((message) => !message.includes('expect('))).toEqual([]);
    },
    PATIENCE_MS,
  );

  it('does not write over what is there', async () => {
    const path = join(copy, 'providers/acme/README.md');
    writeFileSync(path, 'mine');
    expect(await newProvider('acme')).toMatchObject({ code: 1 });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  }, PATIENCE_MS);
});
