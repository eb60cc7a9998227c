import * as fc from 'fast-check';
import { startApi, type Api } from '../support/api';

const IBAN = 'DE89370400440532013000';
const UUID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());
beforeEach(() => {
  api.logged.length = 0;
});

describe('what nobody expected', () => {
  afterEach(() => api.watched.fail('closures', null));

  test('is masked, and logged whole under the same correlation id', async () => {
    const broken = new Error(`disk I/O error at ${IBAN}`);
    api.watched.fail('closures', broken);
    const { data, errors, text } = await api.graphql(`{ closureStatus(closureId: "${UUID}") { id } }`, {}, { 'x-correlation-id': 'look-me-up' });
    expect(data).toEqual({ closureStatus: null });
    expect(errors).toEqual([
      {
        message: 'Internal error',
        locations: [{ line: 1, column: 3 }],
        path: ['closureStatus'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: 'look-me-up' },
      },
    ]);
    expect(text).not.toMatch(/disk|stack|DE8937|node_modules/);
    expect(api.logged).toEqual([{ fields: { correlationId: 'look-me-up', err: broken }, message: 'unexpected error in the API' }]);
  });

  test('is masked whatever code it carries', async () => {
    api.watched.fail('closures', Object.assign(new Error('secret'), { extensions: { code: 'BAD_USER_INPUT' }, code: 'BAD_USER_INPUT' }));
    const { errors } = await api.graphql('{ closureStatus(closureId: "x") { id } }');
    expect(errors.map(({ message, extensions }) => [message, extensions['code']])).toEqual([['Internal error', 'INTERNAL_SERVER_ERROR']]);
  });

  test('leaves the other fields of the request alone', async () => {
    api.watched.fail('closures', new Error('gone'));
    const { data } = await api.graphql('{ closureStatus(closureId: "x") { id } closureProviders { id } }');
    expect(data).toEqual({ closureStatus: null, closureProviders: [] });
  });

  test('is masked when it is the authenticator that fails', async () => {
    const { status, errors } = await api.graphql('{ closureProviders { id } }', {}, { 'x-test-subject': 'broken' });
    expect(status).toBe(500);
    expect(errors.map(({ message, extensions }) => [message, extensions['code']])).toEqual([['Internal error', 'INTERNAL_SERVER_ERROR']]);
    expect(api.logged.map(({ fields }) => (fields['err'] as Error).message)).toEqual(['The keys cannot be had.']);
  });
});

