import { execFileSync } from 'node:child_process';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningSandbox, SandboxStep } from '../../src/provider-kit/sandbox';
import type { Child } from '../support/child';
import { Client, environmentFor, freshKey, type Sandboxes, startBothSandboxes, startGatewayProcess } from '../support/gateway';

/**
 * Values that must come out nowhere, planted wherever a caller or a provider can put them. Everything that the
 * gateway prints, answers and counts is then searched for them.
 */
const IBAN = 'ES9121000418450200051332';
const BBAN = '21000418450200051332';
const EMAIL = 'canary.holder@example.com';
const PASSPHRASE = 'canary-passphrase-7731';

let sandboxes: Sandboxes;
let dataDir: string;
let child: Child;
let client: Client;
/** Every answer of the API, as sent. */
const answers: string[] = [];
const ids = { upvest: randomUUID(), group: randomUUID(), emoney: randomUUID() };

beforeAll(async () => {
  execFileSync('node', ['scripts/build.mjs']);
  dataDir = mkdtempSync(join(tmpdir(), 'closure-canary-'));
  sandboxes = await startBothSandboxes();
  const env = environmentFor({ ...sandboxes });
  const encrypted = createPrivateKey(env.UPVEST_PRIVATE_KEY ?? '')
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
    .toString();
  const key = { UPVEST_PRIVATE_KEY: encrypted, UPVEST_PRIVATE_KEY_PASSPHRASE: PASSPHRASE };
  ({ child, client } = await startGatewayProcess({ DATA_DIR: dataDir, LOG_LEVEL: 'debug', ...env, ...key }));
});
afterAll(async () => {
  await child.kill();
  await Promise.all([sandboxes.upvest.dispose(), sandboxes.emoney.dispose()]);
  rmSync(dataDir, { recursive: true, force: true });
});

async function raw(path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(client.url + path, init);
  const text = await response.text();
  answers.push(`${[...response.headers.values()].join('\n')}\n${text}`);
  return text;
}

function graphql(query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<string> {
  return raw('/graphql', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ query, variables }) });
}

const ERROR = '{ code message field blockers { code message relatedIds } providerErrors { code message level type } providerRequestId }';
// The caller's own reference is left out: it is the one place where an account's id belongs.
const CLOSURE = `{ id status providerStatus reasonText error ${ERROR} history { detail } blockers { message relatedIds } account { displayId kind } }`;
const CLOSE = `mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure ${CLOSURE} error ${ERROR} } }`;
const ON_CLOSURE = (name: string) => `mutation ($id: ID!) { ${name}(closureId: $id) { closure ${CLOSURE} error ${ERROR} } }`;

