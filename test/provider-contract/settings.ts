import { ConfigError } from '../../src/config/config-error';
import { loadConfig } from '../../src/config/load-config';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import type { ProviderContract } from './contract';

/** Shorter values are words such as "on", which a sentence may contain by chance. */
const SHORTEST = 6;

/** The variables that an operator sets, under the prefix of the id that the provider is configured under. */
export function settings<Sandbox extends RunningSandbox>({ definition, startSandbox, settings: { required, wrong, secret } }: ProviderContract<Sandbox>): void {
  const keys = Object.keys(definition.settings.shape);
  let given: Record<string, string>;
  beforeAll(async () => {
    const sandbox = await startSandbox();
    given = sandbox.settings;
    await sandbox.dispose();
  });

  /** Every problem that the environment has, as "VARIABLE: sentence". */
  function problems(changed: Record<string, string | undefined>): { variable: string; sentence: string }[] {
    const values = Object.entries({ ...given, ...changed }).map(([key, value]) => [`BANK_${key}`, value]);
    try {
      loadConfig({ AUTH: 'none', PROVIDERS: `bank=${definition.name}`, ...Object.fromEntries(values) }, [definition]);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return [...error.problems];
      throw error;
    }
  }

  it('are complete as the sandbox gives them', () => {
    expect(problems({})).toEqual([]);
  });

  it('are all known to the contract', () => {
    expect(Object.keys(wrong).toSorted()).toEqual(keys.toSorted());
    expect([...required, ...secret].filter((key) => !keys.includes(key))).toEqual([]);
  });

  if (keys.length > 0) {
    it.each(keys)('%s, where it is missing, is asked for by name or has a default', (key) => {
      const found = problems({ [key]: undefined });
      if (required.includes(key)) expect(found).toEqual([{ variable: `BANK_${key}`, sentence: 'Is required by provider "bank".' }]);
      else expect(found).toEqual([]);
    });
  }

  const values = Object.entries(wrong).flatMap(([key, list]) => list.map((value) => [key, value] as const));
  if (values.length > 0) {
    it.each(values)('%s is refused by name and without its value: %j', (key, value) => {
      const found = problems({ [key]: value });
      expect(found.map(({ variable }) => variable)).toContain(`BANK_${key}`);
      const own = definition.settings.safeParse({ ...given, [key]: value }).error?.issues.map(({ message }) => message);
      const said = JSON.stringify([found, own]);
      const shown = [value, ...secret.map((name) => given[name] ?? '')].filter((text) => text.length >= SHORTEST && said.includes(text));
      expect(shown).toEqual([]);
    });
  }

  it('are not shown by the configuration that holds them', () => {
    const env = Object.fromEntries(Object.entries(given).map(([key, value]) => [`BANK_${key}`, value]));
    const config = JSON.stringify(loadConfig({ AUTH: 'none', PROVIDERS: `bank=${definition.name}`, ...env }, [definition]));
    expect(secret.filter((key) => config.includes(JSON.stringify(given[key]).slice(1, -1)))).toEqual([]);
  });
}
