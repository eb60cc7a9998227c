import { createPrivateKey, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HttpAnswer, ProviderHttp, type ProviderRequest } from '../../../src/provider-kit/http';
import { DRAFT_15, signMessage } from '../../../src/provider-kit/signatures';
import { SIGNED_COMPONENTS } from '../../../providers/upvest/api';
import { startSandbox, type UpvestSandbox } from '../../../providers/upvest/sandbox';
import { MAGIC_ACCOUNTS, MAGIC_PROBLEMS } from '../../../providers/upvest/sandbox/magic';
import { httpContext } from '../../support/http-context';

let sandbox: UpvestSandbox;
let http: ProviderHttp;

beforeEach(async () => {
  sandbox = await startSandbox();
  http = new ProviderHttp({ baseUrl: sandbox.url, context: httpContext({ timeoutMs: 5_000 }) });
});

afterEach(async () => {
  await sandbox.dispose();
  await http.dispose();
});

interface Signing {
  components?: readonly string[];
  nonce?: string;
  ageSeconds?: number;
}

/** A signed request as the pages want it, but for what the test changes. */
async function ask(request: Partial<ProviderRequest> & { path: string }, signing: Signing = {}): Promise<HttpAnswer> {
  const { components = SIGNED_COMPONENTS, nonce = randomUUID(), ageSeconds = 0 } = signing;
  const created = Math.floor(Date.now() / 1000) - ageSeconds;
  const key = createPrivateKey(sandbox.settings['PRIVATE_KEY'] ?? '');
  const keyId = sandbox.settings['KEY_ID'] ?? '';
  const fixed = { accept: 'application/json', 'upvest-client-id': sandbox.settings['CLIENT_ID'] ?? '', 'upvest-signature-version': '15' };
  const headers = Object.fromEntries(Object.entries({ ...fixed, ...request.headers }).filter(([, value]) => value !== ''));
  const answer = await http.send({
    method: 'DELETE',
    ...request,
    headers,
    finalise: ({ body, ...target }) =>
      signMessage(
        { ...target, body: body === undefined ? undefined : Buffer.from(body) },
        { scheme: DRAFT_15, key, keyId, created, expires: created + 60, nonce, components },
      ),
  });
  if (answer.kind !== 'answer') throw new Error(`The sandbox did not answer: ${answer.cause}.`);
  return answer;
}

async function tokenFor(scope: string, change: Record<string, string> = {}): Promise<HttpAnswer> {
  const form = {
    client_id: sandbox.settings['CLIENT_ID'] ?? '',
    client_secret: sandbox.settings['CLIENT_SECRET'] ?? '',
    grant_type: 'client_credentials',
    scope,
    ...change,
  };
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return ask({ method: 'POST', path: '/auth/token', headers, body: new URLSearchParams(form).toString() });
}

async function authorization(scope = 'accounts:admin'): Promise<{ authorization: string }> {
  const { access_token } = JSON.parse((await tokenFor(scope)).body.toString()) as { access_token: string };
  return { authorization: `Bearer ${access_token}` };
}

const slugOf = (answer: HttpAnswer): string =>
  answer.body.length > 0 ? ((JSON.parse(answer.body.toString()) as { type: string }).type.split('/').at(-1) ?? '') : '';
const path = (): string => `/accounts/${randomUUID()}`;
const group = (): string => `/account_groups/${randomUUID()}`;

