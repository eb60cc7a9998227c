import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providerDefinitions } from '../providers/registry.generated';
import type { RunningSandbox } from '../src/provider-kit/sandbox';

interface SandboxModule {
  startSandbox(options: { port?: number }): Promise<RunningSandbox>;
}

/** The sandboxes of all providers, and the environment that points a gateway at them. */
export interface Sandboxes {
  byProvider: ReadonlyMap<string, RunningSandbox>;
  /** PROVIDERS and every provider's settings; keys stand in files of a temporary folder. */
  env: Record<string, string>;
  /** Ends the servers and removes the folder. */
  dispose(): Promise<void>;
}

/**
 * Starts the sandbox of each provider on loopback, each configured under its own name.
 * @param firstPort the first sandbox listens here, the next one port up, and so on; 0: any free ports
 */
export async function startSandboxes(firstPort = 0): Promise<Sandboxes> {
  const folder = mkdtempSync(join(tmpdir(), 'closure-sandbox-'));
  const byProvider = new Map<string, RunningSandbox>();
  const dispose = async () => {
    await Promise.all([...byProvider.values()].map((sandbox) => sandbox.dispose()));
    rmSync(folder, { recursive: true, force: true });
  };
  const env: Record<string, string> = { PROVIDERS: providerDefinitions.map(({ name }) => name).join(',') };
  try {
    for (const [index, { name }] of providerDefinitions.entries()) {
      const { startSandbox } = require(`../providers/${name}/sandbox`) as SandboxModule;
      const sandbox = await startSandbox({ port: firstPort === 0 ? 0 : firstPort + index });
      byProvider.set(name, sandbox);
      for (const [key, value] of Object.entries(sandbox.settings)) {
        const variable = `${name.toUpperCase()}_${key}`;
        env[variable] = value.includes('\n') ? `file:${writeKey(folder, variable, value)}` : value;
      }
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return { byProvider, env, dispose };
}

function writeKey(folder: string, variable: string, value: string): string {
  const path = join(folder, `${variable}.pem`);
  writeFileSync(path, value, { mode: 0o600 });
  return path;
}
