import type { CloseOutcome } from '../../../src/domain/outcome';
import { FAULT_NAMES, faultId, type FaultName } from '../../../src/provider-kit/sandbox-faults';
import { DOCUMENTED_ANSWERS, FIXTURES, VARIANT_ANSWERS } from '../../../providers/emoney/sandbox/answers';
import { account, type Bench, freshAccount, openBench } from './support';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({}, { timeoutMs: 1_000 });
});
afterAll(() => bench.dispose());

/** The outcome in short: its kind, and the code or the word that goes with it. */
function short(outcome: CloseOutcome): string {
  if (outcome.kind === 'rejected' || outcome.kind === 'notApplied') return `${outcome.kind} ${outcome.code}`;
  return outcome.kind === 'conflict' ? `conflict ${outcome.documented ? 'documented' : 'undocumented'}` : outcome.kind;
}

const documented: Record<string, string> = {
  '400-invalid-schema': 'rejected PROVIDER_REJECTED_REQUEST',
  '401-unauthorized': 'authFailed',
  '403-forbidden': 'rejected PROVIDER_PERMISSION_DENIED',
  '403-invalid-auth-token': 'authFailed',
  '403-legal-entity-not-enabled': 'rejected PROVIDER_PERMISSION_DENIED',
  '403-operation-not-allowed': 'rejected PROVIDER_PERMISSION_DENIED',
  '404-account-not-found': 'rejected ACCOUNT_NOT_FOUND',
  '404-not-found': 'rejected PROVIDER_REJECTED_REQUEST',
  '404-real-account-virtual-structure-not-exist': 'rejected ACCOUNT_NOT_FOUND',
  '405-method-not-allowed': 'rejected PROVIDER_REJECTED_REQUEST',
  '406-not-acceptable': 'rejected PROVIDER_REJECTED_REQUEST',
  '409-conflict': 'conflict documented',
  '413-payload-too-large': 'rejected PROVIDER_REJECTED_REQUEST',
  '414-request-uri-too-long': 'rejected PROVIDER_REJECTED_REQUEST',
  '415-unsupported-media-type': 'rejected PROVIDER_REJECTED_REQUEST',
  '422-account-already-closed': 'alreadyClosed',
  '429-too-many-requests': 'notApplied PROVIDER_RATE_LIMITED',
  '500-internal-server-error': 'unknown',
  '503-service-error': 'unavailable',
  '504-gateway-timeout': 'unknown',
  'default-internal-server-error': 'unknown',
};

describe('a documented error', () => {
  it('of every kind has its row here', () => {
    expect(DOCUMENTED_ANSWERS.map(({ name }) => name).toSorted()).toEqual(Object.keys(documented).toSorted());
  });

  it.each(DOCUMENTED_ANSWERS)('$name means what the table says, and is kept as evidence', async ({ accountId, name }) => {
    const outcome = await bench.close(account(accountId));
    const fixture = FIXTURES.find((candidate) => candidate.name === name);
    const wire = fixture?.body as { errors: { code: string }[] } | undefined;
    expect(short(outcome)).toBe(documented[name]);
    expect(outcome.httpStatus).toBe(fixture?.status);
    expect(outcome.providerErrors).toMatchObject([{ code: wire?.errors[0]?.code, level: 'ERROR', httpStatus: fixture?.status }]);
    expect(bench.unmapped).toEqual([]);
  });

  it('shows no identifier that the provider echoed', async () => {
    const id = DOCUMENTED_ANSWERS.find(({ name }) => name === '404-account-not-found')?.accountId ?? '';
    const outcome = await bench.close(account(id));
    expect(outcome.providerErrors?.[0]?.message).toContain('could not be found');
    expect(JSON.stringify(outcome)).not.toContain('a26c7fc3-3f9b-4045-a946');
  });
});

const variants: Record<string, string> = {
  '400-no-errors': 'rejected PROVIDER_REJECTED_REQUEST',
  '400-unknown-code': 'rejected PROVIDER_REJECTED_REQUEST',
  '401-no-body': 'authFailed',
  '403-no-errors': 'rejected PROVIDER_PERMISSION_DENIED',
  '404-no-body': 'conflict documented',
  '404-no-errors': 'rejected ACCOUNT_NOT_FOUND',
  '404-other-json': 'conflict documented',
  '409-no-errors': 'conflict documented',
  '422-no-errors': 'conflict documented',
  '422-two-codes': 'alreadyClosed',
  '422-unknown-code': 'conflict documented',
  '429-no-body': 'notApplied PROVIDER_RATE_LIMITED',
  '500-no-errors': 'unknown',
  '503-no-body': 'unavailable',
};

