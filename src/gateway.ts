import 'reflect-metadata';
import { signerWith } from './audit/keys';
import { Sealer } from './audit/sealer';
import { callbackGate } from './config/callback-hosts';
import type { Config } from './config/load-config';
import { SCOPES } from './domain/caller';
import { createEngine, type EngineSettings } from './engine';
import { within } from './engine/within';
import type { Identity } from './graphql/context';
import type { Authenticate } from './http/authenticate';
import { IssuerKeys } from './http/identity/issuer-keys';
import { jwtAuthenticate } from './http/identity/jwt';
import { routerGate } from './http/identity/router-secret';
import { createServer } from './http/server';
import type { Logger } from './observability/logger';
import { createMetrics } from './observability/metrics';
import { createStoreGauges } from './observability/store-gauges';
import { createTelemetry } from './observability/telemetry';
import type { Telemetry } from './ports/telemetry';
import { type OpenStore, openStore } from './open-store';
import { createPolicy } from './policy';
import { createProviders, type Providers } from './providers';
import { systemClock, systemRandomness } from './system';

/** A running gateway. */
export interface Gateway {
  /** Origin without a trailing slash, for example "http://127.0.0.1:4000". */
  url: string;
  /**
   * Takes up no more due work and is not ready any more; serves on for the grace; then takes no new requests, waits for
   * what is under way, and frees the store and the connections. What a provider has not answered {@link GIVE_UP_MS}
   * after the start of the drain stays in doubt. Safe to die during it: recovery takes up what is left.
   */
  drain(graceMs?: number): Promise<void>;
}

export interface GatewayExtras {
  logger: Logger;
  /** HTML of a GraphQL IDE, shown to browsers at /graphql. */
  ide?: string;
}

/** How long after its start a drain waits for providers, ms: what is left then must still be written and answered in time. */
const GIVE_UP_MS = 18_000;

/** Closures of one provider claimed at once: enough to keep its connections busy while others are committed. */
const WORKERS = 64;

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
  const policy = createPolicy(config.policy, systemClock);
  const identity = createIdentity(config);
  const engine = createEngine({
    store,
    providers,
    clock,
    random: systemRandomness,
    telemetry,
    policy,
    settings: engineSettings(config),
  });
  const askStore = createStoreGauges(metrics.registry, store);
  const server = createServer({
    service: engine.service,
    receiveWebhook: engine.receiveWebhook,
    authenticate: identity.authenticate,
    isRouter: routerGate(config.routerSecrets.map((secret) => secret.reveal())),
    logger,
    metrics: async () => {
      await askStore();
      metrics.watched.set(engine.watched());
      return metrics.text();
    },
    health: async () => {
      await Promise.all([store.ping(), identity.ready()]);
    },
    introspection: config.introspection,
    showsSdl: config.introspection || config.routerSecrets.length > 0,
    trustedDocuments: config.trustedDocuments,
    mayCallBack: callbackGate(config.callbackHosts),
    allowedOrigins: config.allowedOrigins,
    ide,
  });
  let url: string;
  try {
    url = await server.listen(config.host, config.port);
  } catch (error) {
    await server.drain();
    await Promise.all([policy.dispose(), identity.dispose()]);
    throw error;
  }
  engine.start();
  const sealer = startSealer(config, logger, { store, telemetry });
  return {
    url,
    async drain(graceMs = 0) {
      engine.stopClaiming();
      const done = server.drain(graceMs).then(() => engine.drain());
      await within(done, GIVE_UP_MS);
      engine.giveUp();
      await providers.dispose();
      await done;
      await Promise.all([policy.dispose(), identity.dispose()]);
      await sealer?.drain();
      await store.dispose();
    },
  };
}

interface IdentityParts {
  authenticate: Authenticate;
  /** Rejects while nobody can be told from anybody. */
  ready(): Promise<void>;
  dispose(): Promise<void>;
}

function createIdentity({ jwt }: Config): IdentityParts {
  if (!jwt) return { authenticate: () => Promise.resolve(EVERYBODY), ready: () => Promise.resolve(), dispose: () => Promise.resolve() };
  const keys = new IssuerKeys(jwt.jwksUrl);
  return { authenticate: jwtAuthenticate(jwt, keys), ready: () => keys.ready(), dispose: () => keys.dispose() };
}

/** Undefined: there is no key to sign with. */
function startSealer({ auditKey, auditCheckpointMs }: Config, logger: Logger, { store, telemetry }: Pick<Parts, 'store' | 'telemetry'>): Sealer | undefined {
  if (!auditKey) {
    logger.warn({}, 'AUDIT_KEY is not set: the audit trail is chained, and no checkpoints of it are sealed');
    return undefined;
  }
  const sealer = new Sealer({ store, telemetry, signer: signerWith(auditKey.reveal()), everyMs: auditCheckpointMs });
  sealer.start();
  return sealer;
}

function engineSettings(config: Config): EngineSettings {
  const { closeWaitMs, providerTimeoutMs, pollMinMs, pollMaxMs, retryMinMs, retryMaxMs, reconcileHorizonMs, reopenGraceMs } = config;
  const durations = { closeWaitMs, providerTimeoutMs, pollMinMs, pollMaxMs, retryMinMs, retryMaxMs, reconcileHorizonMs, reopenGraceMs };
  const { webhookRetentionMs, maxInFlightCloses, maxLagMs, maxClosesPerHourBySubject, maxClosesPerHourByTenant } = config;
  const quotas = { maxClosesPerHourBySubject, maxClosesPerHourByTenant };
  return { ...durations, webhookRetentionMs, workers: WORKERS, maxInFlightCloses, maxLagMs, ...quotas };
}
