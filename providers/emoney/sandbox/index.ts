import { generateKeyPair, type KeyPairKeyObjectResult } from 'node:crypto';
import { promisify } from 'node:util';
import { type RunningSandbox, type SandboxReply, type SandboxRoute, startSandboxServer } from '../../../src/provider-kit/sandbox';
import { accountBody, type AccountName, type AccountPreset, nameOf, type SandboxAccount, SandboxAccounts } from './accounts';
import { BALANCE_NOT_ZERO, DOCUMENTED_ANSWERS, fixtureAnswer, VARIANT_ANSWERS } from './answers';
import { MAGIC_ACCOUNTS, magicPresets } from './magic-accounts';
import { accountRequest, refusal } from './request-rules';
import { SandboxTokens } from './tokens';

/**
 * A bank on loopback that speaks the account API: tokens for signed assertions, closes, reads, and every documented
 * error by account id. For development, tests and the demo. See README.md for the ids.
 */

export interface EmoneySandboxOptions {
  /** 0, the default: any free port. */
  port?: number;
  /** Accounts to begin with, beside those of `magic-accounts.ts`. */
  accounts?: readonly AccountPreset[];
  /** Lifetime of a token, seconds. Default 300. */
  tokenLifetimeS?: number;
}

export interface EmoneySandbox extends RunningSandbox {
  addAccount(preset: AccountPreset): void;
  /** The account as the bank has it now; a new one for an id that it has not seen. BBANs as "CC:bban". */
  account(id: string): Readonly<SandboxAccount>;
  /** Every token so far is refused from now on, with 403 INVALID_AUTH_TOKEN. */
  revokeTokens(): void;
  /** Every token and every assertion so far, good or not. */
  credentials(): readonly string[];
}

const CLIENT_ID = '3f2b8c1e-5d4a-4e6f-9a7b-0c1d2e3f4a5b';
const KEY_ID = 'sandbox-key-1';

const cannedAnswers = new Map([...DOCUMENTED_ANSWERS, ...VARIANT_ANSWERS].map(({ accountId, answer }) => [accountId, answer]));
const accountOf = (fixture: string): string | undefined => DOCUMENTED_ANSWERS.find(({ name }) => name === fixture)?.accountId;
const unknownAccount = accountOf('404-account-not-found');
const unknownAddress = accountOf('404-not-found');
const closedAccount = accountOf('422-account-already-closed');

/** One pair for all sandboxes of a process: making one takes longer than everything else at their start. */
let keyPair: Promise<KeyPairKeyObjectResult> | undefined;

/** Starts the sandbox on 127.0.0.1. */
export async function startSandbox(options: EmoneySandboxOptions = {}): Promise<EmoneySandbox> {
  keyPair ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const { privateKey, publicKey } = await keyPair;
  const scopes = ['accounts.delete', 'accounts.read'];
  const tokens = new SandboxTokens({ clientId: CLIENT_ID, issuer: CLIENT_ID, keyId: KEY_ID, publicKey, scopes, lifetimeS: options.tokenLifetimeS ?? 300 });
  const accounts = new SandboxAccounts();
  for (const preset of [...magicPresets(), ...(options.accounts ?? [])]) accounts.add(preset);
  if (closedAccount) accounts.add({ ...MAGIC_ACCOUNTS.closed.preset, uuid: closedAccount });

  function close(name: AccountName): SandboxReply {
    const canned = cannedAnswers.get(accounts.uuidOf(name));
    if (canned) return canned;
    const account = accounts.find(name);
    if (account.closed) return fixtureAnswer('422-account-already-closed');
    if (/[1-9]/.test(account.balances.available ?? '')) return BALANCE_NOT_ZERO;
    accounts.close(account);
    return { ...fixtureAnswer('204'), effect: true };
  }

  function read(name: AccountName): SandboxReply {
    const uuid = accounts.uuidOf(name);
    if (uuid === unknownAccount) return fixtureAnswer('404-account-not-found');
    if (uuid === unknownAddress) return fixtureAnswer('404-not-found');
    return { status: 200, headers: { 'content-type': 'application/json' }, body: accountBody(accounts.find(name)) };
  }

  const server = await startSandboxServer({
    port: options.port,
    primaryId: (id) => {
      const name = nameOf(id);
      return name ? accounts.uuidOf(name) : id;
    },
    route(request): SandboxRoute {
      if (request.path === '/oauth/token') {
        return { operation: 'token', process: () => tokens.answer(request, `${server.url}/oauth/token`) };
      }
      const wanted = accountRequest(request);
      return {
        operation: wanted?.operation ?? 'other',
        accountId: wanted && accounts.uuidOf(wanted.name),
        process: () => {
          const refused = refusal(request, tokens, CLIENT_ID);
          if (refused || !wanted) return refused ?? fixtureAnswer('404-not-found');
          return wanted.operation === 'close' ? close(wanted.name) : read(wanted.name);
        },
      };
    },
  });

  return {
    ...server,
    settings: {
      BASE_URL: server.url,
      TOKEN_URL: `${server.url}/oauth/token`,
      CLIENT_ID,
      PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      KEY_ID,
      // The sandbox has no limit.
      REQUESTS_PER_SECOND: '5000',
    },
    addAccount: (preset) => void accounts.add(preset),
    account(id) {
      const name = nameOf(id);
      if (!name) throw new Error('Not an account id that the sandbox knows the form of.');
      return accounts.find(name);
    },
    revokeTokens: () => tokens.revokeAll(),
    credentials: () => tokens.credentials,
  };
}
