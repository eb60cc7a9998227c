import * as fc from 'fast-check';
import { errorsArray } from '../../src/provider-kit/error-body';
import type { HttpAnswer, ProviderAnswer } from '../../src/provider-kit/http';
import { type CloseTable, judgeCloseAnswer } from '../../src/provider-kit/judge-close';

const NOW = Date.parse('2026-01-15T10:20:30Z');
const table: CloseTable = {
  success: { 202: { kind: 'accepted', providerStatus: 'CLOSING' }, 204: { kind: 'closed' } },
  dialect: errorsArray,
  requestIdHeader: 'x-request',
  errors: [
    { status: 400, word: 'BAD', meaning: { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST', message: 'bad' } },
    { status: 402, word: 'FEE', meaning: { kind: 'rejected', code: 'CLOSURE_BLOCKED', message: 'fee' } },
    { status: 403, word: 'TOKEN', meaning: { kind: 'authFailed' } },
    { status: 404, word: 'ROUTE', meaning: { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST', message: 'route' } },
    { status: 422, word: 'ALREADY', meaning: { kind: 'alreadyClosed' } },
    { status: 422, word: 'MONEY', meaning: { kind: 'conflict', documented: true } },
  ],
};

function answer(status: number, body = '', more: Partial<HttpAnswer> = {}): HttpAnswer {
  return { kind: 'answer', status, headers: {}, mediaType: body ? 'application/json' : null, body: Buffer.from(body), ...more };
}
const entries = (...codes: string[]): string => JSON.stringify({ errors: codes.map((code) => ({ code })) });

function judge(given: ProviderAnswer) {
  const unmapped: string[] = [];
  const outcome = judgeCloseAnswer(given, table, { nowMs: NOW, onUnmapped: (word) => unmapped.push(word) });
  return { outcome, unmapped };
}
const outcomeOf = (given: ProviderAnswer) => judge(given).outcome;

describe('transport decides first', () => {
  it.each(['refused', 'dns', 'tls', 'connectTimeout', 'poolFull', 'late'] as const)('not sent (%s): not applied', (cause) => {
    expect(outcomeOf({ kind: 'notSent', cause })).toMatchObject({ kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE' });
  });

  it.each(['timeout', 'reset', 'truncated', 'tooLarge', 'encoding'] as const)('lost (%s): unknown, whatever its status was', (cause) => {
    expect(outcomeOf({ kind: 'lost', cause, status: 204 })).toMatchObject({ kind: 'unknown', httpStatus: 204 });
  });
});

describe('then media type and body', () => {
  const html: Partial<HttpAnswer> = { mediaType: 'text/html', body: Buffer.from('<html></html>') };

  it.each([200, 202, 204, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503])('%i with a page of HTML is unknown', (status) => {
    expect(outcomeOf(answer(status, '', html))).toMatchObject({ kind: 'unknown', httpStatus: status });
  });

  it.each([400, 404, 422, 503])('%i with JSON that is cut is unknown', (status) => {
    expect(outcomeOf(answer(status, '{"errors":['))).toMatchObject({ kind: 'unknown' });
  });

  it('a documented success may come with nothing, or with JSON', () => {
    expect(outcomeOf(answer(202))).toMatchObject({ kind: 'accepted', providerStatus: 'CLOSING', httpStatus: 202 });
    expect(outcomeOf(answer(202, '{"any":1}'))).toMatchObject({ kind: 'accepted' });
    expect(outcomeOf(answer(204))).toMatchObject({ kind: 'closed' });
  });

  it('a documented success with JSON that is cut, or with a problem, is unknown', () => {
    expect(outcomeOf(answer(202, '{"any":'))).toMatchObject({ kind: 'unknown' });
    expect(outcomeOf(answer(202, '{"title":"t"}', { mediaType: 'application/problem+json' }))).toMatchObject({ kind: 'unknown' });
  });
});

describe('then the status', () => {
  it.each([100, 200, 201, 203, 205, 206, 299, 301, 302, 303, 304, 307, 308, 600])('%i is unknown', (status) => {
    expect(outcomeOf(answer(status))).toMatchObject({ kind: 'unknown' });
  });

  it.each<[number, object]>([
    [401, { kind: 'authFailed' }],
    [409, { kind: 'conflict', documented: true }],
    [422, { kind: 'conflict', documented: true }],
    [404, { kind: 'conflict', documented: true }],
    [429, { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', retryAfterMs: 7_000 }],
    [503, { kind: 'unavailable', retryAfterMs: 7_000 }],
    [500, { kind: 'unknown' }],
    [502, { kind: 'unknown' }],
    [504, { kind: 'unknown' }],
    [599, { kind: 'unknown' }],
    [400, { kind: 'unknown' }],
    [402, { kind: 'unknown' }],
    [403, { kind: 'unknown' }],
    [405, { kind: 'unknown' }],
    [418, { kind: 'conflict', documented: false }],
    [451, { kind: 'conflict', documented: false }],
  ])('%i with no body, or with JSON of another shape', (status, expected) => {
    const headers = { 'retry-after': '7' };
    expect(outcomeOf(answer(status, '', { headers }))).toMatchObject(expected);
    expect(outcomeOf(answer(status, '{"other":1}', { headers }))).toMatchObject(expected);
  });

  it.each<[number, object]>([
    [400, { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST' }],
    [402, { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST' }],
    [403, { kind: 'rejected', code: 'PROVIDER_PERMISSION_DENIED' }],
    [404, { kind: 'rejected', code: 'ACCOUNT_NOT_FOUND' }],
    [405, { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST' }],
    [406, { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST' }],
    [413, { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST' }],
    [414, { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST' }],
    [415, { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST' }],
    [422, { kind: 'conflict', documented: true }],
    [451, { kind: 'conflict', documented: false }],
  ])('%i in the dialect, but with no entry or a code that no table has', (status, expected) => {
    expect(judge(answer(status, '{"errors":[]}'))).toMatchObject({ outcome: expected, unmapped: [] });
    expect(judge(answer(status, entries('NOVEL')))).toMatchObject({ outcome: expected, unmapped: ['NOVEL'] });
  });
});

describe('the table', () => {
  it.each<[number, string, object]>([
    [400, 'BAD', { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST', message: 'bad' }],
    [402, 'FEE', { kind: 'rejected', code: 'CLOSURE_BLOCKED' }],
    [403, 'TOKEN', { kind: 'authFailed' }],
    [404, 'ROUTE', { kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST' }],
    [422, 'ALREADY', { kind: 'alreadyClosed' }],
    [422, 'MONEY', { kind: 'conflict', documented: true }],
  ])('%i %s', (status, code, expected) => {
    expect(judge(answer(status, entries(code)))).toMatchObject({ outcome: expected, unmapped: [] });
  });

  it('goes by the status too: the same code elsewhere is another one', () => {
    expect(judge(answer(409, entries('ALREADY')))).toMatchObject({ outcome: { kind: 'conflict', documented: true }, unmapped: ['ALREADY'] });
  });

  it('takes "already closed" only where nothing known contradicts it', () => {
    expect(outcomeOf(answer(422, entries('NOVEL', 'ALREADY')))).toMatchObject({ kind: 'alreadyClosed' });
    expect(outcomeOf(answer(422, entries('ALREADY', 'MONEY')))).toMatchObject({ kind: 'conflict' });
  });

  it('lets errors decide before notes, and keeps all entries', () => {
    const body = JSON.stringify({ errors: [{ code: 'ROUTE', level: 'INFO' }, { code: 'NOVEL', level: 'FATAL' }, { code: 'ROUTE', level: 'warning' }] });
    const { outcome, unmapped } = judge(answer(404, body));
    expect(outcome).toMatchObject({ kind: 'rejected', message: 'route' });
    expect(outcome.providerErrors).toHaveLength(3);
    expect(unmapped).toEqual(['NOVEL']);
  });
});

describe('every outcome', () => {
  it('carries the status, the request id and the errors', () => {
    expect(outcomeOf(answer(400, entries('BAD'), { headers: { 'x-request': 'r-1' } }))).toMatchObject({
      httpStatus: 400,
      requestId: 'r-1',
      providerErrors: [{ code: 'BAD', httpStatus: 400 }],
    });
    expect(outcomeOf(answer(400, '', { headers: { 'x-request': 'r 1' } })).requestId).toBeUndefined();
  });

  it('is a success only for a documented success', () => {
    const anything = fc.record({
      status: fc.integer({ min: 100, max: 599 }),
      mediaType: fc.constantFrom('application/json', 'application/problem+json', 'text/html', null),
      body: fc.oneof(fc.json(), fc.string(), fc.constant('')),
    });
    fc.assert(
      fc.property(anything, ({ status, mediaType, body }) => {
        const { kind } = outcomeOf(answer(status, '', { mediaType, body: Buffer.from(body) }));
        if (kind === 'accepted') expect(status).toBe(202);
        if (kind === 'closed') expect(status).toBe(204);
        expect(['announced', 'scheduled', 'alreadyClosed']).not.toContain(kind);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a success whose body says what it is', () => {
  const spoken: CloseTable = {
    ...table,
    success: {
      200: (value) => {
        if (value === undefined) return undefined;
        return (value as { done?: boolean }).done ? { kind: 'closed' } : undefined;
      },
    },
  };
  const judged = (given: ProviderAnswer) => judgeCloseAnswer(given, spoken, { nowMs: NOW });

  it('is what the body says, with the evidence of the answer', () => {
    expect(judged(answer(200, '{"done":true}', { headers: { 'x-request': 'r-1' } }))).toEqual({
      kind: 'closed',
      httpStatus: 200,
      requestId: 'r-1',
      providerErrors: expect.any(Array),
    });
  });

  it.each(['', '{"done":false}', '{"done":', '[]'])('proves nothing where the body is %j', (body) => {
    expect(judged(answer(200, body)).kind).toBe('unknown');
  });

  it('is not asked about a page of HTML', () => {
    expect(judged(answer(200, '{"done":true}', { mediaType: 'text/html' })).kind).toBe('unknown');
  });
});

describe('a provider that refuses under the status of success', () => {
  const polite: CloseTable = {
    ...table,
    success: { 200: { kind: 'closed' } },
    errors: [
      { status: 200, word: 'ALREADY', meaning: { kind: 'alreadyClosed' } },
      { status: 200, word: 'MONEY', meaning: { kind: 'conflict', documented: true } },
      { status: 200, word: 'SLOWER', meaning: { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'slower' } },
    ],
  };
  const unmapped: string[] = [];
  const outcome = (body: string, more: Partial<HttpAnswer> = {}) =>
    judgeCloseAnswer(answer(200, body, more), polite, { nowMs: NOW, onUnmapped: (word) => unmapped.push(word) });

  it('is taken at its word, with the error as evidence', () => {
    expect(outcome(entries('ALREADY'))).toMatchObject({ kind: 'alreadyClosed', httpStatus: 200, providerErrors: [{ code: 'ALREADY' }] });
    expect(outcome(entries('ALREADY', 'MONEY'))).toMatchObject({ kind: 'conflict', documented: true });
    expect(outcome(entries('SLOWER'), { headers: { 'retry-after': '7' } })).toMatchObject({ kind: 'notApplied', retryAfterMs: 7_000 });
    expect(unmapped).toEqual([]);
  });

  it('is in doubt with an error that the table does not have, and the word is reported', () => {
    expect(outcome(entries('NEW'))).toMatchObject({ kind: 'unknown', providerErrors: [{ code: 'NEW' }] });
    expect(unmapped.splice(0)).toEqual(['NEW']);
  });

  it('closes where it names no error', () => {
    expect(outcome('{"state":"closed"}')).toMatchObject({ kind: 'closed' });
    expect(outcome(entries())).toMatchObject({ kind: 'closed' });
  });
});
