import { randomUUID } from 'node:crypto';
import { FIXTURES } from '../../providers/emoney/sandbox/answers';
import { DOCUMENTED_ANSWERS, VARIANT_ANSWERS } from '../../providers/emoney/sandbox/answers';
import { MAGIC_PROBLEMS } from '../../providers/upvest/sandbox/magic';
import { type FaultName, faultId } from '../../src/provider-kit/sandbox-faults';
import { type ClosureView, type ErrorView, startTestGateway, type TestGateway } from '../support/gateway';

/** Long intervals: what is seen is what the first answer made of the closure. */
const SLOW = { PROVIDER_TIMEOUT_MS: '700', RETRY_MIN_MS: '600000', RETRY_MAX_MS: '600000', VISIBILITY_LAG_MS: '600000', RECONCILE_HORIZON_MS: '86400000', POLL_MIN_MS: '600000', POLL_MAX_MS: '600000' };

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway(SLOW, { upvest: { closingMs: 600_000 } });
});
afterAll(() => gateway.dispose());
// An answer in between, so that fault after fault is not taken for an outage.
beforeEach(async () => {
  await Promise.all(['upvest', 'emoney'].map((provider) => gateway.client.close({ account: { provider, id: randomUUID() } })));
});

type Expected = [status: string, code: string | null, retry: string | null, attempts: number];

const REJECTED = (code: string, retry: string): Expected => ['REJECTED', code, retry, 1];
const BAD_REQUEST = REJECTED('PROVIDER_REJECTED_REQUEST', 'AFTER_CHANGE');
const DENIED = REJECTED('PROVIDER_PERMISSION_DENIED', 'AFTER_CHANGE');
const NOT_FOUND = REJECTED('ACCOUNT_NOT_FOUND', 'AFTER_CHANGE');
const CONFLICT = REJECTED('ACCOUNT_STATE_CONFLICT', 'READ_FIRST');
const UNDOCUMENTED = REJECTED('PROVIDER_PROTOCOL_ERROR', 'READ_FIRST');
const ALREADY_CLOSED = REJECTED('ACCOUNT_ALREADY_CLOSED', 'NEVER');
const IN_DOUBT: Expected = ['UNCONFIRMED', 'OUTCOME_UNKNOWN', 'READ_FIRST', 1];
const OUR_TOKEN: Expected = ['REQUESTED', 'PROVIDER_AUTHENTICATION_FAILED', 'SAFE_NOW', 2];
const THROTTLED: Expected = ['REQUESTED', 'PROVIDER_RATE_LIMITED', 'SAFE_NOW', 1];
const DOWN: Expected = ['REQUESTED', 'PROVIDER_UNAVAILABLE', 'SAFE_NOW', 1];
const CLOSED: Expected = ['CLOSED', null, null, 1];
const CLOSING: Expected = ['CLOSING', null, null, 1];

async function close(provider: string, id: string, kind = 'ACCOUNT'): Promise<{ closure: ClosureView; error: ErrorView | null }> {
  const { closure, error } = await gateway.client.close({ account: { provider, kind, id } });
  if (!closure) throw new Error(`Nothing was recorded: ${JSON.stringify(error)}`);
  return { closure, error };
}

function expectResult({ closure, error }: { closure: ClosureView; error: ErrorView | null }, [status, code, retry, attempts]: Expected): void {
  expect({ status: closure.status, code: closure.error?.code ?? null, retry: closure.error?.retry ?? null, attempts: closure.attempts }).toEqual({
    status,
    code,
    retry,
    attempts,
  });
  // The payload's error is there exactly when the closure was refused.
  expect(error).toEqual(status === 'REJECTED' ? closure.error : null);
}

describe('the documented answers of emoney', () => {
  const expected: Record<string, Expected> = {
    '400-invalid-schema': BAD_REQUEST,
    '401-unauthorized': OUR_TOKEN,
    '403-legal-entity-not-enabled': DENIED,
    '403-operation-not-allowed': DENIED,
    '403-invalid-auth-token': OUR_TOKEN,
    '403-forbidden': DENIED,
    '404-not-found': BAD_REQUEST,
    '404-account-not-found': NOT_FOUND,
    '404-real-account-virtual-structure-not-exist': NOT_FOUND,
    '405-method-not-allowed': BAD_REQUEST,
    '406-not-acceptable': BAD_REQUEST,
    '409-conflict': CONFLICT,
    '413-payload-too-large': BAD_REQUEST,
    '414-request-uri-too-long': BAD_REQUEST,
    '415-unsupported-media-type': BAD_REQUEST,
    '422-account-already-closed': ALREADY_CLOSED,
    '429-too-many-requests': THROTTLED,
    '500-internal-server-error': IN_DOUBT,
    '503-service-error': DOWN,
    '504-gateway-timeout': IN_DOUBT,
    'default-internal-server-error': IN_DOUBT,
  };

  it('are all in the table', () => {
    expect(DOCUMENTED_ANSWERS.map(({ name }) => name).toSorted()).toEqual(Object.keys(expected).toSorted());
    expect(FIXTURES).toHaveLength(Object.keys(expected).length + 1);
  });

  it.each(DOCUMENTED_ANSWERS.map(({ name, accountId, answer }) => [name, accountId, answer] as const))('%s', async (name, accountId, answer) => {
    const result = await close('emoney', accountId);
    expectResult(result, expected[name] as Expected);
    const [documented] = (JSON.parse(String(answer.body)) as { errors: { code: string; level: string }[] }).errors;
    expect(result.closure.error?.providerErrors).toEqual([
      { code: documented?.code, message: expect.any(String), level: documented?.level, type: null, httpStatus: answer.status },
    ]);
    expect(gateway.sandboxes.emoney.closeRequests(accountId)).toBe(result.closure.attempts);
  });
});

