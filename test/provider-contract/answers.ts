import type { AccountRef } from '../../src/domain/account';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import type { SandboxAnswer } from '../../src/provider-kit/sandbox-faults';
import { ACCOUNT, answerAbout, type Bench, inShort, openBench } from './bench';
import type { ProviderContract } from './contract';

const JSON_TYPE = 'application/json';
const HTML: SandboxAnswer['headers'] = { 'content-type': 'text/html; charset=utf-8' };

/** What a status says whose body names nothing known, in the provider's form. */
function byStatus(status: number): string {
  // An error under the status of success, at a provider that has such: nobody knows what it says.
  if (status < 400) return 'unknown';
  const known: Record<number, string> = {
    401: 'authFailed',
    403: 'rejected PROVIDER_PERMISSION_DENIED',
    404: 'rejected ACCOUNT_NOT_FOUND',
    409: 'conflict documented',
    422: 'conflict documented',
    429: 'notApplied PROVIDER_RATE_LIMITED',
    503: 'unavailable',
  };
  return known[status] ?? (status >= 500 ? 'unknown' : 'rejected PROVIDER_REJECTED_REQUEST');
}

/** What a status says by itself, with no body at all. */
function byStatusAlone(status: number): string {
  if (status === 404) return 'conflict documented';
  return [401, 409, 422, 429, 503].includes(status) ? byStatus(status) : 'unknown';
}

/** Whether the word stands in the text by itself, whatever the text is written in. */
function hasWord(text: string, word: string): boolean {
  const parts = text.split(word);
  return parts.some((part, index) => index > 0 && !/[\w-]$/.test(parts[index - 1] ?? '') && !/^[\w-]/.test(part));
}

/** The body without its words, and with others where its words stand: in JSON, or in a form or XML. */
function otherWords(body: string): string[] {
  try {
    const others = JSON.stringify(JSON.parse(body), (_key, value: unknown) => (typeof value === 'string' ? 'never-heard-of' : value));
    return ['{}', '[]', others];
  } catch {
    return [body.replaceAll(/(?<=[=>])[^<>&=]+/g, ''), body.replaceAll(/(?<=[=>])[^<>&=]+/g, 'never-heard-of')];
  }
}

