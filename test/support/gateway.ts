import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providerDefinitions } from '../../providers/registry.generated';
import { type EmoneySandbox, type EmoneySandboxOptions, startSandbox as startEmoney } from '../../providers/emoney/sandbox';
import { type SandboxOptions, startSandbox as startUpvest, type UpvestSandbox } from '../../providers/upvest/sandbox';
import { loadConfig } from '../../src/config/load-config';
import { type Gateway, startGateway } from '../../src/gateway';
import { createLogger } from '../../src/observability/logger';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import { type Child, startChild } from './child';

export interface Sandboxes {
  upvest: UpvestSandbox;
  emoney: EmoneySandbox;
}

/** Intervals short enough for a test to watch a whole closure over real sockets. */
export const QUICK_ENV: Record<string, string> = {
  AUTH: 'none',
  PORT: '0',
  PROVIDER_TIMEOUT_MS: '3000',
  POLL_MIN_MS: '30',
  POLL_MAX_MS: '200',
  RETRY_MIN_MS: '20',
  RETRY_MAX_MS: '100',
  VISIBILITY_LAG_MS: '60',
  RECONCILE_HORIZON_MS: '3000',
  REOPEN_GRACE_MS: '100',
  MAX_LAG_MS: '60000',
  DRAIN_GRACE_MS: '50',
};

export async function startBothSandboxes(options: { upvest?: SandboxOptions; emoney?: EmoneySandboxOptions } = {}): Promise<Sandboxes> {
  const [upvest, emoney] = await Promise.all([startUpvest({ closingMs: 50, ...options.upvest }), startEmoney(options.emoney)]);
  return { upvest, emoney };
}

/** The environment that points a gateway at the sandboxes. */
export function environmentFor(sandboxes: Record<string, RunningSandbox>): Record<string, string> {
  const settings = Object.entries(sandboxes).flatMap(([id, sandbox]) =>
    Object.entries(sandbox.settings).map(([key, value]) => [`${id.toUpperCase()}_${key}`, value] as const),
  );
  return { PROVIDERS: Object.keys(sandboxes).join(','), ...Object.fromEntries(settings) };
}

export interface ClosurePayload {
  closure: ClosureView | null;
  error: ErrorView | null;
  replayed: boolean;
}

export interface ErrorView {
  code: string;
  message: string;
  retry: string;
  retryAfterSeconds: number | null;
  field: string[] | null;
  blockers: { code: string; stage: string }[];
  provider: string | null;
  providerErrors: { code: string | null; message: string | null; level: string | null; type: string | null; httpStatus: number | null }[];
  providerRequestId: string | null;
  correlationId: string;
}

export interface ClosureView {
  id: string;
  status: string;
  terminal: boolean;
  reasonMapping: string;
  providerStatus: string | null;
  attempts: number;
  version: number;
  nextCheckAt: string | null;
  closedAt: string | null;
  error: ErrorView | null;
  account: { provider: string; kind: string; id: string; idType: string; closureRef: string; displayId: string };
  history: { from: string | null; to: string; cause: string; detail: string | null }[];
}

const FRAGMENTS = `
  fragment E on ClosureError {
    code message retry retryAfterSeconds field blockers { code stage } provider
    providerErrors { code message level type httpStatus } providerRequestId correlationId
  }
  fragment C on Closure {
    id status terminal reasonMapping providerStatus attempts version nextCheckAt closedAt error { ...E }
    account { provider kind id idType closureRef displayId } history { from to cause detail }
  }`;
const CLOSE = `mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure { ...C } error { ...E } replayed } } ${FRAGMENTS}`;
const STATUS = `query ($id: ID!) { closureStatus(closureId: $id) { ...C } } ${FRAGMENTS}`;

let counter = 0;
export function freshKey(): string {
  counter += 1;
  return `gateway-test-${process.pid}-${String(counter).padStart(8, '0')}`;
}

export interface CloseInput {
  idempotencyKey?: string;
  account: { provider: string; kind?: string; id: string; idType?: string; country?: string };
  reason?: string;
  reasonText?: string;
  announceOnly?: boolean;
  includeAccounts?: boolean;
  liquidatePositions?: boolean;
}

/** A client of the public API; nothing else. */
export class Client {
  constructor(readonly url: string) {}

  async graphql<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown };
    if (!data || errors) throw new Error(`GraphQL: ${JSON.stringify(errors)}`);
    return data;
  }

  async close(input: CloseInput): Promise<ClosurePayload> {
    const full = { idempotencyKey: freshKey(), reason: 'CUSTOMER_REQUEST', ...input };
    return (await this.graphql<{ closeAccount: ClosurePayload }>(CLOSE, { input: full })).closeAccount;
  }

  async status(id: string): Promise<ClosureView | null> {
    return (await this.graphql<{ closureStatus: ClosureView | null }>(STATUS, { id })).closureStatus;
  }

  /** Asks until the closure has one of the statuses. */
  async until(id: string, ...statuses: string[]): Promise<ClosureView> {
    for (;;) {
      const closure = await this.status(id);
      if (closure && statuses.includes(closure.status)) return closure;
      if (closure && (closure.terminal || closure.status === 'NEEDS_REVIEW')) {
        throw new Error(`The closure went ${closure.history.map(({ to }) => to).join(' ')}, and not to ${statuses.join(' or ')}.`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export interface TestGateway {
  client: Client;
  sandboxes: Sandboxes;
  dispose(): Promise<void>;
}

/** A whole gateway in this process, with both sandboxes, over real sockets. */
export async function startTestGateway(
  env: Record<string, string> = {},
  options: Parameters<typeof startBothSandboxes>[0] = {},
): Promise<TestGateway> {
  const dataDir = mkdtempSync(join(tmpdir(), 'closure-gateway-'));
  const sandboxes = await startBothSandboxes(options);
  const config = loadConfig({ ...QUICK_ENV, DATA_DIR: dataDir, ...environmentFor({ ...sandboxes }), ...env }, providerDefinitions);
  const gateway: Gateway = await startGateway(config, { logger: createLogger('silent') });
  return {
    client: new Client(gateway.url),
    sandboxes,
    async dispose() {
      await gateway.drain();
      await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * `npm start`'s own process. Give it the same DATA_DIR again to see what it recovers.
 * @param command in the place of that, from the repository's root
 */
export async function startGatewayProcess(
  env: Record<string, string>,
  command: readonly string[] = ['node', 'dist/src/bundle/gateway.js'],
): Promise<{ child: Child; client: Client }> {
  const [program = '', ...args] = command;
  const child = startChild(program, args, { ...QUICK_ENV, ...env });
  const [, url] = await child.waitFor(/"url":"(http:[^"]+)","msg":"gateway started"/);
  return { child, client: new Client(String(url)) };
}
