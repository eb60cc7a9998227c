import * as fc from 'fast-check';
import { errorsArray, problemJson } from '../../src/provider-kit/error-body';

const PROBLEM = 'application/problem+json';
const JSON_TYPE = 'application/json';
const read = (dialect: typeof problemJson, mediaType: string | null, body: string | Buffer, status = 409) =>
  dialect({ status, mediaType, body: Buffer.from(body) });

describe('problem details', () => {
  it('are read with their type, title, detail and request id', () => {
    const body = JSON.stringify({
      type: 'https://bank.example/errors/conflict',
      title: 'Conflict',
      status: 400,
      detail: 'The account is closing.',
      instance: '/x',
      request_id: '0e5b3a52-6c1d-4b7e-9a61-3f0c5d7e2001',
      extra: [1],
    });
    expect(read(problemJson, PROBLEM, body)).toEqual({
      path: 'parsed',
      // The status of the answer counts, not the one in its body.
      errors: [{ type: 'https://bank.example/errors/conflict', message: 'Conflict: The account is closing.', httpStatus: 409 }],
      requestId: '0e5b3a52-6c1d-4b7e-9a61-3f0c5d7e2001',
    });
  });

  it.each([
    ['with one member only', '{"detail":"d"}', { message: 'd' }],
    ['with members of other types, which count as absent', '{"type":5,"title":"t","detail":{}}', { message: 't' }],
    ['with nulls', '{"type":"https://a.example/b","title":null,"detail":null}', { type: 'https://a.example/b' }],
    ['of no particular type', '{"type":"about:blank","title":"t"}', { message: 't' }],
    ['with a byte order mark', '\uFEFF{"title":"t"}', { message: 't' }],
  ])('%s', (_what, body, error) => {
    expect(read(problemJson, JSON_TYPE, body)).toMatchObject({ path: 'parsed', errors: [{ ...error, httpStatus: 409 }] });
  });

  it('keep no request id that is none', () => {
    expect(read(problemJson, PROBLEM, JSON.stringify({ title: 't', request_id: 'a b\n' })).requestId).toBeUndefined();
  });

  it.each(['{}', '[]', 'null', '"text"', '5', '{"errors":[]}', '{"status":409}'])('do not look like %s', (body) => {
    expect(read(problemJson, PROBLEM, body)).toEqual({ path: 'unrecognised', errors: [] });
  });
});

describe('the errors array', () => {
  it('is read entry by entry', () => {
    const body = JSON.stringify({
      errors: [
        { code: 'A', message: 'm', level: 'ERROR', description: 'd' },
        { code: 'B', message: 'same', description: 'same' },
        { code: null, level: 7, other: 1 },
        'not an entry',
      ],
    });
    expect(read(errorsArray, JSON_TYPE, body, 422)).toEqual({
      path: 'parsed',
      errors: [
        { code: 'A', message: 'm: d', level: 'ERROR', httpStatus: 422 },
        { code: 'B', message: 'same', httpStatus: 422 },
        { httpStatus: 422 },
      ],
    });
  });

  it('may be empty', () => {
    expect(read(errorsArray, JSON_TYPE, '{"errors":[]}')).toEqual({ path: 'parsed', errors: [] });
  });

  it('keeps at most 50 entries', () => {
    const body = JSON.stringify({ errors: Array.from({ length: 60 }, (_none, index) => ({ code: `C${index}` })) });
    expect(read(errorsArray, 'application/vnd.bank+json', body).errors).toHaveLength(50);
  });

  it.each(['{}', '[]', 'null', '{"errors":{}}', '{"errors":["x"]}', '{"errors":null}', '{"title":"t"}'])('does not look like %s', (body) => {
    expect(read(errorsArray, JSON_TYPE, body)).toEqual({ path: 'unrecognised', errors: [] });
  });
});

describe.each([
  ['problem details', problemJson],
  ['the errors array', errorsArray],
])('a body in place of %s', (_name, dialect) => {
  it('may be missing', () => {
    expect(read(dialect, null, '')).toEqual({ path: 'empty', errors: [] });
    expect(read(dialect, 'text/html', '')).toEqual({ path: 'empty', errors: [] });
  });

  it.each<[string, string | null, string | Buffer]>([
    ['HTML', 'text/html', '<html></html>'],
    ['JSON labelled as text', 'text/plain', '{"title":"t","errors":[]}'],
    ['JSON without a label', null, '{"title":"t","errors":[]}'],
    ['XML problem details', 'application/problem+xml', '<problem/>'],
    ['cut JSON', JSON_TYPE, '{"title":"t","errors":['],
    ['bytes that are not UTF-8', JSON_TYPE, Buffer.from([0x22, 0xff, 0xfe, 0x22])],
  ])('may be %s, which says nothing', (_what, mediaType, body) => {
    expect(read(dialect, mediaType, body)).toEqual({ path: 'unparseable', errors: [] });
  });

  it('never throws', () => {
    const body = fc.oneof(fc.json(), fc.string(), fc.jsonValue().map((value) => JSON.stringify({ errors: value, title: value, type: value })));
    fc.assert(
      fc.property(fc.constantFrom(JSON_TYPE, PROBLEM, null, 'text/html'), body, (mediaType, text) => {
        expect(['empty', 'parsed', 'unrecognised', 'unparseable']).toContain(read(dialect, mediaType, text).path);
      }),
      { numRuns: 1_000 },
    );
  });
});
