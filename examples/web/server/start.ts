/**
 * `npm run example:web`: the gateway with its sandboxes, and the page in front of it, as it would be built for production.
 * It stays up until Ctrl-C. Nothing is left behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PreviewServer } from 'vite';
import { startDemoGateway } from '../../../scripts/demo-gateway';
import { untilSignal } from '../../../scripts/until-signal';
import { explainStartFailure } from '../../../src/start-failure';

/**
 * @param outDir where the built page is put
 * @param gatewayUrl what its requests are passed on to
 */
async function servePage(outDir: string, gatewayUrl: string, port: number): Promise<PreviewServer> {
  const { build, preview } = await import('vite');
  process.env['GATEWAY_URL'] = gatewayUrl;
  // The loader "runner" leaves no file beside the configuration's.
  const configFile = join('examples', 'web', 'vite.config.mts');
  const config = { configFile, configLoader: 'runner', logLevel: 'warn', build: { outDir, emptyOutDir: true } } as const;
  await build(config);
  return preview({ ...config, preview: { port } });
}

async function main(): Promise<void> {
  const stopped = untilSignal();
  const folder = mkdtempSync(join(tmpdir(), 'closure-web-'));
  const gateway = await startDemoGateway({ port: '0' });
  try {
    const page = await servePage(folder, gateway.url, Number(process.env['PORT'] ?? '5173'));
    console.log(`The gateway is up at ${gateway.url}/graphql, with a sandbox of each provider behind it.`);
    console.log(`The page is up at    ${page.resolvedUrls?.local[0]}\nCtrl-C ends it.`);
    await stopped;
    await page.close();
  } finally {
    await gateway.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`The example cannot go on.\n${explainStartFailure(error)}`);
    process.exit(1);
  },
);
