import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import {
  jsonAnswer,
  type RunningSandbox,
  type SandboxReply,
  type SandboxRequest,
  type SandboxRoute,
  startSandboxServer,
} from '../../../src/provider-kit/sandbox';
import { CLOSE_SCOPE, CLOSURE_REASON_WORDS, LIST_SCOPES, READ_SCOPE, SALES_SCOPE, SELL_SCOPE, TOKEN_PATH, VERIFY_KEYS_PATH, WEBHOOKS_SCOPE } from '../api';
import type { AccountPreset } from './accounts';
import { type OpenedGroup, SandboxBank } from './bank';
import { Gate } from './gate';
import { listRoute } from './lists';
import { magicPresets } from './magic';
import { problemReply, Refusal, withRequestId } from './problems';
import { salesRoute } from './sales-route';
import { SandboxWebhooks, type WebhookControls } from './webhooks';
import type { WebhookSenderOptions } from './webhook-sender';

export interface SandboxOptions {
  /** Default 0: any free port. */
  port?: number;
  /** From an accepted close until CLOSED, ms. Default 2000. */
  closingMs?: number;
  /** From the request to sell an account's positions until they are sold, ms. Default 1000. */
  sellingMs?: number;
  /** How long a change stays invisible to reads, ms. Default 0. */
  readLagMs?: number;
  /** Accounts and account groups that begin otherwise than ACTIVE and empty, by id. */
  accounts?: Readonly<Record<string, AccountPreset>>;
  /** Default 1799, as in the provider's samples. */
  tokenLifeSeconds?: number;
  /** Default: random. */
  clientSecret?: string;
  /** The key pair that requests are signed with. Default: ECDSA P-521. */
  keys?: { privateKey: KeyObject; publicKey: KeyObject };
  /** Default 15; the sandbox itself takes both at any time. */
  signatureVersion?: '15' | '6';
  /** Scopes that the client may have. Default: what closing and reading need. */
  scopes?: readonly string[];
  webhooks?: WebhookSenderOptions;
}

export interface UpvestSandbox extends Omit<RunningSandbox, 'subscribe'>, WebhookControls {
  /** Makes every token issued so far invalid. */
  revokeTokens(): void;
  /** Every token so far, good or not. */
  credentials(): readonly string[];
  /** Something happens to the account, or the group, of this id. What is not named stays as it is. */
  change(id: string, changes: AccountPreset): void;
  /** Opens an account group with so many accounts (2) and so many users (1), each of whom has all of the accounts. */
  openGroup(counts?: { accounts?: number; users?: number }): OpenedGroup;
}

const RESOURCE = /^\/(accounts|account_groups)\/([^/]+)$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Starts the provider's sandbox on 127.0.0.1: signatures, tokens, scopes and parameters are checked as the pages
 * say, and every id that is a UUID names an open account unless it is preset or one of the magic ids.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<UpvestSandbox> {
  const keys = options.keys ?? generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
  const credentials = {
    clientId: randomUUID(),
    clientSecret: options.clientSecret ?? randomBytes(24).toString('base64'),
    keyId: randomUUID(),
    publicKey: keys.publicKey,
    scopes: options.scopes ?? [CLOSE_SCOPE, WEBHOOKS_SCOPE, SELL_SCOPE, SALES_SCOPE, ...Object.values(LIST_SCOPES)],
  };
  const gate = new Gate(credentials, options.tokenLifeSeconds ?? 1799);
  const bank = new SandboxBank({
    closingMs: options.closingMs ?? 2_000,
    sellingMs: options.sellingMs ?? 1_000,
    readLagMs: options.readLagMs ?? 0,
    presets: new Map([...magicPresets, ...Object.entries(options.accounts ?? {})]),
  });
  const webhooks = new SandboxWebhooks(bank, options.webhooks ?? {});

  const server = await startSandboxServer({
    port: options.port,
    route: (request) => guarded(routeOf(request, gate, bank, webhooks), request, gate),
  });
  return {
    ...server,
    settings: {
      BASE_URL: server.url,
      CLIENT_ID: credentials.clientId,
      CLIENT_SECRET: credentials.clientSecret,
      KEY_ID: credentials.keyId,
      PRIVATE_KEY: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      SIGNATURE_VERSION: options.signatureVersion ?? '15',
      // The sandbox has no limit.
      REQUESTS_PER_SECOND: '5000',
    },
    revokeTokens: () => gate.revokeTokens(),
    credentials: () => gate.issued,
    change: (id, changes) => bank.change(id, changes),
    openGroup: (counts) => bank.openGroup(counts),
    ...webhooks.controls(),
    dispose: async () => {
      await webhooks.dispose();
      await server.dispose();
    },
  };
}

type Collection = 'accounts' | 'account_groups';