describe('the documented statuses of upvest', () => {
  const expected: Record<string, Expected> = {
    invalid_request: BAD_REQUEST,
    unauthorised: OUR_TOKEN,
    forbidden: DENIED,
    not_found: NOT_FOUND,
    not_acceptable: BAD_REQUEST,
    conflict: CONFLICT,
    too_many_requests: THROTTLED,
    internal: IN_DOUBT,
    unavailable: DOWN,
    gateway_timeout: IN_DOUBT,
  };
  const always = MAGIC_PROBLEMS.filter(({ name }) => !name.endsWith('-once'));

  it('are all in the table', () => {
    expect(always.map(({ name }) => name).toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  it.each(always.flatMap(({ name, id }) => (['ACCOUNT', 'ACCOUNT_GROUP'] as const).map((kind) => [name, kind, id] as const)))(
    '%s for %s',
    async (name, kind, id) => {
      const result = await close('upvest', id, kind);
      expectResult(result, expected[name] as Expected);
      expect(result.closure.error?.providerErrors).toEqual([
        expect.objectContaining({ type: `https://docs.upvest.co/errors/${name}`, code: null, httpStatus: expect.any(Number) }),
      ]);
      // The id of the request, as the provider's support would ask for it.
      expect(result.closure.error?.providerRequestId).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe('answers within the documented form that nobody promised', () => {
  const expected: Record<string, Expected> = {
    '400-no-errors': BAD_REQUEST,
    '400-unknown-code': BAD_REQUEST,
    '401-no-body': OUR_TOKEN,
    '403-no-errors': DENIED,
    '404-no-errors': NOT_FOUND,
    '404-no-body': CONFLICT,
    '404-other-json': CONFLICT,
    '409-no-errors': CONFLICT,
    '422-no-errors': CONFLICT,
    '422-unknown-code': CONFLICT,
    '422-two-codes': ALREADY_CLOSED,
    '429-no-body': THROTTLED,
    '500-no-errors': IN_DOUBT,
    '503-no-body': DOWN,
  };
  it('are all in the table', () => {
    expect(VARIANT_ANSWERS.map(({ name }) => name).toSorted()).toEqual(Object.keys(expected).toSorted());
  });
  it.each(VARIANT_ANSWERS.map(({ name, accountId }) => [name, accountId] as const))('%s', async (name, accountId) => {
    expectResult(await close('emoney', accountId), expected[name] as Expected);
  });
});

describe('what a network does to an answer', () => {
  const both: [FaultName, Expected][] = [
    ['reset-before', IN_DOUBT],
    ['hang-before', IN_DOUBT],
    ['html-200', IN_DOUBT],
    ['html-403', IN_DOUBT],
    ['html-404', IN_DOUBT],
    ['html-502', IN_DOUBT],
    ['truncated', IN_DOUBT],
    ['invalid-json', IN_DOUBT],
    ['wrong-media-type', IN_DOUBT],
    ['empty', IN_DOUBT],
    ['gzip-bomb', IN_DOUBT],
    ['slow-drip', IN_DOUBT],
    ['redirect-301', IN_DOUBT],
    ['redirect-302', IN_DOUBT],
    ['redirect-303', IN_DOUBT],
    ['redirect-307', IN_DOUBT],
    ['redirect-308', IN_DOUBT],
    ['bare-200', IN_DOUBT],
    ['teapot', UNDOCUMENTED],
    ['throttled-seconds', THROTTLED],
    ['throttled-date', THROTTLED],
    ['throttled-nonsense', THROTTLED],
    ['down-seconds', DOWN],
    ['down-date', DOWN],
    ['down-nonsense', DOWN],
  ];
  const rows: [string, FaultName, Expected][] = [
    ...both.flatMap(([fault, expected]): [string, FaultName, Expected][] => [
      ['upvest', fault, expected],
      ['emoney', fault, expected],
    ]),
    // Carried out, and the answer lost: the first read finds it.
    ['upvest', 'reset-after', CLOSING],
    ['emoney', 'reset-after', CLOSED],
    ['upvest', 'hang-after', CLOSING],
    ['emoney', 'hang-after', CLOSED],
    ['upvest', 'applied-500', CLOSING],
    ['emoney', 'applied-500', CLOSED],
    // Each one's documented success is the other's unexpected 2xx.
    ['upvest', 'bare-204', IN_DOUBT],
    ['emoney', 'bare-202', IN_DOUBT],
  ];

  it.each(rows)('%s: %s', async (provider, fault, expected) => {
    const sandbox = provider === 'upvest' ? gateway.sandboxes.upvest : gateway.sandboxes.emoney;
    const result = await close(provider, faultId(fault));
    expectResult(result, expected);
    expect(sandbox.closeRequests(faultId(fault))).toBe(1);
    expect(sandbox.strayRequests()).toBe(0);
  });
});
