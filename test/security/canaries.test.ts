import { randomUUID } from 'node:crypto';
import type { SandboxAnswer } from '../../src/provider-kit/sandbox-faults';
import { leaks } from '../support/canaries';
import { BBAN, CanaryBench, DOCUMENTS, IBAN } from '../support/canary-bench';

/**
 * Canaries: every secret of the configuration, every token, and what identifies accounts and people, planted wherever
 * a caller or a provider can put them while every operation runs. Then everything that came out is searched for them.
 */
const bench = new CanaryBench();
beforeAll(() => bench.start());
afterAll(() => bench.dispose());

const PROVIDERS = ['upvest', 'emoney'] as const;
const STATUSES = [400, 500, 401, 409, 422, 404, 302, 403, 429, 418, 503, 200];
const TYPES = ['application/json', 'application/problem+json', 'text/html'];
const plainly = [String, encodeURIComponent];
const anyhow = [...plainly, (said: string) => Buffer.from(said).toString('base64')];

/** An answer that says it in every place where text can stand, in both dialects of errors. */
function echo(status: number, said: string, mediaType = 'application/json'): SandboxAnswer {
  const texts = { code: said, message: `Told: ${said}`, level: said, description: `(${said})` };
  const problem = { type: said, title: `Told: ${said}`, detail: said, request_id: said, instance: said };
  // Some write a slash with a backslash in front of it.
  const body = JSON.stringify({ errors: [texts], error: said, error_description: said, ...problem }).replaceAll('/', '\\/');
  const headers = { 'content-type': mediaType, location: `https://elsewhere.example/?${encodeURIComponent(said)}`, 'upvest-request-id': said };
  return { status, headers, body: mediaType === 'text/html' ? `<p>${said}</p>` : body };
}

/** A read whose status word says it. */
function oddWord(id: string, said: string): SandboxAnswer {
  const body = JSON.stringify({ id, status: `ODD ${said}`, accountDetails: { status: `ODD ${said}` } });
  return { status: 200, headers: { 'content-type': 'application/json', 'upvest-request-id': said }, body };
}

// A UUID is taken for a correlation id, whatever else it may be.
const isUuid = (said: string): boolean => /^[0-9a-f]{8}-/.test(said);
const many = (answer: SandboxAnswer): SandboxAnswer[] => Array.from({ length: 100 }, () => answer);

