import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providerDefinitions } from '../providers/registry.generated';
import { loadConfig } from '../src/config/load-config';
import { startGateway } from '../src/gateway';
import { createLogger } from '../src/observability/logger';
import { startSandboxes } from './sandboxes';

/** Production reads accounts minutes apart; here somebody is watching. */
const SHORT_INTERVALS = {
  POLL_MIN_MS: '500',
  POLL_MAX_MS: '1000',
  RETRY_MIN_MS: '300',
  RETRY_MAX_MS: '1000',
  VISIBILITY_LAG_MS: '500',
  PROVIDER_TIMEOUT_MS: '5000',
};

/** A gateway on loopback with a sandbox of each provider behind it. */
export interface DemoGateway {
  /** Origin without a trailing slash. */
  url: string;
  /** Ends everything and removes what it stored. */
  dispose(): Promise<void>;
}

/**
 * @param options.port as `PORT`; "0" for any free one
 * @param options.ide HTML for browsers at /graphql
 * @throws what {@link startGateway} throws; nothing stays open then
 */
export async function startDemoGateway({ port, ide }: { port: string; ide?: string }): Promise<DemoGateway> {
  const sandboxes = await startSandboxes();
  const dataDir = mkdtempSync(join(tmpdir(), 'closure-demo-'));
  const clear = async () => {
    await sandboxes.dispose();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const env = { PORT: port, AUTH: 'none', DATA_DIR: dataDir, ...SHORT_INTERVALS, ...sandboxes.env };
    const gateway = await startGateway(loadConfig(env, providerDefinitions), { logger: createLogger('silent'), ide });
    for (const [id, sandbox] of sandboxes.byProvider) sandbox.subscribe?.(`${gateway.url}/webhooks/${id}`);
    return {
      url: gateway.url,
      async dispose() {
        await gateway.drain();
        await clear();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
}