async function close(account: object, more: object = {}): Promise<string | undefined> {
  const text = await graphql(CLOSE, { input: { idempotencyKey: freshKey(), reason: 'CUSTOMER_REQUEST', account, ...more } });
  return (JSON.parse(text) as { data?: { closeAccount: { closure: { id: string } | null } } }).data?.closeAccount.closure?.id;
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): SandboxStep {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** Answers of a provider that repeats everything it should not, in every place where text can stand. */
function chatty(said: string): SandboxStep[] {
  const entry = { code: said, message: said, level: said, description: said };
  const problem = { type: said, title: said, detail: said, request_id: said, instance: said };
  const headers = { 'upvest-request-id': said, location: `https://elsewhere.example/${encodeURIComponent(said)}` };
  return [400, 401, 403, 404, 409, 422, 429, 500, 503].flatMap((status) => [
    json(status, { errors: [entry, entry] }, headers),
    { ...(json(status, problem, { ...headers, 'content-type': 'application/problem+json' }) as object) } as SandboxStep,
    { status, headers: { 'content-type': 'text/html', ...headers }, body: `<html>${said}</html>` },
  ]);
}

/** What one provider knows and must not get to say. */
function secretsOf(provider: 'upvest' | 'emoney'): Record<string, string> {
  const sandbox = sandboxes[provider];
  const { CLIENT_SECRET, PRIVATE_KEY = '' } = sandbox.settings;
  const lines = PRIVATE_KEY.split('\n').filter((line) => line.length > 40);
  return {
    ...(CLIENT_SECRET && { 'client secret': CLIENT_SECRET, passphrase: PASSPHRASE }),
    ...Object.fromEntries(lines.map((line, index) => [`${provider} key line ${index}`, line])),
    ...Object.fromEntries(sandbox.credentials().map((token, index) => [`${provider} token ${index}`, token])),
  };
}

const PERSONAL = { IBAN, BBAN, 'e-mail': EMAIL };
const spoken = new Map<string, string>();

function canaries(): Record<string, string> {
  const accounts = { 'upvest account': ids.upvest, 'upvest group': ids.group, 'emoney account': ids.emoney };
  return { ...secretsOf('upvest'), ...secretsOf('emoney'), ...PERSONAL, ...accounts, ...Object.fromEntries(spoken) };
}

/** Which canaries stand in a text, by name. */
function found(text: string, sought: Record<string, string>): string[] {
  return Object.entries(sought).flatMap(([name, value]) => (text.includes(value) ? [name] : []));
}

/** Everything at once in each kind of answer, then each by itself where only a single word would be kept. */
async function letProviderTalk(provider: 'upvest' | 'emoney'): Promise<void> {
  const sandbox: RunningSandbox = sandboxes[provider];
  const planted = Object.values({ ...secretsOf(provider), ...PERSONAL });
  const alone = (said: string) => json(409, { errors: [{ code: said, level: said }], type: said, request_id: said }, { 'upvest-request-id': said });
  const count = chatty('').length;
  for (let index = 0; index < count + planted.length + 1; index += 1) {
    // An account of its own, so that every answer is the first one of a closure.
    const id = randomUUID();
    spoken.set(`account ${provider} ${index}`, id);
    const all = [...planted, id].join(' ');
    const step = chatty(all)[index] ?? alone([...planted, id][index - count] ?? '');
    sandbox.script(id, 'close', [step, step, step]);
    sandbox.script(id, 'read', [step, json(200, { id, status: all }), json(200, { accountDetails: { status: all } })]);
    const closure = await close({ provider, id });
    if (closure) await graphql(ON_CLOSURE('refreshClosure'), { id: closure });
  }
}

describe('canaries', () => {
  it('in what providers answer', async () => {
    for (const account of [
      { provider: 'upvest', id: ids.upvest },
      { provider: 'upvest', kind: 'ACCOUNT_GROUP', id: ids.group },
      { provider: 'emoney', id: ids.emoney },
      { provider: 'emoney', idType: 'IBAN', id: IBAN },
      { provider: 'emoney', idType: 'BBAN', country: 'ES', id: BBAN },
    ]) {
      expect(await close(account)).toBeDefined();
    }
    expect(sandboxes.upvest.credentials().length + sandboxes.emoney.credentials().length).toBeGreaterThan(2);
    await letProviderTalk('upvest');
    await letProviderTalk('emoney');
    for (const provider of ['upvest', 'emoney'] as const) {
      sandboxes[provider].script('*', 'token', chatty(Object.values({ ...secretsOf(provider), ...PERSONAL }).join(' ')));
      sandboxes[provider].revokeTokens();
    }
    for (let call = 0; call < 12; call += 1) {
      await close({ provider: 'upvest', id: randomUUID() });
      await close({ provider: 'emoney', id: randomUUID() });
    }
  }, 120_000);

  it('in what callers send', async () => {
    for (const [name, canary] of Object.entries(canaries()).filter(([planted]) => !/(line|token|account \w+) ([2-9]|\d\d)/.test(planted))) {
      await close({ provider: 'upvest', id: canary });
      await close({ provider: 'emoney', idType: 'BBAN', id: `${canary}x`, country: 'ES' });
      await close({ provider: canary, id: canary });
      await close({ provider: 'emoney', id: randomUUID(), country: canary });
      await close({ provider: 'emoney', id: randomUUID() }, { idempotencyKey: canary.slice(0, 12) + canary });
      await close({ provider: 'emoney', id: randomUUID() }, { reason: canary });
      await close({ provider: 'emoney', id: randomUUID() }, { [name.replaceAll(/\W/g, '')]: canary });
      await close({ provider: 'emoney', id: [canary] });
      await graphql(`{ closureStatus(closureId: "${canary.replaceAll('\\', '')}") { id } }`);
      await graphql(`{ closureStatus(closureId: ${canary.replaceAll(/\W/g, '')}) { id } }`);
      await graphql('query Q($a: AccountInput!) { closureEligibility(account: $a) { eligible error { code message } } }', { a: { provider: 'emoney', id: canary } });
      await graphql('query Q($r: [_Any!]!) { _entities(representations: $r) { ... on Account { closure { status } } } }', {
        r: [{ __typename: 'Account', closureRef: { canary } }, { __typename: canary }],
      });
      await graphql(ON_CLOSURE('cancelClosure'), { id: canary });
      await graphql('{ closureProviders { id } }', {}, { authorization: `Bearer ${canary}`, cookie: `session=${canary}`, 'x-correlation-id': `${canary}!` });
      await raw(`/graphql?query=${encodeURIComponent(`{ closureStatus(closureId: 5 canary: "${canary}") { id } }`)}`, { headers: { 'apollo-require-preflight': '1' } });
      await raw(`/${encodeURIComponent(canary)}?token=${encodeURIComponent(canary)}`);
      await raw('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"query": "${canary}` });
      await raw('/graphql', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: canary });
    }
  }, 60_000);

  it('come out in no answer, no log line and no metric', async () => {
    await raw('/metrics');
    child.signal('SIGTERM');
    expect(await child.ended).toBe(0);
    const log = `${child.stdout()}\n${child.stderr()}`;
    const everything = canaries();
    expect(found(log, everything)).toEqual([]);
    expect([...new Set(answers.flatMap((answer) => found(answer, everything)))]).toEqual([]);
    // The search itself works, and there was something to search.
    expect(found(`x${IBAN}x`, everything)).toEqual(['IBAN', 'BBAN']);
    expect(answers.length).toBeGreaterThan(300);
    expect(log.split('\n').length).toBeGreaterThan(300);
  });
});
