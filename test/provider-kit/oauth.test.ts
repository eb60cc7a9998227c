import type { HttpAnswer, ProviderAnswer } from '../../src/provider-kit/http';
import { KnownSecrets } from '../../src/provider-kit/known-secrets';
import { TokenCache } from '../../src/provider-kit/oauth';

function json(status: number, value: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return { kind: 'answer', status, headers, mediaType: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}
const grant = (token: string, more: object = { expires_in: 100 }): HttpAnswer => json(200, { access_token: token, token_type: 'bearer', ...more });

/** A cache over a list of answers, one per request, on a clock that stands still until it is moved. */
function cacheOf(...answers: (ProviderAnswer | Promise<ProviderAnswer>)[]) {
  const asked: string[] = [];
  const clock = { ms: 0 };
  const secrets = new KnownSecrets({});
  const cache = new TokenCache({
    secrets,
    fetch: async (scope) => {
      asked.push(scope);
      return answers.shift() ?? grant('surplus');
    },
    clock: { now: () => Date.parse('2026-01-15T10:20:30Z'), monotonic: () => clock.ms },
  });
  return { cache, asked, clock, secrets };
}

describe('a token', () => {
  it('is asked for once and kept', async () => {
    const { cache, asked } = cacheOf(grant('one'));
    expect(await cache.get('a')).toEqual({ ok: true, token: 'one' });
    expect(await cache.get('a')).toEqual({ ok: true, token: 'one' });
    expect(asked).toEqual(['a']);
  });

  it('is masked from then on, and for a while after it was replaced', async () => {
    const { cache, secrets } = cacheOf(grant('token-one'), grant('token-two'));
    await cache.get('a');
    await cache.get('a', { fresh: true });
    expect(secrets.mask('token-one, token-two')).toBe('[secret], [secret]');
  });

  it('is another one for each purpose', async () => {
    const { cache, asked } = cacheOf(grant('one'), grant('two'));
    expect(await cache.get('a')).toEqual({ ok: true, token: 'one' });
    expect(await cache.get('b')).toEqual({ ok: true, token: 'two' });
    expect(asked).toEqual(['a', 'b']);
  });

  it('that many want at the same time is asked for once', async () => {
    let answer: (given: ProviderAnswer) => void = () => {};
    const { cache, asked } = cacheOf(new Promise((resolve) => (answer = resolve)));
    const all = Promise.all([cache.get('a'), cache.get('a'), cache.get('a', { fresh: true })]);
    answer(grant('one'));
    expect(await all).toEqual(Array.from({ length: 3 }, () => ({ ok: true, token: 'one' })));
    expect(asked).toEqual(['a']);
  });

  it.each([
    ['ten seconds before it expires', { expires_in: 100 }, 90_000],
    ['at nine tenths of a short life', { expires_in: 20 }, 18_000],
    ['by a lifetime written as text', { expires_in: '100' }, 90_000],
    ['after most of a minute where no lifetime is given', {}, 54_000],
  ])('is replaced %s', async (_when, more, lifeMs) => {
    const { cache, clock } = cacheOf(grant('one', more), grant('two'));
    await cache.get('a');
    clock.ms = lifeMs - 1;
    expect(await cache.get('a')).toEqual({ ok: true, token: 'one' });
    clock.ms = lifeMs;
    expect(await cache.get('a')).toEqual({ ok: true, token: 'two' });
  });

  it('that was refused is not given again, but one that came since is', async () => {
    const { cache, asked } = cacheOf(grant('one'), grant('two'));
    await cache.get('a');
    cache.refuse('a', 'one');
    expect(await cache.get('a')).toEqual({ ok: true, token: 'two' });
    // Another request comes back with the old token's refusal.
    cache.refuse('a', 'one');
    expect(await cache.get('a', { fresh: true })).toEqual({ ok: true, token: 'two' });
    expect(asked).toHaveLength(2);
  });

  it('is replaced on the wish alone where no refusal was told', async () => {
    const { cache } = cacheOf(grant('one'), grant('two'));
    await cache.get('a');
    expect(await cache.get('a', { fresh: true })).toEqual({ ok: true, token: 'two' });
  });

  it('of any spelling of "bearer" will do', async () => {
    const { cache } = cacheOf(json(200, { access_token: 'one', token_type: 'Bearer', expires_in: 100 }));
    expect(await cache.get('a')).toEqual({ ok: true, token: 'one' });
  });
});

describe('no token', () => {
  it.each<[string, ProviderAnswer, object]>([
    ['bad credentials', json(401, { error: 'invalid_client' }), { code: 'PROVIDER_AUTHENTICATION_FAILED', oauthError: 'invalid_client', evidence: { httpStatus: 401 } }],
    ['a bad request', json(400, { error: 'invalid_scope' }), { code: 'PROVIDER_AUTHENTICATION_FAILED', oauthError: 'invalid_scope' }],
    ['a missing page', json(404, {}), { code: 'PROVIDER_AUTHENTICATION_FAILED', oauthError: undefined }],
    ['an error of another shape', json(400, { error: { code: 'invalid_scope' } }), { code: 'PROVIDER_AUTHENTICATION_FAILED', oauthError: undefined }],
    ['an error that is not JSON', { ...json(400, { error: 'invalid_scope' }), mediaType: 'text/html' }, { code: 'PROVIDER_AUTHENTICATION_FAILED', oauthError: undefined }],
    ['throttling', json(429, {}, { 'retry-after': '5' }), { code: 'PROVIDER_RATE_LIMITED', retryAfterMs: 5_000 }],
    ['an outage', json(503, {}, { 'retry-after': '5' }), { code: 'PROVIDER_UNAVAILABLE', retryAfterMs: 5_000 }],
    ['a failure', json(500, {}), { code: 'PROVIDER_UNAVAILABLE' }],
    ['no connection', { kind: 'notSent', cause: 'refused' }, { code: 'PROVIDER_UNAVAILABLE' }],
    ['a lost answer', { kind: 'lost', cause: 'timeout' }, { code: 'PROVIDER_UNAVAILABLE' }],
    ['another token type', json(200, { access_token: 'one', token_type: 'mac' }), { code: 'PROVIDER_AUTHENTICATION_FAILED' }],
    ['a token that would break the header', json(200, { access_token: 'a\r\nx: y', token_type: 'bearer' }), { code: 'PROVIDER_AUTHENTICATION_FAILED' }],
    ['an empty token', json(200, { access_token: '', token_type: 'bearer' }), { code: 'PROVIDER_AUTHENTICATION_FAILED' }],
    ['an answer without a token', json(200, {}), { code: 'PROVIDER_AUTHENTICATION_FAILED' }],
    ['HTML', { ...json(200, {}), mediaType: 'text/html' }, { code: 'PROVIDER_AUTHENTICATION_FAILED' }],
    ['a redirect', json(302, {}), { code: 'PROVIDER_AUTHENTICATION_FAILED' }],
    ['an unexpected success', { ...grant('one'), status: 201 }, { code: 'PROVIDER_AUTHENTICATION_FAILED' }],
  ])('for %s, and the next request tries again', async (_why, answer, expected) => {
    const { cache } = cacheOf(answer, grant('two'));
    expect(await cache.get('a')).toMatchObject({ ok: false, ...expected });
    expect(await cache.get('a')).toEqual({ ok: true, token: 'two' });
  });
});