/** The route with the checks that every request has to pass, and its refusals turned into problems. */
function guarded(route: SandboxRoute, request: SandboxRequest, gate: Gate): SandboxRoute {
  const process = async (): Promise<SandboxReply> => {
    try {
      gate.checkSignedRequest(request, Date.now());
      return await route.process();
    } catch (error) {
      if (error instanceof Refusal) return problemReply(error.slug, error.message);
      throw error;
    }
  };
  return { ...route, process };
}

function routeOf(request: SandboxRequest, gate: Gate, bank: SandboxBank, webhooks: SandboxWebhooks): SandboxRoute {
  const { method, path } = request;
  if (path === TOKEN_PATH) {
    return { operation: 'token', process: () => (method === 'POST' ? gate.issueToken(request, Date.now()) : refuse('method_not_allowed')) };
  }
  if (path === VERIFY_KEYS_PATH && method === 'GET') {
    return { operation: 'keys', process: () => verifyKeys(request, gate, webhooks) };
  }
  const list = listRoute(request, bank, gate) ?? salesRoute(request, bank, gate);
  if (list) return list;
  const [, collection, accountId] = RESOURCE.exec(path) ?? [];
  if ((collection !== 'accounts' && collection !== 'account_groups') || accountId === undefined) {
    return { operation: 'other', process: () => refuse('not_found') };
  }
  switch (method) {
    case 'DELETE':
      return { operation: 'close', accountId, process: () => close(request, collection, accountId, bank, gate, webhooks) };
    case 'GET':
      return { operation: 'read', accountId, process: () => read(request, collection, accountId, bank, gate) };
    default:
      return { operation: 'other', accountId, process: () => refuse('method_not_allowed') };
  }
}

function verifyKeys(request: SandboxRequest, gate: Gate, webhooks: SandboxWebhooks): SandboxReply {
  gate.checkToken(request, WEBHOOKS_SCOPE, Date.now());
  return withRequestId(jsonAnswer(200, webhooks.keySet()));
}

function close(
  request: SandboxRequest,
  collection: Collection,
  id: string,
  bank: SandboxBank,
  gate: Gate,
  webhooks: SandboxWebhooks,
): SandboxReply {
  const now = Date.now();
  gate.checkToken(request, CLOSE_SCOPE, now);
  checkId(id, collection);
  if (request.body.length > 0) throw new Refusal('invalid_request', 'The request takes no body.');
  if (collection === 'accounts' && request.query !== '') throw new Refusal('invalid_request', 'The request takes no query.');
  checkGroupQuery(request.params);
  if (request.params.get('notification_only') === 'true') return withRequestId({ status: 202 });
  const refusal = bank[collection].close(id, now);
  if (refusal) throw new Refusal(refusal, 'The account cannot be closed.');
  webhooks.closingBegan(collection, id);
  return { ...withRequestId({ status: 202 }), effect: true };
}

function checkGroupQuery(params: URLSearchParams): void {
  const allowed: Record<string, readonly string[]> = { closure_reason: CLOSURE_REASON_WORDS, notification_only: ['true', 'false'] };
  const seen = new Set<string>();
  for (const [name, value] of params) {
    const fine = !seen.has(name) && Object.hasOwn(allowed, name) && allowed[name]?.includes(value);
    if (!fine) throw new Refusal('invalid_request', 'The query is not understood.');
    seen.add(name);
  }
}

function read(request: SandboxRequest, collection: Collection, id: string, bank: SandboxBank, gate: Gate): SandboxReply {
  const now = Date.now();
  gate.checkToken(request, READ_SCOPE, now);
  checkId(id, 'accounts');
  const seen = bank[collection].visible(id, now);
  if (!seen) throw new Refusal('not_found', 'There is no such account.');
  const created = new Date(seen.createdAt).toISOString();
  const common = { id, created_at: created, updated_at: created, status: seen.status };
  const group = collection === 'accounts' ? bank.groupOf(id) : id;
  const owners = collection === 'accounts' ? bank.ownersOf(id) : bank.usersOf(id);
  const users = owners.map((user) => ({ id: user, type: 'OWNER' }));
  const own = collection === 'accounts' ? { name: 'Savings', type: 'TRADING', account_group_id: group } : { type: 'PERSONAL' };
  return withRequestId(jsonAnswer(200, { ...common, ...own, users }));
}

/** The page of the single account documents no 400. */
function checkId(id: string, collection: Collection): void {
  if (!UUID.test(id)) throw new Refusal(collection === 'accounts' ? 'not_found' : 'invalid_request', 'The id is not a UUID.');
}

function refuse(slug: 'not_found' | 'method_not_allowed'): never {
  throw new Refusal(slug, 'The provider has nothing there.');
}
