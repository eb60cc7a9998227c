import 'reflect-metadata';
import type { Config } from './config/load-config';
import { SCOPES } from './domain/caller';
import { createEngine, type EngineSettings } from './engine';
import type { Identity } from './graphql/context';
import { createServer } from './http/server';
import type { Logger } from './observability/logger';
import { createMetrics } from './observability/metrics';
import { createTelemetry } from './observability/telemetry';
import type { Telemetry } from './ports/telemetry';
import { type OpenStore, openStore } from './open-store';
import { createProviders, type Providers } from './providers';
import { systemClock, systemRandomness } from './system';

/** A running gateway. */
export interface Gateway {
  /** Origin without a trailing slash, for example "http://127.0.0.1:4000". */
  url: string;
  /**
   * Stops taking requests and due work, waits for what is under way, then frees the store and the connections.
   * Safe to die during it: recovery takes up what is left.
   */
  drain(): Promise<void>;
}

export interface GatewayExtras {
  logger: Logger;
  /** HTML of a GraphQL IDE, shown to browsers at /graphql. */
  ide?: string;
}

/**
 * Closures claimed at once. Far above what one provider's connections carry: a request that finds them busy gives up
 * soon, so a provider that hangs does not keep the others' closures waiting.
 */
const WORKERS = 256;

/** AUTH=none: only this machine can ask, and may do everything. */
const EVERYBODY: Identity = { tenant: 'default', subject: 'default', scopes: new Set(SCOPES) };

/**
 * Composes and starts a gateway: store, providers, engine, server.
 * @throws what {@link openStore} throws, and the listen error of the server; nothing stays open then
 */
export async function startGateway(config: Config, { logger, ide }: GatewayExtras): Promise<Gateway> {
  const metrics = createMetrics();
  const telemetry = createTelemetry(logger, metrics);
  const { store, clock } = await openStore(config);
  let providers: Providers | undefined;
  try {
    providers = createProviders(config, { clock: systemClock, random: systemRandomness, telemetry });
    return await compose(config, { logger, ide }, { metrics, telemetry, store, clock, providers });
  } catch (error) {
    await providers?.dispose();
    await store.dispose();
    throw error;
  }
}

interface Parts extends OpenStore {
  metrics: ReturnType<typeof createMetrics>;
  telemetry: Telemetry;
  providers: Providers;
}

async function compose(config: Config, { logger, ide }: GatewayExtras, { metrics, telemetry, store, clock, providers }: Parts): Promise<Gateway> {
  const engine = createEngine({
    store,
    providers,
    clock,
    random: systemRandomness,
    telemetry,
    settings: engineSettings(config),
  });
  const server = createServer({
    service: engine.service,
    receiveWebhook: engine.receiveWebhook,
    authenticate: () => Promise.resolve(EVERYBODY),
    logger,
    metrics: metrics.text,
    health: () => store.ping(),
    introspection: config.introspection,
    ide,
  });
  let url: string;
  try {
    url = await server.listen(config.host, config.port);
  } catch (error) {
    await server.drain();
    throw error;
  }
  engine.start();
  return {
    url,
    async drain() {
      await Promise.all([server.drain(), engine.drain()]);
      // The last requests may have set work going after the engine looked.
      await engine.drain();
      await providers.dispose();
      await store.dispose();
    },
  };
}

function engineSettings(config: Config): EngineSettings {
  const { closeWaitMs, providerTimeoutMs, pollMinMs, pollMaxMs, retryMinMs, retryMaxMs, reconcileHorizonMs, reopenGraceMs } = config;
  const durations = { closeWaitMs, providerTimeoutMs, pollMinMs, pollMaxMs, retryMinMs, retryMaxMs, reconcileHorizonMs, reopenGraceMs };
  return { ...durations, workers: WORKERS };
}