describe('canaries', () => {
  it('are planted in what providers say of a close and a read', async () => {
    const own = [
      { provider: 'upvest', id: bench.newAccount() },
      { provider: 'upvest', kind: 'ACCOUNT_GROUP', id: bench.newAccount() },
      { provider: 'emoney', id: bench.newAccount() },
      { provider: 'emoney', idType: 'IBAN', id: IBAN },
      { provider: 'emoney', kind: 'VIRTUAL_ACCOUNT', idType: 'BBAN', ...BBAN },
    ];
    for (const account of own) expect(await bench.close('a first close', account)).not.toBeNull();
    expect((await bench.settled()).map(({ status }) => status)).toEqual(own.map(() => 'CLOSED'));

    let turn = 0;
    for (const provider of PROVIDERS) {
      // What is nobody's secret here and not the account of the call is known by its look alone, so not in base64.
      const planted = [...[...bench.secretsOf(provider), null].map((what) => ({ what, ways: anyhow })), ...bench.identifiers().map((what) => ({ what, ways: plainly }))];
      for (const { what, ways } of planted) {
        const closes = Array.from({ length: 6 }, () => {
          const id = bench.newAccount();
          turn += 1;
          const status = STATUSES[turn % STATUSES.length] ?? 400;
          const said = ways[turn % ways.length]?.(what ?? id) ?? '';
          const answer = echo(status, said, TYPES[status < 500 ? 0 : turn % TYPES.length]);
          bench.sandboxes[provider].script(id, 'close', [answer, answer]);
          bench.sandboxes[provider].script(id, 'read', [answer, oddWord(id, said)]);
          return bench.close(`a close that ${provider} answers with ${status}`, { provider, id });
        });
        for (const closure of await Promise.all(closes)) await bench.graphql('a refresh', DOCUMENTS.refresh, { id: closure?.id });
      }
    }
    // As stored: read back, when polls and retries have run.
    const stored = (await bench.settled()).flatMap(({ error }) => error?.providerErrors ?? []).map(({ message }) => String(message));
    const masked = (mask: string): string[] => stored.filter((message) => message.startsWith('Told: ') && message.includes(mask));
    for (const mask of ['[secret]', '[account]', '[email]', 'ES••••1332']) expect(masked(mask).length).toBeGreaterThan(1);
  }, 600_000);

  it.each(PROVIDERS)('are planted in what the token endpoint of %s says', async (provider) => {
    const sandbox = bench.sandboxes[provider];
    const planted = [...bench.secretsOf(provider), ...bench.identifiers()];
    sandbox.script('*', 'token', planted.flatMap((said) => [echo(400, said), echo(401, said, 'text/html'), echo(503, said)]));
    sandbox.revokeTokens();
    const before = sandbox.credentials().length;
    const closures = await Promise.all(planted.map(() => bench.close('a close without a token', { provider, id: bench.newAccount() })));
    for (const closure of closures) await bench.graphql('a status', DOCUMENTS.status, { id: closure?.id });
    expect((await bench.settled()).map(({ status }) => status)).not.toContain('REQUESTED');
    expect(sandbox.credentials().length).toBeGreaterThan(before);
  }, 600_000);

  it('are planted in what stays in doubt', async () => {
    for (const provider of PROVIDERS) {
      for (const said of [...bench.secretsOf(provider), ...bench.identifiers()]) {
        const id = bench.newAccount();
        bench.sandboxes[provider].script(id, 'close', many(echo(500, said)));
        bench.sandboxes[provider].script(id, 'read', many(oddWord(id, said)));
        await bench.graphql('an eligibility', DOCUMENTS.eligibility, { account: { provider, id } });
        await bench.close('a close in doubt', { provider, id });
      }
    }
    const doubtful = (await bench.settled()).filter(({ status }) => status === 'NEEDS_REVIEW');
    expect(doubtful.length).toBeGreaterThan(10);
    expect(doubtful.some(({ providerStatus }) => providerStatus?.includes('ODD [secret]'))).toBe(true);
  }, 600_000);

  it('are planted in what callers say', async () => {
    const account = { provider: 'emoney', id: randomUUID() };
    for (const said of [...PROVIDERS.flatMap((provider) => bench.secretsOf(provider)), ...bench.identifiers(), bench.newAccount()]) {
      // A word without digits could be the name of anything, and is quoted as a name.
      const name = /\d/.test(said) ? `x${said.replaceAll(/\W/g, '')}` : 'noSuchName';
      const literal = JSON.stringify(said);
      for (const provider of PROVIDERS) {
        for (const way of [{}, { idType: 'IBAN' }, { idType: 'BBAN', country: 'ES' }, { idType: 'UUID', country: said }, { kind: said }, { idType: said }]) {
          await bench.close('a close of a bad account', { provider, id: `${said}.`, ...way });
          await bench.graphql('an eligibility', DOCUMENTS.eligibility, { account: { provider, id: `${said}.`, ...way } });
        }
      }
      const odd = [{ idempotencyKey: said }, { idempotencyKey: [said] }, { reason: said }, { reasonText: `${said}\n` }, { reasonText: { said } }, { initiator: said }, { announceOnly: said }, { [name]: said }];
      for (const more of odd) await bench.close('a close with something odd', account, more);
      await bench.close('a close with a text', { provider: 'upvest', id: randomUUID() }, { reasonText: said });
      await bench.close('a close of a good account', { provider: 'emoney', id: randomUUID() }, { reasonText: said });
      for (const bad of [[said], { said }, null, 5]) await bench.close('a close of what is no account', { provider: 'emoney', id: bad, [name]: said });
      await bench.close('a close elsewhere', { provider: said, id: said });
      for (const operation of ['refresh', 'cancel', 'status'] as const) await bench.graphql(operation, DOCUMENTS[operation], { id: said });
      await bench.graphql('a list', DOCUMENTS.list, { filter: { account: { provider: 'emoney', id: said } }, after: null });
      await bench.graphql('a list', DOCUMENTS.list, { filter: { idempotencyKey: said, provider: said, requestedAfter: said }, after: said });
      await bench.graphql('a list', DOCUMENTS.list, { filter: { idempotencyKey: said, provider: said }, after: said });
      for (const key of [said, { said }, `emoney:ACCOUNT:IBAN:${said}.`, `upvest:ACCOUNT:UUID:${said}`]) {
        await bench.graphql('entities', DOCUMENTS.entities, { r: [{ __typename: 'Account', closureRef: { key } }, { __typename: 'Closure', id: key }, { __typename: said }] });
      }
      const headers = { authorization: `Bearer ${said}`, cookie: `session=${said}`, 'user-agent': said, 'x-correlation-id': isUuid(said) ? 'correlation-1' : said };
      await bench.graphql('a request with a header', DOCUMENTS.providers, {}, headers);
      await bench.close('a close with a header', { provider: 'emoney', id: randomUUID() }, {}, headers);
      for (const text of [
        `{ closureStatus(closureId: ${literal}) { ${name} } }`,
        `{ closureStatus(closureId: ${name}) { id } }`,
        `{ closureStatus(closureId: "x", ${name}: ${literal}) { id } }`,
        `{ closures(first: ${literal}) { edges { cursor } } }`,
        `query ${name} { ${name} }`,
        `query ($${name}: ${name}) { closureProviders { id } }`,
        `{ closureProviders @${name} { ...${name} } }`,
        `{ closureProviders { id } } ${said}`,
        `{ closureProviders { id } # ${said}\n`,
        `mutation { closeAccount(input: { idempotencyKey: ${literal}, account: { provider: ${literal}, id: 5 }, reason: ${name} }) { replayed } }`,
      ]) {
        await bench.graphql('a document', text);
        await bench.raw('a document in the address', `/graphql?query=${encodeURIComponent(text)}&variables=${encodeURIComponent(literal)}`, { headers: { 'apollo-require-preflight': '1' } });
      }
      const json = { 'content-type': 'application/json' };
      await bench.raw('an operation name', '/graphql', { method: 'POST', headers: json, body: JSON.stringify({ query: DOCUMENTS.providers, operationName: said }) });
      for (const body of [`{"query": ${literal}`, literal, JSON.stringify({ variables: said }), JSON.stringify({ query: { said }, extensions: said }), said]) {
        await bench.raw('a body', '/graphql', { method: 'POST', headers: json, body });
        await bench.raw('a body of another type', '/graphql', { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
      }
      await bench.raw('an address', `/${encodeURIComponent(said)}?token=${encodeURIComponent(said)}`);
      await bench.raw('another method', `/graphql?id=${encodeURIComponent(said)}`, { method: 'DELETE' });
    }
    await bench.close('a replay', { provider: 'emoney', idType: 'IBAN', id: IBAN });
    await bench.settled();
  }, 600_000);

  // After this nothing is listed any more: the note is the person's own words, and the history shows it.
  it('are planted in what a person says of a closure', async () => {
    const doubtful = (await bench.settled()).filter(({ status }) => status === 'NEEDS_REVIEW');
    for (const [index, note] of [...bench.secretsOf('upvest'), ...bench.identifiers()].entries()) {
      const { id: closureId = '', version: expectedVersion = 0 } = doubtful[index] ?? {};
      const inputs = [{ note: `${note}\n` }, { note: note.repeat(500) }, { expectedVersion: -1 }, { outcome: note }, { note }];
      for (const input of inputs) {
        await bench.graphql('a resolution', DOCUMENTS.resolve, { input: { closureId, outcome: 'FAILED', note, expectedVersion, ...input } });
      }
    }
  });

  it('are planted in settings that the gateway does not start with', async () => {
    const [secret = '', passphrase = '', line = ''] = bench.secretsOf('upvest');
    const wrong: Record<string, string>[] = [
      { UPVEST_PRIVATE_KEY_PASSPHRASE: `${passphrase}.` },
      { UPVEST_PRIVATE_KEY: line, EMONEY_PRIVATE_KEY: bench.environment().UPVEST_PRIVATE_KEY ?? '' },
      { EMONEY_CLIENT_ID: secret, UPVEST_KEY_ID: secret, EMONEY_GRANT: secret, EMONEY_BASE_URL: `https://${encodeURIComponent(secret)}@x.example` },
    ];
    for (const env of wrong) expect(await bench.failToStart('the complaint at a start', env)).toBe(1);
  });

  it('come out in no answer, no log line and no metric', async () => {
    await bench.raw('/metrics', '/metrics');
    expect(await bench.drain()).toBe(0);
    const found = leaks(bench.canaries(), bench.exhibits);
    expect([...new Set(found)].slice(0, 20)).toEqual([]);
  });

  it('are found where they may be: the search works', () => {
    const places = leaks(bench.canaries(), bench.exhibits, { everywhere: true });
    for (const place of ['IBAN in the answer to a first close, data.closeAccount.closure.account.id', 'BBAN in the answer to a first close, data.closeAccount.closure.account.closureRef']) {
      expect(places).toContain(place);
    }
    expect(bench.exhibits.filter(({ place }) => place.startsWith('the log')).length).toBeGreaterThan(1_000);
    expect(bench.exhibits.some(({ place, text }) => place === 'the answer to /metrics' && text.includes('closure_transitions_total'))).toBe(true);
  });
});
