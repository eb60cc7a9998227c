import { randomUUID } from 'node:crypto';
import type { Blocker } from '../../src/domain/blocker';
import type { AccountRead, CloseOutcome } from '../../src/domain/outcome';
import { systemRandomness } from '../../src/system';
import { type Api, SETTINGS, startApi } from '../support/api';
import { seen } from '../support/scripted-provider';
import { AT, hold, newBank, PROVIDER, review, TOLD } from './tipping-off-pairs';
import { APP, BLOCKER, CLOSE, ERROR, EVERYTHING, OPERATOR, post, STATUS } from './tipping-off-ways';

/** What whoever asks for a closing is told, the first time and when the same request comes again, byte by byte. */

const OFFICER = { 'x-test-subject': 'bank-officer' };
const REFRESH = 'mutation ($id: ID!) { refreshClosure(closureId: $id) { error { code } } }';
const REFRESH_ALL = `mutation ($id: ID!) { refreshClosure(closureId: $id) { closure { ...C } ${ERROR} } } ${EVERYTHING}`;
const CANCEL = `mutation ($id: ID!) { cancelClosure(closureId: $id) { closure { ...C } ${ERROR} } } ${EVERYTHING}`;
const ELIGIBILITY = `query ($account: AccountInput!) { closureEligibility(account: $account) { eligible providerStatus blockers { ...B } ${ERROR} } } ${BLOCKER}`;
/** What the provider says of two accounts; only operators may hear the first. */
const HELD = { blocker: hold, word: 'AML_REVIEW' };
const REVIEWED = { blocker: review, word: 'MAINTENANCE' };

const bank = newBank();
let monotonic = 0;
let api: Api;
beforeAll(async () => {
  api = await startApi({}, [bank.configured(PROVIDER)], {
    clock: { now: () => AT, monotonic: () => monotonic },
    random: { fraction: () => 0.5, id: systemRandomness.id },
    settings: { ...SETTINGS, closeWaitMs: 60_000 },
  });
});
afterAll(() => api.close());

interface Request {
  idempotencyKey: string;
  account: { provider: string; id: string };
  reason: string;
  initiator?: string;
}

function newRequest(reason = 'CUSTOMER_REQUEST', initiator?: string): Request {
  return { idempotencyKey: randomUUID(), account: { provider: PROVIDER, id: randomUUID() }, reason, initiator };
}

