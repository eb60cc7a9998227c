import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCOPES, type Scope } from '../../src/domain/caller';
import type { Closure } from '../../src/domain/closure';
import { createEngine, type EngineParts } from '../../src/engine';
import type { Authenticate } from '../../src/http/authenticate';
import { createServer, type ServerOptions } from '../../src/http/server';
import { tenantPolicy } from '../../src/policy/tenant';
import type { ConfiguredProvider } from '../../src/ports/provider';
import type { ClosureStore } from '../../src/ports/store';
import { openSqliteStore } from '../../src/store/sqlite';
import { systemClock, systemRandomness } from '../../src/system';
import { closureRecord, firstEvent } from './closure-record';
import { watchStore, type WatchedStore } from './watched-store';

export const SETTINGS: EngineParts['settings'] = {
  closeWaitMs: 1_000,
  pollMinMs: 60_000,
  pollMaxMs: 3_600_000,
  retryMinMs: 1_000,
  retryMaxMs: 900_000,
  reconcileHorizonMs: 86_400_000,
  reopenGraceMs: 900_000,
  webhookRetentionMs: 2_592_000_000,
  providerTimeoutMs: 5_000,
  workers: 4,
  maxInFlightCloses: 512,
  maxLagMs: 60_000,
};

const silent = () => undefined;

/** Who asks, as the test says in headers: `x-test-subject` (or nobody) and `x-test-scopes` (or all of them). */
const byTestHeaders: Authenticate = async ({ headers }) => {
  const subject = headers['x-test-subject'] ?? 'someone';
  if (subject === 'nobody') return null;
  if (subject === 'broken') throw new Error('The keys cannot be had.');
  const scopes = headers['x-test-scopes'];
  return {
    tenant: 'default',
    subject: String(subject),
    scopes: new Set(typeof scopes === 'string' ? (scopes.split(' ') as Scope[]) : SCOPES),
  };
};

export interface GraphqlAnswer {
  status: number;
  headers: Headers;
  /** As sent. */
  text: string;
  data: Record<string, unknown> | null;
  errors: { message: string; path?: unknown; extensions: Record<string, unknown> }[];
}

export interface Api {
  url: string;
  watched: WatchedStore;
  /** What was logged: fields and message. */
  logged: { fields: Record<string, unknown>; message: string }[];
  server: ReturnType<typeof createServer>;
  /** Puts a closure into the store, with those that it waits for. */
  seed(given?: Partial<Closure>, children?: Closure[]): Promise<Closure>;
  graphql(query: string, variables?: object, headers?: Record<string, string>): Promise<GraphqlAnswer>;
  close(): Promise<void>;
}

/**
 * The real engine and the real embedded store behind the real server, usually with no provider configured.
 * @param parts of the engine, in place of the usual ones
 */
export async function startApi(
  options: Partial<ServerOptions> = {},
  providers: readonly ConfiguredProvider[] = [],
  parts: Partial<EngineParts> = {},
): Promise<Api> {
  const dataDir = await mkdtemp(join(tmpdir(), 'closure-api-'));
  const real: ClosureStore = await openSqliteStore({ dataDir, clock: systemClock });
  const watched = watchStore(real);
  const engine = createEngine({
    store: watched.store,
    providers: { find: (id) => providers.find((provider) => provider.id === id), all: () => providers },
    clock: systemClock,
    random: systemRandomness,
    telemetry: { transition: silent, providerCall: silent, circuit: silent, overloaded: silent, unmapped: silent, pruned: silent, alarm: silent },
    policy: tenantPolicy,
    settings: SETTINGS,
    ...parts,
  });
  const logged: Api['logged'] = [];
  const server = createServer({
    service: engine.service,
    receiveWebhook: engine.receiveWebhook,
    authenticate: byTestHeaders,
    logger: { error: (fields, message) => void logged.push({ fields, message }) },
    metrics: async () => '# HELP some_total A number.\nsome_total 1\n',
    isRouter: () => true,
    mayCallBack: () => false,
    health: () => watched.store.ping(),
    introspection: true,
    ...options,
  });
  const url = await server.listen('127.0.0.1', 0);

  return {
    url,
    watched,
    logged,
    server,
    async seed(given, children = []) {
      const closure = closureRecord(given);
      const alongside = { children: children.map((child) => ({ closure: child, event: firstEvent(child) })) };
      const result = await real.record(closure, firstEvent(closure), 1_000, alongside);
      if (result.kind !== 'recorded') throw new Error(`The closure was not recorded: ${result.kind}.`);
      return result.closure;
    },
    async graphql(query, variables, headers) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      });
      const text = await response.text();
      const { data = null, errors = [] } = JSON.parse(text) as Partial<GraphqlAnswer>;
      return { status: response.status, headers: response.headers, text, data, errors };
    },
    async close() {
      await server.drain();
      await engine.drain();
      await real.dispose();
      await rm(dataDir, { recursive: true });
    },
  };
}