describe('what the caller got wrong comes back without its values', () => {
  test('the name of an operation that is not there', async () => {
    const body = JSON.stringify({ query: '{ closureProviders { id } }', operationName: `no name: ${IBAN} "x" y` });
    const answer = await fetch(`${api.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const message = 'Unknown operation name.';
    expect(await answer.json()).toMatchObject({ errors: [{ message, extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }] });
  });

  const status = (id: string) => `{ closureStatus(closureId: ${id}) { id } }`;
  const byVariable = 'mutation ($x: CloseAccountInput!) { closeAccount(input: $x) { replayed } }';

  test.each([
    ['a document that does not parse', `{ closureStatus(closureId: "${IBAN}" { id } }`, {}, 'GRAPHQL_PARSE_FAILED', 'Syntax Error: Expected Name, found "{".'],
    ['a stray string', `{ closureProviders { id } } query A "${IBAN}"`, {}, 'GRAPHQL_PARSE_FAILED', 'Syntax Error: Expected "{", found String.'],
    ['a stray name', IBAN, {}, 'GRAPHQL_PARSE_FAILED', 'Syntax Error: Unexpected Name.'],
    ['an unterminated string', `{ closureStatus(closureId: "${IBAN}`, {}, 'GRAPHQL_PARSE_FAILED', 'Syntax Error: Unterminated string.'],
    ['an unquoted UUID', status(UUID), {}, 'GRAPHQL_PARSE_FAILED', 'Syntax Error: Invalid number.'],
    ['an object for a string', status(`{ iban: "${IBAN}" }`), {}, 'GRAPHQL_VALIDATION_FAILED', 'ID cannot represent the value.'],
    ['an unknown field', `{ closureStatu(closureId: "${IBAN}") { id } }`, {}, 'GRAPHQL_VALIDATION_FAILED', 'Cannot query field "closureStatu" on type "Query". Did you mean "closureStatus" or "closures"?'],
    ['an IBAN for a field', `{ ${IBAN} }`, {}, 'GRAPHQL_VALIDATION_FAILED', 'Cannot query field (removed) on type "Query".'],
    ['a token for a field', '{ Zm9vYmFy12QxYmF6L3F1eA3c }', {}, 'GRAPHQL_VALIDATION_FAILED', 'Cannot query field (removed) on type "Query".'],
    ['an unknown enum value', `{ closures(filter: { status: [CLOSE] }) { edges { cursor } } }`, {}, 'GRAPHQL_VALIDATION_FAILED', 'The value does not exist in "ClosureStatus" enum. Did you mean the enum value "CLOSED" or "CLOSING"?'],
    ['an IBAN for an enum value', `{ closures(filter: { status: [${IBAN}] }) { edges { cursor } } }`, {}, 'GRAPHQL_VALIDATION_FAILED', 'The value does not exist in "ClosureStatus" enum.'],
    ['a string for an enum value', `{ closures(filter: { status: ["${IBAN}"] }) { edges { cursor } } }`, {}, 'GRAPHQL_VALIDATION_FAILED', 'Enum "ClosureStatus" cannot represent the value.'],
    ['a string for an object', `{ closureEligibility(account: "${IBAN}") { eligible } }`, {}, 'GRAPHQL_VALIDATION_FAILED', 'Expected value of type "AccountInput!".'],
    ['a number for a string', '{ closureEligibility(account: { provider: "b", id: 370400440532013 }) { eligible } }', {}, 'GRAPHQL_VALIDATION_FAILED', 'String cannot represent the value.'],
    ['a date that is none', `{ closures(filter: { updatedAfter: "${IBAN}" }) { edges { cursor } } }`, {}, 'GRAPHQL_VALIDATION_FAILED', 'DateTime cannot represent the value.'],
    ['no variable', byVariable, {}, 'BAD_USER_INPUT', 'Variable "$x" of required type "CloseAccountInput!" was not provided.'],
    ['a variable of the wrong shape', byVariable, { x: IBAN }, 'BAD_USER_INPUT', 'Variable "$x" got an invalid value; Expected type "CloseAccountInput" to be an object.'],
    ['a variable with an unknown field', byVariable, { x: { iban: IBAN } }, 'BAD_USER_INPUT', 'Variable "$x" got an invalid value; Field "iban" is not defined by type "CloseAccountInput".'],
    ['an IBAN for a field of a variable', byVariable, { x: { [IBAN]: 1 } }, 'BAD_USER_INPUT', 'Variable "$x" got an invalid value; Field (removed) is not defined by type "CloseAccountInput".'],
    ['a scalar of the wrong type in a variable', 'query ($id: ID!) { closureStatus(closureId: $id) { id } }', { id: { iban: IBAN } }, 'BAD_USER_INPUT', 'Variable "$id" got an invalid value; ID cannot represent the value.'],
    ['a wrong value deep in a variable', 'query ($f: ClosureFilter) { closures(filter: $f) { edges { cursor } } }', { f: { account: { provider: 'b', id: { a: IBAN } } } }, 'BAD_USER_INPUT', 'Variable "$f" got an invalid value at "f.account.id"; String cannot represent the value.'],
    ['an unknown enum value in a variable', 'query ($s: [ClosureStatus!]) { closures(filter: { status: $s }) { edges { cursor } } }', { s: ['CLOSE'] }, 'BAD_USER_INPUT', 'Variable "$s" got an invalid value at "s[0]"; The value does not exist in "ClosureStatus" enum. Did you mean the enum value "CLOSED" or "CLOSING"?'],
    ['a value that looks like a message', 'query ($id: ID!) { closureStatus(closureId: $id) { id } }', { id: [`" at "x"; Expected ${IBAN}`] }, 'BAD_USER_INPUT', 'Variable "$id" got an invalid value.'],
    ['null for a field with a default', `query ($k: ClosureAccountKind) { closureEligibility(account: { provider: "b", id: "${IBAN}", kind: $k }) { eligible } }`, { k: null }, 'BAD_USER_INPUT', 'Argument "account" has an invalid value.'],
    ['an unknown operation', 'query A { closureProviders { id } } query B { closureProviders { id } }', {}, 'OPERATION_RESOLUTION_FAILURE', 'Must provide operation name if query contains multiple operations.'],
  ])('%s', async (_what, document, variables, code, message) => {
    const { errors, text } = await api.graphql(document, variables);
    expect(errors.map((error) => [error.extensions['code'], error.message])).toContainEqual([code, message]);
    for (const error of errors) expect(error.extensions['correlationId']).toMatch(/^[0-9a-f-]{36}$/);
    expect(text).not.toMatch(/DE8937|3fa85f64|370400440532013|stack/);
    expect(api.logged).toEqual([]);
  });

  const byParts = 'query ($id: String!, $s: [ClosureStatus!]) { closures(filter: { account: { provider: "b", id: $id }, status: $s }) { edges { cursor } } }';

  test.each([
    ['the whole input', byVariable, { x: IBAN }, ['input']],
    ['a variable that is missing', byVariable, {}, ['input']],
    ['a value deep in it', byVariable, { x: { idempotencyKey: 'k', reason: 'OTHER', account: { provider: 'b', id: { a: IBAN } } } }, ['input', 'account', 'id']],
    ['a field that is missing', byVariable, { x: { idempotencyKey: 'k', reason: 'OTHER', account: { provider: 'b' } } }, ['input', 'account', 'id']],
    ['an unknown field, by what it is in', byVariable, { x: { idempotencyKey: 'k', reason: 'OTHER', account: { provider: 'b', id: 'x', [IBAN]: 1 } } }, ['input', 'account']],
    ['a variable within an argument', byParts, { id: { a: IBAN } }, ['filter', 'account', 'id']],
    ['an entry of a list', byParts, { id: 'x', s: ['CLOSED', IBAN] }, ['filter', 'status', '1']],
    ['an argument with a hole', 'query ($k: ClosureAccountKind) { closureEligibility(account: { provider: "b", id: "x", kind: $k }) { eligible } }', { k: null }, ['account']],
  ])('names %s', async (_what, document, variables, field) => {
    const { errors, text } = await api.graphql(document, variables);
    expect(errors.map(({ extensions }) => [extensions['code'], extensions['field']])).toEqual([['BAD_USER_INPUT', field]]);
    expect(text).not.toContain('DE8937');
  });

  test('more mistakes than are worth counting are still the caller’s', async () => {
    const document = 'query ($s: [ClosureStatus!]) { closures(filter: { status: $s }) { edges { cursor } } }';
    const answer = await api.graphql(document, { s: Array.from({ length: 60 }, () => IBAN) });
    expect(answer.status).toBe(400);
    expect(new Set(answer.errors.map(({ extensions }) => extensions['code']))).toEqual(new Set(['BAD_USER_INPUT']));
    expect(api.logged).toEqual([]);
  });

  test.each([
    ['alone', 'subscription { closureUpdated(closureId: "x") { id } }', undefined],
    ['beside a query', 'subscription A { closureUpdated(closureId: "x") { id } } query B { closureProviders { id } }', 'A'],
  ])('a subscription that has room for one answer is told how it is done: %s', async (_how, query, operationName) => {
    const answer = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, operationName }),
    });
    expect(answer.status).toBe(400);
    const message = expect.stringMatching(/text\/event-stream.*graphql-transport-ws/);
    expect(await answer.json()).toMatchObject({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
    expect(api.logged).toEqual([]);
  });

  test('whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 12, unit: 'grapheme' }), async (secret) => {
        const answers = await Promise.all([
          api.graphql('query ($id: ID!) { closureStatus(closureId: $id) { id } }', { id: [secret] }),
          api.graphql(byVariable, { x: { reason: secret, account: secret, announceOnly: secret } }),
          api.graphql(`{ closures(filter: ${JSON.stringify(secret)}) { edges { cursor } } }`),
          api.graphql(`{ closures(filter: { updatedAfter: ${JSON.stringify(secret)} }) { edges { cursor } } }`),
          api.graphql(`query A ${JSON.stringify(secret)}`),
        ]);
        for (const { errors } of answers) {
          expect(errors.length).toBeGreaterThan(0);
          for (const { message } of errors) expect(message).not.toContain(secret);
        }
      }),
    );
    expect(api.logged).toEqual([]);
  });
});