/** The answer and what it took; names are taken out. */
async function told(query: string, variables: object, { account, idempotencyKey }: Request, headers: Record<string, string>) {
  // What was read before is too old to be given again.
  monotonic += 3_600_000;
  api.watched.reset();
  const [sent, reads] = [bank.sent.length, bank.reads];
  const statements = ['byIdempotencyKey', 'byLockKey', 'record', 'commit', 'closures', 'events', 'attempts'] as const;
  const text = (await post({ api }, query, variables, headers))
    .replaceAll(account.id, '<account>')
    .replaceAll(`••••${account.id.slice(-4)}`, '<tail>')
    .replaceAll(idempotencyKey, '<key>')
    .replace(/"closure":\{"id":"[^"]+"/, '"closure":{"id":"<id>"');
  return { text, calls: statements.map((statement) => api.watched.calls(statement)), requests: bank.sent.length - sent, reads: bank.reads - reads };
}
const close = (input: Request, headers: Record<string, string> = APP) => told(CLOSE, { input }, input, headers);

/** The account is held or reviewed: its closing is refused for that, or is accepted and waits. */
function script({ blocker, word }: typeof HELD, stage: Blocker['stage']): void {
  const blockers: Blocker[] = [{ ...blocker, stage }];
  const providerErrors = [{ code: word, message: `${word} of the account` }];
  const refusal: CloseOutcome = { kind: 'rejected', code: 'CLOSURE_BLOCKED', message: 'Something on the account must go before it can be closed.', blockers, providerErrors };
  bank.answers = [stage === 'REQUEST' ? refusal : { kind: 'accepted' }];
  bank.states = [seen(stage === 'REQUEST' ? 'OPEN' : 'CLOSING', { blockers, providerStatus: word })];
}

/** A request, and once the provider was looked at again the same request. */
async function askedTwice(input: Request, headers: Record<string, string>, again: Record<string, string>) {
  const first = await close(input, headers);
  const [closure] = await api.watched.store.list('default', {}, 1, null);
  await post({ api }, REFRESH, { id: closure?.id }, OPERATOR);
  return { first, second: await close(input, again) };
}

describe.each([
  ['refuses the closing', 'REQUEST'],
  ['lets the closing wait', 'COMPLETION'],
] as const)('a hold that %s', (_what, stage) => {
  it('looks like a review to who asked, and so it does when the same request comes again', async () => {
    script(HELD, stage);
    const held = await askedTwice(newRequest(), APP, APP);
    script(REVIEWED, stage);
    expect(held).toEqual(await askedTwice(newRequest(), APP, APP));
    expect(held.first).toMatchObject({ requests: 1, text: expect.stringContaining('"replayed":false') });
    expect(held.second).toMatchObject({ requests: 0, reads: 0, text: expect.stringContaining('"replayed":true') });
    expect(held.second.text).toContain('MANUAL_REVIEW');
    expect(JSON.stringify(held)).not.toMatch(TOLD);
  });

  it('looks like a review in a preview', async () => {
    const preview = async (words: typeof HELD, headers = APP) => {
      script(words, stage);
      const request = newRequest();
      return told(ELIGIBILITY, { account: request.account }, request, headers);
    };
    const held = await preview(HELD);
    expect(held).toEqual(await preview(REVIEWED));
    expect(held.text).toContain('MANUAL_REVIEW');
    expect(held.text).not.toMatch(TOLD);
  });

  it('is told to operators by its name', async () => {
    script(HELD, stage);
    const { second } = await askedTwice(newRequest(), OFFICER, OFFICER);
    for (const word of ['"replayed":true', 'COMPLIANCE_HOLD', 'case-77', 'AML_REVIEW']) expect(second.text).toContain(word);
    const request = newRequest();
    expect((await told(ELIGIBILITY, { account: request.account }, request, OPERATOR)).text).toContain('COMPLIANCE_HOLD');
  });
});

describe('an account that is being closed for a sensitive reason', () => {
  it('looks in a preview like one that its provider closes', async () => {
    const previewed = async (reason: string, initiator: string, word: string, headers: Record<string, string> = APP) => {
      const request = newRequest(reason, initiator);
      bank.answers = [{ kind: 'accepted' }];
      bank.states = [{ ...seen('CLOSING', { providerStatus: word }), providerErrors: [{ code: word, message: `${word} of the account` }] } as AccountRead];
      await close(request, OFFICER);
      return told(ELIGIBILITY, { account: request.account }, request, headers);
    };
    const sensitive = await previewed('SANCTIONS', 'AUTHORITY', 'AML_CLOSING');
    expect(sensitive).toEqual(await previewed('OTHER', 'PROVIDER', 'CLOSING'));
    expect(sensitive.text).not.toMatch(TOLD);
    // What nobody has to hide is shown.
    expect((await previewed('CUSTOMER_REQUEST', 'HOLDER', 'ON_ITS_WAY')).text).toContain('ON_ITS_WAY');
    expect((await previewed('SANCTIONS', 'AUTHORITY', 'AML_CLOSING', OPERATOR)).text).toContain('AML_CLOSING');
  });
});

describe('a word that was read beside a hold', () => {
  it.each([
    ['while the request waits to be sent again', async () => undefined],
    ['when the closing is withdrawn', async (id: string) => post({ api }, CANCEL, { id })],
  ])('is not shown without it %s', async (_when, then) => {
    const request = newRequest();
    bank.answers = [{ kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: 'Later.' }];
    bank.states = [seen('OPEN', { providerStatus: 'AML_REVIEW', blockers: [{ ...hold, stage: 'REQUEST' }] })];
    await close(request);
    const [closure] = await api.watched.store.list('default', {}, 1, null);
    const id = closure?.id ?? '';
    const answers = [await post({ api }, REFRESH_ALL, { id }), await then(id), await post({ api }, STATUS, { id })];
    expect(answers.join()).not.toMatch(TOLD);
    expect(await post({ api }, STATUS, { id }, OPERATOR)).toContain('AML_REVIEW');
  });
});

describe('the same request by who may operate no longer', () => {
  const FORMER = { ...APP, 'x-test-subject': 'bank-officer' };

  it('is refused for a sensitive closing, for one that the provider began and for one that was never asked for, alike', async () => {
    script(HELD, 'COMPLETION');
    const sensitive = await askedTwice(newRequest('SANCTIONS', 'AUTHORITY'), OFFICER, FORMER);
    expect(sensitive.first).toMatchObject({ requests: 1, text: expect.stringContaining('"reason":"SANCTIONS"') });
    script(REVIEWED, 'COMPLETION');
    const ordinary = await askedTwice(newRequest('OTHER', 'PROVIDER'), OFFICER, FORMER);
    expect(ordinary.first.requests).toBe(1);
    const never = await close(newRequest('SANCTIONS', 'AUTHORITY'), FORMER);
    expect(sensitive.second).toEqual(ordinary.second);
    expect(sensitive.second).toEqual(never);
    expect(never).toMatchObject({ requests: 0, reads: 0, calls: [0, 0, 0, 0, 0, 0, 0], text: expect.stringContaining('FORBIDDEN') });
  });

  it('is answered for an ordinary closing as it is to any app', async () => {
    script(HELD, 'COMPLETION');
    const officers = await askedTwice(newRequest(), OFFICER, FORMER);
    script(REVIEWED, 'COMPLETION');
    const apps = await askedTwice(newRequest(), APP, APP);
    expect(officers.second).toEqual(apps.second);
    expect(officers.second.text).not.toMatch(TOLD);
  });

  it('is replayed as it is to who still may', async () => {
    script(HELD, 'COMPLETION');
    const { second } = await askedTwice(newRequest('SANCTIONS', 'AUTHORITY'), OFFICER, OFFICER);
    expect(second).toMatchObject({ requests: 0, reads: 0 });
    for (const word of ['"replayed":true', '"reason":"SANCTIONS"', 'COMPLIANCE_HOLD', 'AML_REVIEW']) expect(second.text).toContain(word);
  });
});
