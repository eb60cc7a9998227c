import type { KeyObject } from 'node:crypto';
import type { ProviderDefinition } from '../provider-kit/define';
import { ConfigError } from './config-error';
import { coreSettings, type CoreSettings, readCoreSettings } from './core-settings';
import { type JwtConfig, jwtConfig, type PolicyConfig, policyConfig, tenancyProblems } from './identity-settings';
import { type ProviderConfig, readProviders } from './provider-settings';
import type { Secret } from './secret';

/** The whole configuration, checked. Durations in ms. Safe to print: settings of providers are held as secrets. */
export interface Config {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Folder of the embedded store; not used with a databaseUrl. */
  dataDir: string;
  /** Of a PostgreSQL database; undefined: the embedded store. */
  databaseUrl: Secret<string> | undefined;
  providers: readonly ProviderConfig[];
  closeWaitMs: number;
  providerTimeoutMs: number;
  pollMinMs: number;
  pollMaxMs: number;
  retryMinMs: number;
  retryMaxMs: number;
  reconcileHorizonMs: number;
  /** Overrides the adapters' own where set. */
  visibilityLagMs: number | undefined;
  reopenGraceMs: number;
  /** Close requests that may wait to be recorded at once. */
  maxInFlightCloses: number;
  /** Closings that one subject, and all of a tenant, may ask for in an hour; undefined: any number. */
  maxClosesPerHourBySubject: number | undefined;
  maxClosesPerHourByTenant: number | undefined;
  /** How late the process may run before close requests are turned away. */
  maxLagMs: number;
  /** How long a gateway that was told to end still takes new requests. */
  drainGraceMs: number;
  /** How long applied webhook events are kept. */
  webhookRetentionMs: number;
  /** Ed25519; undefined: no audit checkpoints are sealed. */
  auditKey: Secret<KeyObject> | undefined;
  auditCheckpointMs: number;
  introspection: boolean;
  /** How callers are known; undefined: AUTH=none, everybody is the tenant "default" with all scopes. */
  jwt: JwtConfig | undefined;
  policy: PolicyConfig;
  /** A request to the API must carry one of them; none: it need not. */
  routerSecrets: readonly Secret<string>[];
  /** The only documents that are served, by the SHA-256 of their text; undefined: any. */
  trustedDocuments: ReadonlyMap<string, string> | undefined;
  /** Where routers may have the answers to subscriptions sent to: hosts, lower case, some with a port. */
  callbackHosts: readonly string[];
  /** Whose pages may use the API from a browser, beside those of its own origin. */
  allowedOrigins: readonly string[];
  logLevel: CoreSettings['LOG_LEVEL'];
}

/**
 * Reads the configuration.
 * @throws ConfigError with every problem at once; no value of a provider's setting is in it
 */
export function loadConfig(env: NodeJS.ProcessEnv, definitions: readonly ProviderDefinition[]): Config {
  const core = readCoreSettings(env);
  const { providers, problems } = readProviders(env, definitions, {
    coreNames: ['PROVIDERS', ...Object.keys(coreSettings)],
    tenantsRequired: core.values.AUTH === 'jwt',
  });
  const all = [...core.problems, ...problems, ...tenancyProblems(core.values, providers)];
  if (all.length > 0) throw new ConfigError(all);
  const values = core.values as CoreSettings;
  return {
    host: values.HOST,
    port: values.PORT,
    dataDir: values.DATA_DIR,
    databaseUrl: values.DATABASE_URL,
    providers,
    closeWaitMs: values.CLOSE_WAIT_MS,
    providerTimeoutMs: values.PROVIDER_TIMEOUT_MS,
    pollMinMs: values.POLL_MIN_MS,
    pollMaxMs: values.POLL_MAX_MS,
    retryMinMs: values.RETRY_MIN_MS,
    retryMaxMs: values.RETRY_MAX_MS,
    reconcileHorizonMs: values.RECONCILE_HORIZON_MS,
    visibilityLagMs: values.VISIBILITY_LAG_MS,
    reopenGraceMs: values.REOPEN_GRACE_MS,
    maxInFlightCloses: values.MAX_IN_FLIGHT_CLOSES,
    maxClosesPerHourBySubject: values.MAX_CLOSES_PER_HOUR_BY_SUBJECT,
    maxClosesPerHourByTenant: values.MAX_CLOSES_PER_HOUR_BY_TENANT,
    maxLagMs: values.MAX_LAG_MS,
    drainGraceMs: values.DRAIN_GRACE_MS,
    webhookRetentionMs: values.WEBHOOK_RETENTION_MS,
    auditKey: values.AUDIT_KEY,
    auditCheckpointMs: values.AUDIT_CHECKPOINT_MS,
    // Without identity the gateway is on this machine alone, where tools should find their way.
    introspection: values.INTROSPECTION === undefined ? values.AUTH === 'none' : values.INTROSPECTION === 'on',
    jwt: jwtConfig(values),
    policy: policyConfig(values),
    routerSecrets: values.ROUTER_SECRETS,
    trustedDocuments: values.TRUSTED_DOCUMENTS,
    callbackHosts: values.SUBSCRIPTION_CALLBACK_HOSTS,
    allowedOrigins: values.ALLOWED_ORIGINS,
    logLevel: values.LOG_LEVEL,
  };
}

const AUDIT_VARIABLES: ReadonlySet<string> = new Set(['DATA_DIR', 'DATABASE_URL', 'AUDIT_KEY']);

/** What reading the audit trail needs to know. */
export type AuditConfig = Pick<Config, 'dataDir' | 'databaseUrl' | 'auditKey'>;

/**
 * The part of the configuration that reading the audit trail needs; it asks for no provider.
 * @throws ConfigError with what is wrong about that part
 */
export function loadAuditConfig(env: NodeJS.ProcessEnv): AuditConfig {
  const { values, problems } = readCoreSettings(env);
  const own = problems.filter(({ variable }) => AUDIT_VARIABLES.has(variable));
  if (own.length > 0) throw new ConfigError(own);
  const { DATA_DIR, DATABASE_URL, AUDIT_KEY } = values as CoreSettings;
  return { dataDir: DATA_DIR, databaseUrl: DATABASE_URL, auditKey: AUDIT_KEY };
}

/** {@link loadAuditConfig} of this process's environment. */
export function loadProcessAuditConfig(): AuditConfig {
  return loadAuditConfig(process.env);
}

/** {@link loadConfig} of this process's environment. Nothing outside this file reads that. */
export function loadProcessConfig(definitions: readonly ProviderDefinition[]): Config {
  return loadConfig(process.env, definitions);
}