describe('the sandbox', () => {
  it('takes a request that is as the pages want it', async () => {
    const headers = await authorization();
    expect(await ask({ path: path(), headers })).toMatchObject({ status: 202, body: Buffer.alloc(0) });
    expect(await ask({ path: group(), headers, query: [['closure_reason', 'aml'], ['notification_only', 'false']] })).toMatchObject({ status: 202 });
  });

  it.each<[string, Partial<ProviderRequest>, number, string]>([
    ['without a client id', { headers: { 'upvest-client-id': '' } }, 400, 'missing_client_id'],
    ['of another client', { headers: { 'upvest-client-id': randomUUID() } }, 401, 'unauthorised'],
    ['for HTML', { headers: { accept: 'text/html' } }, 406, 'not_acceptable'],
    ['of another API version', { headers: { 'upvest-api-version': '2' } }, 400, 'invalid_request'],
    ['signed otherwise than declared', { headers: { 'upvest-signature-version': '' } }, 401, 'unauthorised'],
    ['with a token that nobody gave', { headers: { authorization: 'Bearer made-up' } }, 401, 'unauthorised'],
    ['with a query on an account', { query: [['closure_reason', 'aml']] }, 400, 'invalid_request'],
    ['with a body', { body: '{}', headers: { 'content-type': 'application/json' } }, 400, 'invalid_request'],
    ['for an id in upper case', { path: `/accounts/${randomUUID().toUpperCase().replace(/^./, 'A')}` }, 404, 'not_found'],
    ['for a group id that is none', { path: '/account_groups/1' }, 400, 'invalid_request'],
    ['for an unknown resource', { path: '/users/1' }, 404, 'not_found'],
    ['with another method', { method: 'OPTIONS' }, 405, 'method_not_allowed'],
    ['with an unknown reason', { path: group(), query: [['closure_reason', 'AML']] }, 400, 'invalid_request'],
    ['with a reason twice', { path: group(), query: [['closure_reason', 'aml'], ['closure_reason', 'aml']] }, 400, 'invalid_request'],
    ['with a flag that is none', { path: group(), query: [['notification_only', '1']] }, 400, 'invalid_request'],
    ['with an unknown parameter', { path: group(), query: [['force', 'true']] }, 400, 'invalid_request'],
  ])('refuses a request %s', async (_what, change, status, slug) => {
    const answer = await ask({ path: path(), ...change, headers: { ...(await authorization()), ...change.headers } });
    expect([answer.status, slugOf(answer)]).toEqual([status, slug]);
    expect(answer.headers['upvest-request-id']).toBe((JSON.parse(answer.body.toString()) as { request_id: string }).request_id);
    expect(sandbox.ledger.some((entry) => entry.effect)).toBe(false);
  });

  it.each<[string, Signing]>([
    ['that is too old', { ageSeconds: 120 }],
    ['from the future', { ageSeconds: -120 }],
    ['that does not cover the token', { components: SIGNED_COMPONENTS.filter((name) => name !== 'authorization') }],
    ['that does not cover the path', { components: SIGNED_COMPONENTS.filter((name) => name !== '@path') }],
    ['without a nonce', { nonce: '' }],
  ])('refuses a signature %s', async (_what, signing) => {
    expect(await ask({ path: path(), headers: await authorization() }, signing)).toMatchObject({ status: 401 });
  });

  it('refuses a signature that it has seen', async () => {
    const headers = await authorization();
    expect(await ask({ path: path(), headers }, { nonce: 'once' })).toMatchObject({ status: 202 });
    expect(await ask({ path: path(), headers }, { nonce: 'once' })).toMatchObject({ status: 401 });
  });

  it('keeps closing and reading apart by scope', async () => {
    expect(slugOf(await ask({ path: path(), headers: await authorization('accounts:read') }))).toBe('forbidden');
    expect(slugOf(await ask({ method: 'GET', path: path(), headers: await authorization('accounts:admin') }))).toBe('forbidden');
    const both = await authorization('accounts:admin accounts:read');
    expect(await ask({ method: 'GET', path: path(), headers: both })).toMatchObject({ status: 200 });
  });

  it.each<[string, string, Record<string, string>, number]>([
    ['a scope that the client may not have', 'orders:admin', {}, 401],
    ['a wrong secret', 'accounts:read', { client_secret: 'x' }, 401],
    ['another grant', 'accounts:read', { grant_type: 'password' }, 400],
    ['a field too many', 'accounts:read', { audience: 'x' }, 400],
  ])('gives no token for %s', async (_what, scope, change, status) => {
    expect(await tokenFor(scope, change)).toMatchObject({ status });
  });

  it('has its magic ids in the README', () => {
    const readme = readFileSync(join(__dirname, '../../../providers/upvest/README.md'), 'utf8');
    for (const { id } of MAGIC_ACCOUNTS) expect(readme).toContain(id);
    for (const { id } of MAGIC_PROBLEMS) expect(readme).toContain(`${id.slice(0, -3)}NNN`);
  });
});
