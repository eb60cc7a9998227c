import { callbackGate } from '../../src/config/callback-hosts';
import type { Closure } from '../../src/domain/closure';
import { IssuerKeys } from '../../src/http/identity/issuer-keys';
import { jwtAuthenticate } from '../../src/http/identity/jwt';
import type { AccountPolicy } from '../../src/ports/account-policy';
import { tenantPolicy } from '../../src/policy/tenant';
import { type Api, SETTINGS, startApi } from '../support/api';
import { type FakeRouter, startFakeRouter } from '../support/fake-router';
import { AUDIENCE, type Issuer, startIssuer } from '../support/issuer';
import { ScriptedProvider } from '../support/scripted-provider';
import { follow, sseClient, wsClient } from '../support/watching';
import type { Effect, Operation } from './authorization-operations';

/** A server that knows callers by their tokens, a provider that does what it is asked, and every way of asking. */

export const PROVIDER = 'some_bank';
/** The first has the closures that are asked for. */
export const TENANTS = ['default', 'sharing', 'elsewhere'] as const;

export interface World {
  api: Api;
  bank: ScriptedProvider;
  issuer: Issuer;
  router: FakeRouter;
  dispose(): Promise<void>;
}

/** @param tenants that have the provider */
export async function startWorld(tenants: readonly string[], policy: AccountPolicy = tenantPolicy): Promise<World> {
  const issuer = await startIssuer();
  const keys = new IssuerKeys(issuer.jwksUrl);
  const claims = { tenant: 'tenant', subject: 'sub', scope: 'scope', accounts: 'accounts' };
  const router = await startFakeRouter();
  const bank = new ScriptedProvider({}, { idTypes: ['UUID'], defaultIdType: 'UUID' });
  const server = {
    mayCallBack: callbackGate([router.host]),
    authenticate: jwtAuthenticate({ jwksUrl: issuer.jwksUrl, issuer: issuer.url, audience: AUDIENCE, algorithms: ['ES256'], tokenTypes: ['at+jwt'], claims }, keys),
  };
  const providers = [{ ...bank.configured(PROVIDER), tenants: new Set(tenants) }];
  const api = await startApi(server, providers, { policy, settings: { ...SETTINGS, closeWaitMs: 60_000 } });
  return {
    api,
    bank,
    issuer,
    router,
    async dispose() {
      await api.close();
      await router.close();
      await keys.dispose();
      await issuer.close();
    },
  };
}

/** Everything that an operation could have left behind. */
export async function traces({ api, bank }: World, closure: Closure) {
  const { store } = api.watched;
  const ids = [closure.id];
  const [row] = await store.closures(closure.tenant, ids);
  const [history] = await store.events(closure.tenant, ids);
  const attempts = await store.attempts(closure.id);
  const newest = await Promise.all(TENANTS.map((tenant) => store.list(tenant, {}, 5, null)));
  // Ids rise with time.
  const recorded = newest.flat().filter(({ id }) => id > closure.id).length;
  return { row, history, attempts, recorded, sent: bank.sent.length, reads: bank.reads };
}
type Traces = Awaited<ReturnType<typeof traces>>;

/** What came of it. */
export function effectOf(before: Traces, after: Traces): Effect {
  const counts = (['recorded', 'sent', 'reads'] as const).map((name) => [name, after[name] - before[name]] as const);
  const moved = before.row?.status === after.row?.status ? {} : { status: after.row?.status };
  return { ...moved, ...Object.fromEntries(counts.filter(([, count]) => count > 0)) };
}

export interface Result {
  data: Record<string, unknown> | null;
  /** Of the errors of the whole. */
  codes: string[];
}

/** The code of the payload's error. */
export function codeOf({ data }: Result): string | undefined {
  return (data?.['result'] as { error?: { code: string } | null } | null | undefined)?.error?.code;
}

type Ask = (world: World, token: string | undefined, operation: Pick<Operation, 'document'>, variables: Record<string, unknown>) => Promise<Result>;

const read = async (response: Response): Promise<Result> => {
  const { data = null, errors = [] } = (await response.json()) as { data?: Result['data']; errors?: { extensions: { code: string } }[] };
  return { data, codes: errors.map(({ extensions }) => extensions.code) };
};
const bearer = (token: string | undefined): Record<string, string> => (token === undefined ? {} : { authorization: `Bearer ${token}` });

export const TRANSPORTS: Record<string, { kinds: Operation['kind'][]; ask: Ask }> = {
  POST: {
    kinds: ['query', 'mutation'],
    ask: async ({ api }, token, { document }, variables) =>
      read(await fetch(`${api.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...bearer(token) }, body: JSON.stringify({ query: document, variables }) })),
  },
  GET: {
    kinds: ['query'],
    ask: async ({ api }, token, { document }, variables) => {
      const search = new URLSearchParams({ query: document, variables: JSON.stringify(variables) }).toString();
      return read(await fetch(`${api.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1', ...bearer(token) } }));
    },
  },
  'server-sent events': {
    kinds: ['query', 'mutation', 'subscription'],
    ask: ({ api }, token, { document }, variables) => first(sseClient(api.url, { headers: bearer(token) }), document, variables),
  },
  'HTTP callbacks': {
    kinds: ['subscription'],
    ask: ({ api, router }, token, { document }, variables) => first(router.client(api.url, bearer(token)), document, variables),
  },
  WebSocket: {
    kinds: ['query', 'mutation', 'subscription'],
    ask: ({ api }, token, { document }, variables) => first(wsClient(api.url, { connectionParams: bearer(token) }), document, variables),
  },
};

/** The first result; or, where there is none, how it ended. */
async function first(client: Parameters<typeof follow>[0] & { dispose(): void }, document: string, variables: Record<string, unknown>): Promise<Result> {
  const followed = follow<Record<string, unknown>>(client, variables, document);
  await Promise.race([followed.atLeast(1).catch(() => undefined), followed.end]);
  followed.stop();
  client.dispose();
  const [result] = followed.results;
  if (result) return { data: result.data ?? null, codes: (result.errors ?? []).map(({ extensions }) => String(extensions?.['code'])) };
  const end = await followed.end;
  if (end === 'complete') return { data: {}, codes: [] };
  // Errors before the first result; a connection that nobody known opened; an answer by HTTP instead of a stream.
  if (Array.isArray(end)) return { data: null, codes: end.map(({ extensions }: { extensions: { code: string } }) => extensions.code) };
  const { code, response } = end as { code?: number; response?: { status: number } };
  return { data: null, codes: [code === 4401 || code === 4403 || response?.status === 401 ? 'UNAUTHENTICATED' : `${code ?? response?.status}`] };
}
