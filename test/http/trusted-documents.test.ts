import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../src/config/config-error';
import { trustedDocumentsSetting } from '../../src/config/trusted-documents';
import { type Api, startApi } from '../support/api';

const STATUS = 'query Status($id: ID!) { closureStatus(closureId: $id) { id } }';
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const NAMED = { persistedQuery: { version: 1, sha256Hash: hashOf(STATUS) } };
const REFUSED = { status: 400, codes: ['PERSISTED_QUERY_NOT_IN_LIST'] };
const SERVED = { status: 200, codes: [] };

let folder: string;
let api: Api;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'closure-manifest-'));
  api = await startApi({ trustedDocuments: read({}) });
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

/** @throws ConfigError */
function read(changes: object, operation: object = {}): ReadonlyMap<string, string> | undefined {
  const path = join(folder, 'manifest.json');
  const operations = [{ id: hashOf(STATUS), name: 'Status', type: 'query', body: STATUS, ...operation }];
  writeFileSync(path, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations, ...changes }));
  return load(path);
}

function load(path: string): ReadonlyMap<string, string> | undefined {
  const result = trustedDocumentsSetting.safeParse(path);
  if (!result.success) throw new ConfigError([{ variable: 'TRUSTED_DOCUMENTS', sentence: result.error.issues[0]!.message }]);
  return result.data;
}

async function post(body: object): Promise<{ status: number; codes: unknown[] }> {
  return told(await fetch(`${api.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }));
}

async function get(parameters: Record<string, string>): Promise<{ status: number; codes: unknown[] }> {
  const search = new URLSearchParams(parameters).toString();
  return told(await fetch(`${api.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1' } }));
}

async function told(response: Response): Promise<{ status: number; codes: unknown[] }> {
  const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return { status: response.status, codes: errors.map(({ extensions }) => extensions.code) };
}

describe('with a list of trusted documents', () => {
  const variables = { id: 'nobody' };

  it('serves those of the list, whole or by hash, by POST and by GET', async () => {
    expect(await post({ query: STATUS, variables })).toEqual(SERVED);
    expect(await post({ extensions: NAMED, variables })).toEqual(SERVED);
    const texts = { variables: JSON.stringify(variables), extensions: JSON.stringify(NAMED) };
    expect(await get(texts)).toEqual(SERVED);
    expect(await get({ query: STATUS, variables: texts.variables })).toEqual(SERVED);
  });

  it.each([
    ['another document', { query: '{ closureProviders { id } }' }],
    ['one that differs in a space', { query: `${STATUS} `, variables }],
    ['another document under the name of a trusted one', { query: '{ closureProviders { id } }', extensions: NAMED }],
    ['a hash that is not in the list', { extensions: { persistedQuery: { version: 1, sha256Hash: hashOf('other') } } }],
    ['a hash that is none', { extensions: { persistedQuery: { version: 1, sha256Hash: '__proto__' } } }],
    ['introspection', { query: '{ __schema { types { name } } }' }],
    ['no document', {}],
  ])('refuses %s', async (_what, body) => {
    expect(await post(body)).toEqual(REFUSED);
  });

  it('refuses a list of requests', async () => {
    expect((await post([{ extensions: NAMED, variables }])).status).toBe(400);
  });
});

describe('TRUSTED_DOCUMENTS', () => {
  it.each([
    ['no file', () => load(join(folder, 'missing.json')), /path of a file/],
    ['another format', () => read({ format: 'relay' }), /persisted-query manifest/],
    ['another version', () => read({ version: 2 }), /persisted-query manifest/],
    ['no operation', () => read({ operations: [] }), /at least one/],
    ['an id that is not the hash of its body', () => read({}, { body: `${STATUS} ` }), /operation 1 is not the SHA-256/],
  ])('refuses %s', (_what, reading, sentence) => {
    expect(reading).toThrow(sentence);
  });
});