describe('an answer that the page has no sample of', () => {
  it('of every kind has its row here', () => {
    expect(VARIANT_ANSWERS.map(({ name }) => name).toSorted()).toEqual(Object.keys(variants).toSorted());
  });

  it.each(VARIANT_ANSWERS)('$name means what the table says', async ({ accountId, name }) => {
    expect(short(await bench.close(account(accountId)))).toBe(variants[name]);
  });

  it('is reported where its code is not documented, and all its entries are kept', async () => {
    bench.unmapped.length = 0;
    const id = VARIANT_ANSWERS.find(({ name }) => name === '422-two-codes')?.accountId ?? '';
    const outcome = await bench.close(account(id));
    expect(bench.unmapped).toEqual(['error SOMETHING_ELSE']);
    expect(outcome.providerErrors?.map(({ code }) => code)).toEqual(['SOMETHING_ELSE', 'ACCOUNT_ALREADY_CLOSED']);
  });

  it.each(['429-no-body', '503-no-body'])('%s hands on how long to wait', async (wanted) => {
    const id = VARIANT_ANSWERS.find(({ name }) => name === wanted)?.accountId ?? '';
    expect(await bench.close(account(id))).toMatchObject({ retryAfterMs: 2_000 });
  });
});

/** Everything else leaves the outcome unknown. */
const faultOutcomes: Partial<Record<FaultName, string>> = {
  'bare-204': 'closed',
  teapot: 'conflict undocumented',
  'throttled-seconds': 'notApplied PROVIDER_RATE_LIMITED',
  'throttled-date': 'notApplied PROVIDER_RATE_LIMITED',
  'throttled-nonsense': 'notApplied PROVIDER_RATE_LIMITED',
  'down-seconds': 'unavailable',
  'down-date': 'unavailable',
  'down-nonsense': 'unavailable',
};

describe('a fault on the way', () => {
  it.each(FAULT_NAMES)('%s: one request leaves, and nothing is taken for more than it is', async (name) => {
    const id = faultId(name);
    const outcome = await bench.close(account(id));
    expect(short(outcome)).toBe(faultOutcomes[name] ?? 'unknown');
    expect(bench.bank.closeRequests(id)).toBe(1);
    expect(bench.bank.strayRequests()).toBe(0);
  });

  it('leaves the account to be closed by another try, once', async () => {
    const id = faultId('reset-after', 'once');
    expect(short(await bench.close(account(id)))).toBe('unknown');
    expect(short(await bench.close(account(id)))).toBe('alreadyClosed');
    expect(bench.bank.effectiveCloses(id)).toBe(1);
  });
});

describe('a close', () => {
  it('is closed by 204, and a second one is told that it was', async () => {
    const wanted = freshAccount();
    expect(await bench.close(wanted)).toMatchObject({ kind: 'closed', httpStatus: 204 });
    expect(await bench.close(wanted)).toMatchObject({ kind: 'alreadyClosed', httpStatus: 422 });
    expect(bench.bank.effectiveCloses(wanted.id)).toBe(1);
    expect(bench.calls.slice(-2)).toEqual(['close closed', 'close alreadyClosed']);
  });

  it('asks for its mark once, before anything reaches the provider', async () => {
    const wanted = freshAccount();
    const before = bench.marks();
    let arrived: number | undefined;
    await bench.close(wanted, {
      beforeFirstByte: async () => {
        arrived = bench.bank.closeRequests(wanted.id);
      },
    });
    expect(bench.marks() - before).toBe(1);
    expect(arrived).toBe(0);
  });

  it('sends nothing where the mark cannot be had, and hands the reason on', async () => {
    const wanted = freshAccount();
    const failure = new Error('the store is gone');
    await expect(bench.close(wanted, { beforeFirstByte: () => Promise.reject(failure) })).rejects.toBe(failure);
    expect(bench.bank.closeRequests(wanted.id)).toBe(0);
  });
});

describe('a provider that is not there', () => {
  it('is unavailable, and nothing counts as sent', async () => {
    const gone = await openBench();
    await gone.close(freshAccount());
    await gone.bank.dispose();
    expect(short(await gone.close(freshAccount()))).toBe('notApplied PROVIDER_UNAVAILABLE');
    expect(await gone.read(freshAccount())).toMatchObject({ ok: false, code: 'PROVIDER_UNAVAILABLE' });
    await gone.dispose();
  });
});
