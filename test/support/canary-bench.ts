import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Canary, Exhibit } from './canaries';
import { type Child, startChild } from './child';
import { environmentFor, freshKey, type Sandboxes, startBothSandboxes, startGatewayProcess } from './gateway';

/** A gateway process whose every secret is known, with everything that it ever said. */

const SECRET = 'plain words, "quoted" / & more';
const PASSPHRASE = 'canary passphrase';
const EMAIL = 'canary.holder@bank.example';
export const IBAN = 'ES9121000418450200051332';
export const BBAN = { country: 'GB', id: 'WEST12345698765432' };

const FRAGMENTS = `
  fragment B on ClosureBlocker { code message amount currency relatedIds }
  fragment E on ClosureError { code message field blockers { ...B } providerErrors { code message level type httpStatus } providerRequestId correlationId }
  fragment C on Closure {
    id status providerStatus idempotencyKey version blockers { ...B } requiredAction { type url } error { ...E } reports { id type }
    history { from to cause detail } account { provider kind id idType country displayId closureRef } provider { id }
  }`;
const CLOSE = `mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure { ...C } error { ...E } replayed } } ${FRAGMENTS}`;
const LIST = `query ($filter: ClosureFilter, $after: String) { closures(filter: $filter, first: 100, after: $after) { edges { node { ...C } } pageInfo { endCursor hasNextPage } } } ${FRAGMENTS}`;
const MOVING = '{ closures(filter: { status: [REQUESTED, UNCONFIRMED, CLOSING, SCHEDULED, ACTION_REQUIRED] }, first: 1) { edges { node { id status } } } }';
/** The documents of the other operations; each asks for all that could hold a text of somebody. */
export const DOCUMENTS = {
  refresh: `mutation ($id: ID!) { refreshClosure(closureId: $id) { closure { ...C } error { ...E } } } ${FRAGMENTS}`,
  cancel: `mutation ($id: ID!) { cancelClosure(closureId: $id) { closure { ...C } error { ...E } } } ${FRAGMENTS}`,
  // Without the history: the note is the person's own words, and shown there.
  resolve: 'mutation ($input: ResolveClosureInput!) { resolveClosure(input: $input) { closure { id status } error { code message field } } }',
  status: `query ($id: ID!) { closureStatus(closureId: $id) { ...C } } ${FRAGMENTS}`,
  list: LIST,
  eligibility: `query ($account: AccountInput!) { closureEligibility(account: $account) { eligible providerStatus blockers { ...B } error { ...E } account { id displayId closureRef } } } ${FRAGMENTS}`,
  entities: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { closureRef closure { ...C } } ... on Closure { ...C } } } ${FRAGMENTS}`,
  providers: '{ closureProviders { id adapter displayName accountKinds { kind idTypes } } }',
};

export interface Seen {
  id: string;
  status: string;
  version: number;
  providerStatus: string | null;
  error: { providerErrors: { message: string | null }[] } | null;
}

export class CanaryBench {
  readonly exhibits: Exhibit[] = [];
  readonly #accounts: string[] = [];
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'closure-canary-'));
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
  readonly #encrypted = this.#keys.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE }).toString();
  #sandboxes: Sandboxes | undefined;
  #child: Child | undefined;
  #url = '';

  get sandboxes(): Sandboxes {
    if (!this.#sandboxes) throw new Error('Not started.');
    return this.#sandboxes;
  }

  async start(): Promise<void> {
    execFileSync('node', ['scripts/build.mjs']);
    this.#sandboxes = await startBothSandboxes({ upvest: { clientSecret: SECRET, keys: this.#keys } });
    const { child, client } = await startGatewayProcess(this.environment());
    this.#child = child;
    this.#url = client.url;
  }

  environment(): Record<string, string> {
    return {
      ...environmentFor({ ...this.sandboxes }),
      DATA_DIR: this.#dataDir,
      LOG_LEVEL: 'debug',
      RECONCILE_HORIZON_MS: '500',
      UPVEST_PRIVATE_KEY: this.#encrypted,
      UPVEST_PRIVATE_KEY_PASSPHRASE: PASSPHRASE,
    };
  }

  /** Ends the gateway in the orderly way, and keeps what it wrote. */
  async drain(): Promise<number | NodeJS.Signals | undefined> {
    this.#child?.signal('SIGTERM');
    const code = await this.#child?.ended;
    this.#keepOutput('the log', this.#child);
    return code;
  }

  /** A start that fails, and what it wrote. */
  async failToStart(place: string, env: Record<string, string>): Promise<number | NodeJS.Signals> {
    const child = startChild('node', ['dist/src/bundle/gateway.js'], { AUTH: 'none', PORT: '0', ...this.environment(), ...env });
    const code = await child.ended;
    this.#keepOutput(place, child);
    return code;
  }

  async dispose(): Promise<void> {
    await this.#child?.kill();
    await Promise.all([this.#sandboxes?.upvest.dispose(), this.#sandboxes?.emoney.dispose()]);
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  #keepOutput(place: string, child: Child | undefined): void {
    const lines = [...(child?.stdout().split('\n') ?? []), ...(child?.stderr().split('\n') ?? [])];
    this.exhibits.push(...lines.map((text, index) => ({ place: `${place}, line ${index}`, text })));
  }

  /** Everything that may come out nowhere, as of now: tokens come and go. */
  canaries(): Canary[] {
    const { upvest, emoney } = this.sandboxes;
    return [
      { name: 'client secret', value: SECRET },
      { name: 'passphrase', value: PASSPHRASE },
      ...linesOf('signing key', pemOf(this.#keys.privateKey)),
      ...linesOf('encrypted signing key', this.#encrypted),
      ...linesOf('assertion key', emoney.settings.PRIVATE_KEY ?? ''),
      ...[...upvest.credentials(), ...emoney.credentials()].map((value, index) => ({ name: `token or assertion ${index}`, value })),
      { name: 'e-mail address', value: EMAIL },
      { name: 'IBAN', value: IBAN, isAccount: true },
      { name: 'account number of the IBAN', value: IBAN.slice(4), isAccount: true },
      { name: 'BBAN', value: BBAN.id, isAccount: true },
      ...this.#accounts.map((value, index) => ({ name: `account ${index}`, value, isAccount: true })),
    ];
  }

  /** What a provider knows of us, one of each sort. */
  secretsOf(provider: 'upvest' | 'emoney'): string[] {
    const { upvest, emoney } = this.sandboxes;
    const keyLine = (pem: string): string => pem.split('\n')[2] ?? '';
    if (provider === 'upvest') return [SECRET, PASSPHRASE, keyLine(this.#encrypted), keyLine(pemOf(this.#keys.privateKey)), ...upvest.credentials().slice(-2)];
    const last = (isAssertion: boolean): string => emoney.credentials().findLast((credential) => credential.startsWith('ey') === isAssertion) ?? '';
    return [last(true), last(false), keyLine(emoney.settings.PRIVATE_KEY ?? '')];
  }

  /** What identifies accounts and people, one of each sort. */
  identifiers(): string[] {
    return [EMAIL, IBAN, BBAN.id];
  }

  /** A new account by UUID, which is a canary from now on. */
  newAccount(): string {
    const id = randomUUID();
    this.#accounts.push(id);
    return id;
  }

  /** Any request; the answer and its header are kept. */
  async raw(place: string, path: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(this.#url + path, init);
    const text = await response.text();
    const header = JSON.stringify([...response.headers]);
    this.exhibits.push({ place: `the header of the answer to ${place}`, text: header }, { place: `the answer to ${place}`, text });
    return text;
  }

  async graphql<Data>(place: string, query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<Data | null> {
    const body = JSON.stringify({ query, variables });
    const text = await this.raw(place, '/graphql', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
    return (JSON.parse(text) as { data?: Data | null }).data ?? null;
  }

  /** The closure, if the request was good for one. */
  async close(place: string, account: object, more: object = {}, headers: Record<string, string> = {}): Promise<Seen | null> {
    const input = { idempotencyKey: freshKey(), reason: 'CUSTOMER_REQUEST', account, ...more };
    const data = await this.graphql<{ closeAccount: { closure: Seen | null } }>(place, CLOSE, { input }, headers);
    return data?.closeAccount.closure ?? null;
  }

  /** Lets polls and retries run until nothing moves any more; then every closure. */
  async settled(): Promise<Seen[]> {
    for (;;) {
      const data = await this.graphql<{ closures: { edges: object[] } }>('a count', MOVING);
      if (data?.closures.edges.length === 0) return this.#all();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #all(): Promise<Seen[]> {
    const found: Seen[] = [];
    for (let after: string | null = null; ; ) {
      const data: { closures: { edges: { node: Seen }[]; pageInfo: { endCursor: string; hasNextPage: boolean } } } | null = await this.graphql(
        'the list',
        LIST,
        { filter: {}, after },
      );
      if (!data) throw new Error('There is no list.');
      found.push(...data.closures.edges.map(({ node }) => node));
      if (!data.closures.pageInfo.hasNextPage) return found;
      after = data.closures.pageInfo.endCursor;
    }
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The lines that could do harm; the last one of a key may have a few characters only. */
function linesOf(name: string, pem: string): Canary[] {
  return pem.split('\n').flatMap((line, index) => (line.length < 8 || line.startsWith('-----') ? [] : [{ name: `${name}, line ${index}`, value: line }]));
}
