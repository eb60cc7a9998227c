import { randomUUID } from 'node:crypto';
import { signAssertion, tokenForm } from '../../../providers/emoney/assertion';
import { settingsSchema } from '../../../providers/emoney/settings';
import { type Bench, openBench } from './support';

let bench: Bench;
let tokens: { close?: string; read?: string };
beforeAll(async () => {
  bench = await openBench();
  tokens = { close: await token('accounts.delete'), read: await token('accounts.read') };
});
afterAll(() => bench.dispose());

async function token(scope: string, aheadMs = 0): Promise<string | undefined> {
  const settings = settingsSchema.parse(bench.bank.settings);
  const claims = { issuer: settings.CLIENT_ID, clientId: settings.CLIENT_ID, audience: settings.TOKEN_URL, keyId: settings.KEY_ID, key: settings.PRIVATE_KEY };
  const context = { clock: { now: () => Date.now() + aheadMs, monotonic: () => 0 }, random: { fraction: () => 0, id: () => randomUUID() } };
  const body = await tokenForm('client_credentials', scope, () => signAssertion(claims, context));
  const response = await fetch(settings.TOKEN_URL, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
  return ((await response.json()) as { access_token?: string }).access_token;
}

interface Change {
  method?: string;
  path?: string;
  query?: string;
  headers?: Record<string, string | undefined>;
  body?: string;
}

/** A close request that is right but for the change; its status and first error code. */
async function send(change: Change): Promise<string> {
  const path = change.path ?? `/accounts/${randomUUID()}/close`;
  const headers: Record<string, string | undefined> = {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: `Bearer ${tokens.close}`,
    'x-client-id': bench.bank.settings.CLIENT_ID,
    ...change.headers,
  };
  const sent = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const method = change.method ?? 'POST';
  const body = method === 'POST' ? (change.body ?? '{"closureReason":"Closed by testing"}') : undefined;
  const response = await fetch(`${bench.bank.url}${path}${change.query ?? '?account_id_type=uuid'}`, { method, headers: sent, body });
  const text = await response.text();
  if (text === '') return String(response.status);
  return `${response.status} ${(JSON.parse(text) as { errors: { code: string }[] }).errors[0]?.code}`;
}

describe('the sandbox', () => {
  it('takes a request as the page has it', async () => {
    expect(await send({})).toBe('204');
    expect(await send({ headers: { 'x-device': 'Phone' } })).toBe('204');
    expect(await send({ body: '{"closureReason":""}' })).toBe('204');
    expect(await send({ path: `/accounts/${randomUUID().toUpperCase()}/close` })).toBe('204');
  });

  it.each<[string, Change]>([
    ['no client id', { headers: { 'x-client-id': undefined } }],
    ['a client id of another form', { headers: { 'x-client-id': 'client' } }],
    ['a device with digits', { headers: { 'x-device': 'Phone 15' } }],
    ['no type of identifier', { query: '' }],
    ['an unknown type of identifier', { query: '?account_id_type=UUID' }],
    ['a type given twice', { query: '?account_id_type=uuid&account_id_type=uuid' }],
    ['an unknown parameter', { query: '?account_id_type=uuid&force=true' }],
    ['a country in lower case', { query: '?account_id_type=uuid&account_id_country=es' }],
    ['a BBAN without a country', { path: '/accounts/99999999530000000096/close', query: '?account_id_type=bban' }],
    ['an identifier of another type', { query: '?account_id_type=iban' }],
    ['an encoded identifier', { path: '/accounts/%61%62/close' }],
    ['no body', { body: '' }],
    ['another body', { body: '{"reason":"x"}' }],
    ['a further key', { body: '{"closureReason":"x","force":true}' }],
    ['a reason that is no text', { body: '{"closureReason":1}' }],
    ['a reason too long', { body: JSON.stringify({ closureReason: 'a'.repeat(256) }) }],
    ['a reason with other characters', { body: '{"closureReason":"50 %"}' }],
  ])('refuses %s as INVALID_SCHEMA', async (_what, change) => {
    expect(await send(change)).toBe('400 INVALID_SCHEMA');
  });

  it.each<[string, Change, string]>([
    ['no token', { headers: { authorization: undefined } }, '401 UNAUTHORIZED'],
    ['an unknown token', { headers: { authorization: 'Bearer nonsense' } }, '403 INVALID_AUTH_TOKEN'],
    ['another client\'s id', { headers: { 'x-client-id': randomUUID() } }, '403 FORBIDDEN'],
    ['another media type wanted', { headers: { accept: 'text/html' } }, '406 NOT_ACCEPTABLE'],
    ['another media type sent', { headers: { 'content-type': 'text/plain' } }, '415 UNSUPPORTED_MEDIA_TYPE'],
    ['another method', { method: 'DELETE' }, '405 METHOD_NOT_ALLOWED'],
    ['another address', { path: '/account' }, '404 NOT_FOUND'],
    ['an address too long', { query: `?account_id_type=${'x'.repeat(2_100)}` }, '414 URI_TOO_LARGE'],
  ])('refuses %s', async (_what, change, expected) => {
    expect(await send(change)).toBe(expected);
  });

  it('grants a token to a client whose clock is a few seconds off', async () => {
    for (const aheadMs of [-20_000, 3_000]) expect(await token('accounts.read', aheadMs)).toMatch(/^[\w-]{20,}$/);
    expect(await token('accounts.read', 60_000)).toBeUndefined();
  });

  it('lets each token do only what its scope says', async () => {
    expect(await send({ headers: { authorization: `Bearer ${tokens.read}` } })).toBe('403 OPERATION_NOT_ALLOWED');
    const read = { method: 'GET', path: `/accounts/${randomUUID()}` };
    expect(await send({ ...read, headers: { authorization: `Bearer ${tokens.close}` } })).toBe('403 OPERATION_NOT_ALLOWED');
  });

  it('sees the same account behind a UUID in either case', async () => {
    const id = randomUUID();
    expect(await send({ path: `/accounts/${id.toUpperCase()}/close` })).toBe('204');
    expect(await send({ path: `/accounts/${id}/close` })).toBe('422 ACCOUNT_ALREADY_CLOSED');
    expect(bench.bank.effectiveCloses(id)).toBe(1);
  });
});