/** Every documented answer, and what is left of an answer that is not quite as documented. */
export function answers<Sandbox extends RunningSandbox>({ fixtures, errorRows, errorAnswer, ...contract }: ProviderContract<Sandbox>): void {
  let bench: Bench<Sandbox>;
  beforeAll(async () => {
    bench = await openBench({ fixtures, errorRows, errorAnswer, ...contract });
  });
  afterAll(() => bench.dispose());

  /** The outcome of an answer, with a look at whether one request left for it. */
  async function outcomeOf(answer: SandboxAnswer, about?: AccountRef) {
    const account = bench.account();
    bench.unmapped.length = 0;
    const step = answerAbout(bench.named(about ?? account), answer);
    bench.sandbox.script(bench.named(account), 'close', [step]);
    const outcome = await bench.close(account);
    expect(bench.sandbox.closeRequests(bench.named(account))).toBe(1);
    return { outcome, account };
  }

  it('have a fixture for each row of the error table, and one for success', () => {
    const bodies = fixtures.map(({ answer }) => ({ status: answer.status, text: String(answer.body ?? '') }));
    const has = (status: number, word: string) => bodies.some((body) => body.status === status && hasWord(body.text, word));
    expect(errorRows.filter(({ status, word }) => !has(status, word))).toEqual([]);
    expect(errorRows).not.toEqual([]);
    expect(bodies.filter(({ status }) => status < 300)).not.toEqual([]);
  });

  it('have one row for each status and word', () => {
    const keys = errorRows.map(({ status, word }) => `${status} ${word}`);
    expect(keys).toEqual([...new Set(keys)]);
  });

  for (const { name, answer, outcome: expected } of fixtures) {
    it(`${name}: ${expected}`, async () => {
      const { outcome } = await outcomeOf(answer);
      expect(inShort(outcome)).toBe(expected);
      expect(outcome.httpStatus).toBe(answer.status);
      expect(bench.unmapped).toEqual([]);
    });
  }

  const rows = errorRows.map(({ status, word }) => [status, word] as const);
  if (rows.length > 0) {
    it.each(rows)('%i %s is kept as evidence, word for word', async (status, word) => {
      const { outcome } = await outcomeOf(errorAnswer(status, word, 'what happened'));
      expect(outcome.providerErrors?.map(({ code, type }) => code ?? type)).toEqual([word]);
      expect(outcome.providerErrors?.[0]?.httpStatus).toBe(status);
    });
  }

  for (const status of new Set(errorRows.map((row) => row.status))) {
    it(`${status} with a word that no table has falls back to its status, and the word is reported`, async () => {
      const { outcome } = await outcomeOf(errorAnswer(status, 'never-heard-of', 'what happened'));
      expect(inShort(outcome)).toBe(byStatus(status));
      expect(bench.unmapped).toEqual([{ provider: 'bank', what: 'error', word: 'never-heard-of', correlationId: 'correlation-1' }]);
    });

    it(`${status} without a body says no more than its status`, async () => {
      const bare = contract.bareSuccess[status] ?? byStatusAlone(status);
      expect(inShort((await outcomeOf({ status })).outcome)).toBe(bare);
    });

    it.each([
      ['an HTML page', { headers: HTML, body: '<html>Something went wrong</html>' }],
      ['JSON that breaks off', { headers: { 'content-type': JSON_TYPE }, body: '{"error' }],
      ['bytes that are not UTF-8', { headers: { 'content-type': JSON_TYPE }, body: Buffer.from([0x7b, 0xff, 0x7d]) }],
      ['a body without a media type', { body: 'no' }],
    ])(`${status} with %s proves nothing`, async (_what, part) => {
      expect(inShort((await outcomeOf({ status, ...part })).outcome)).toBe('unknown');
    });
  }

  it.each([418, 451])('of the undocumented status %i are in conflict with the documentation, whatever they say', async (status) => {
    expect(inShort((await outcomeOf(errorAnswer(status, 'never-heard-of', 'what happened'))).outcome)).toBe('conflict undocumented');
    expect(inShort((await outcomeOf({ status })).outcome)).toBe('conflict undocumented');
  });

  it.each([201, 206, 299, 599])('of the undocumented status %i prove nothing', async (status) => {
    expect(inShort((await outcomeOf({ status })).outcome)).toBe('unknown');
  });

  for (const { answer } of fixtures.filter((fixture) => fixture.answer.status < 300)) {
    it.each([
      ['an HTML page', { headers: HTML, body: '<html>Closed!</html>' }],
      ['JSON that breaks off', { headers: { 'content-type': JSON_TYPE }, body: '{"status":' }],
    ])(`of success with %s prove nothing (${answer.status})`, async (_what, part) => {
      // A 204 ends with its header: what follows it is not part of the answer.
      const status = answer.status === 204 ? 200 : answer.status;
      expect(inShort((await outcomeOf({ status, ...part })).outcome)).toBe('unknown');
    });
  }

  for (const { name, answer } of fixtures.filter((fixture) => fixture.answer.status < 300 && fixture.answer.body)) {
    it(`${name} without its words, or with others, proves nothing`, async () => {
      for (const body of otherWords(String(answer.body))) expect(inShort((await outcomeOf({ ...answer, body })).outcome)).toBe('unknown');
    });
  }

  for (const { name, answer } of fixtures.filter((fixture) => fixture.answer.body)) {
    it(`${name}, cut in the middle, proves nothing`, async () => {
      const body = Buffer.from(answer.body ?? '');
      expect(inShort((await outcomeOf({ ...answer, body: body.subarray(0, body.length / 2) })).outcome)).toBe('unknown');
    });
  }

  for (const { name, answer } of fixtures.filter((fixture) => fixture.answer.status < 300 && String(fixture.answer.body).includes(ACCOUNT))) {
    it(`${name} about another account proves nothing`, async () => {
      expect(inShort((await outcomeOf(answer, bench.account())).outcome)).toBe('unknown');
    });
  }

  it.each([429, 503])('of %i hand on how long to wait', async (status) => {
    const { outcome } = await outcomeOf({ status, headers: { 'retry-after': '7' } });
    expect(outcome).toMatchObject({ retryAfterMs: 7_000 });
  });
}
