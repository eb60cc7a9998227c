import { randomUUID } from 'node:crypto';
import { fixtureAnswer } from '../../providers/emoney/sandbox/answers';
import { MAGIC_ACCOUNTS } from '../../providers/upvest/sandbox/magic';
import { problemReply } from '../../providers/upvest/sandbox/problems';
import type { SandboxStep } from '../../src/provider-kit/sandbox';
import { type ClosureView, startTestGateway, type TestGateway } from '../support/gateway';

/**
 * The contract's two tables over sockets: what the provider answers to each close request and each read in turn, and
 * the path the closure takes. `reset-before` is a request whose answer was lost, so what follows it meets "another
 * attempt unresolved".
 */
const HORIZON = { RECONCILE_HORIZON_MS: '3500', PROVIDER_TIMEOUT_MS: '1000' };

let gateway: TestGateway;
/** The same without reads of emoney: there the resend is the probe. */
let blind: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway(HORIZON);
  blind = await startTestGateway({ ...HORIZON, EMONEY_READS: 'off' });
});
afterAll(() => Promise.all([gateway.dispose(), blind.dispose()]));

interface Row {
  closes?: SandboxStep[];
  reads?: SandboxStep[];
  path: string;
  code?: string;
  /** Close requests in all; absent: whatever the attempts say. */
  sent?: number;
  id?: string;
}

const many = (step: SandboxStep, count = 200): SandboxStep[] => Array.from({ length: count }, () => step);
const status = (id: string, word: string): SandboxStep => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ id, status: word }),
});
const magic = (name: string): string => MAGIC_ACCOUNTS.find((account) => account.name === name)?.id ?? '';
const refused = problemReply('not_found', 'x');
const denied = problemReply('forbidden', 'x');
const conflict = problemReply('conflict', 'x');
const unauthorised = problemReply('unauthorised', 'x');
const throttled = problemReply('too_many_requests', 'x');
const down = problemReply('unavailable', 'x');

async function follow(on: TestGateway, provider: 'upvest' | 'emoney', row: Row): Promise<ClosureView> {
  const id = row.id ?? randomUUID();
  const sandbox = on.sandboxes[provider];
  sandbox.script(id, 'close', row.closes ?? []);
  sandbox.script(id, 'read', row.reads ?? []);
  const { closure } = await on.client.close({ account: { provider, id } });
  const last = row.path.split(' ').at(-1) ?? '';
  const done = await on.client.until(closure?.id ?? '', last);
  expect(done.history.map(({ to }) => to).join(' ')).toBe(row.path);
  expect(done.error?.code).toBe(row.code);
  // One close request at the provider for each attempt, and none besides.
  expect(sandbox.closeRequests(id)).toBe(done.attempts);
  if (row.sent !== undefined) expect(done.attempts).toBe(row.sent);
  expect(sandbox.effectiveCloses(id)).toBeLessThanOrEqual(1);
  return done;
}

const REVIEW = { path: 'REQUESTED UNCONFIRMED NEEDS_REVIEW', code: 'MANUAL_INTERVENTION_REQUIRED' };
const CLOSED = { path: 'REQUESTED UNCONFIRMED CLOSING CLOSED' };

describe('answers with no other attempt unresolved', () => {
  it.each<[string, Row]>([
    ['documented success', { path: 'REQUESTED CLOSING CLOSED', sent: 1 }],
    ['documented refusal', { closes: [refused], path: 'REQUESTED REJECTED', code: 'ACCOUNT_NOT_FOUND', sent: 1 }],
    ['a conflict on an account that is being closed: adopted', { id: magic('closing'), path: 'REQUESTED CLOSING', sent: 1 }],
    ['a conflict on a closed account', { id: magic('closed'), path: 'REQUESTED REJECTED', code: 'ACCOUNT_ALREADY_CLOSED', sent: 1 }],
    ['a conflict with a blocker: locked', { id: magic('locked'), path: 'REQUESTED REJECTED', code: 'CLOSURE_BLOCKED', sent: 1 }],
    ['a conflict with a blocker: not active yet', { id: magic('pending-approval'), path: 'REQUESTED REJECTED', code: 'CLOSURE_BLOCKED', sent: 1 }],
    ['a conflict that nothing explains', { closes: [conflict], path: 'REQUESTED REJECTED', code: 'ACCOUNT_STATE_CONFLICT', sent: 1 }],
    ['a conflict whose read fails a while', { closes: [conflict], reads: many(down, 3), path: 'REQUESTED REJECTED', code: 'ACCOUNT_STATE_CONFLICT', sent: 1 }],
    ['an undocumented refusal', { closes: ['teapot'], path: 'REQUESTED UNCONFIRMED REJECTED', code: 'PROVIDER_PROTOCOL_ERROR', sent: 1 }],
    ['a refused token, refreshed', { closes: [unauthorised], path: 'REQUESTED CLOSING CLOSED', sent: 2 }],
    ['a token refused twice, then mended', { closes: [unauthorised, unauthorised], path: 'REQUESTED CLOSING CLOSED', sent: 3 }],
    ['throttled, then taken', { closes: [throttled, throttled], path: 'REQUESTED CLOSING CLOSED', sent: 3 }],
    ['out of service beyond the horizon, then taken', { closes: many(down, 30), path: 'REQUESTED CLOSING CLOSED', sent: 31 }],
  ])('upvest: %s', async (_, row) => {
    await follow(gateway, 'upvest', row);
  });
});

describe('answers while another attempt is unresolved', () => {
  it.each<[string, Row]>([
    ['documented success', { closes: ['reset-before'], ...CLOSED, sent: 2 }],
    ['documented refusal: the closure stays in doubt', { closes: ['reset-before', ...many(refused)], ...REVIEW }],
    ['a permission refused', { closes: ['reset-before', ...many(denied)], ...REVIEW }],
    ['an unexplained conflict: read again, not rejected', { closes: ['reset-before', ...many(conflict)], ...REVIEW }],
    ['an undocumented refusal: never resent', { closes: ['reset-before', 'teapot'], ...REVIEW, sent: 2 }],
    ['a refused token, refreshed', { closes: ['reset-before', unauthorised], ...CLOSED, sent: 3 }],
    ['throttled', { closes: ['reset-before', throttled], ...CLOSED, sent: 3 }],
    ['out of service', { closes: ['reset-before', down], ...CLOSED, sent: 3 }],
    ['another lost answer', { closes: ['reset-before', 'reset-before'], ...CLOSED, sent: 3 }],
  ])('upvest: %s', async (_, row) => {
    await follow(gateway, 'upvest', row);
  });

  it.each<[string, Row]>([
    ['lost after it was applied, found by the probe', { closes: ['reset-after'], path: 'REQUESTED UNCONFIRMED CLOSED', sent: 2 }],
    ['lost before it was applied, done by the probe', { closes: ['reset-before'], path: 'REQUESTED UNCONFIRMED CLOSED', sent: 2 }],
    ['a refusal', { closes: ['reset-before', ...many(fixtureAnswer('404-account-not-found'))], ...REVIEW }],
    ['a conflict', { closes: ['reset-before', ...many(fixtureAnswer('409-conflict'))], ...REVIEW }],
  ])('emoney without reads: %s', async (_, row) => {
    await follow(blind, 'emoney', row);
  });

  it('"already closed" after out of service is CLOSED', async () => {
    await follow(gateway, 'emoney', {
      closes: [fixtureAnswer('503-service-error'), fixtureAnswer('422-account-already-closed')],
      path: 'REQUESTED CLOSED',
      sent: 2,
    });
  });

  it('"already closed" after nothing is ACCOUNT_ALREADY_CLOSED', async () => {
    await follow(gateway, 'emoney', { closes: [fixtureAnswer('422-account-already-closed')], path: 'REQUESTED REJECTED', code: 'ACCOUNT_ALREADY_CLOSED', sent: 1 });
  });
});

describe('reads', () => {
  it('closed, of a closure in doubt', async () => {
    await follow(gateway, 'emoney', { closes: ['reset-after'], path: 'REQUESTED UNCONFIRMED CLOSED', sent: 1 });
  });

  it('closing, of a closure in doubt', async () => {
    const id = randomUUID();
    await follow(gateway, 'upvest', { id, closes: ['reset-after'], reads: [status(id, 'CLOSING')], ...CLOSED, sent: 1 });
  });

  it('open until the horizon, then a person; late evidence settles it', async () => {
    const id = randomUUID();
    const review = await follow(gateway, 'upvest', { id, closes: many('reset-before'), ...REVIEW });
    expect(review.attempts).toBeGreaterThan(1);
    gateway.sandboxes.upvest.script(id, 'read', many(status(id, 'CLOSED'), 3));
    let settled = await gateway.client.status(review.id);
    while (settled?.status === 'NEEDS_REVIEW') settled = await gateway.client.status(review.id);
    expect(settled).toMatchObject({ status: 'CLOSED', attempts: review.attempts });
  });

  it.each([
    ['404', refused],
    ['401', unauthorised],
    ['403', denied],
    ['429', throttled],
    ['503', down],
    ['a reset', 'reset-before'],
    ['HTML', 'html-200'],
  ] as [string, SandboxStep][])('%s of a closure in doubt decides nothing: never resent', async (_, step) => {
    await follow(gateway, 'upvest', { closes: ['reset-before'], reads: many(step), ...REVIEW, sent: 1 });
  });

  it('an unknown word of a closure in doubt decides nothing, and is kept raw', async () => {
    const id = randomUUID();
    const review = await follow(gateway, 'upvest', { id, closes: ['reset-before'], reads: many(status(id, 'FROZEN')), ...REVIEW, sent: 1 });
    expect(review.providerStatus).toBe('FROZEN');
  });

  it('open again after closing was seen: FAILED', async () => {
    const id = randomUUID();
    const reads = [status(id, 'CLOSING'), ...many(status(id, 'ACTIVE'))];
    await follow(gateway, 'upvest', { id, reads, path: 'REQUESTED CLOSING FAILED', code: 'ACCOUNT_STATE_CONFLICT', sent: 1 });
  });

  it('accepted and never seen closing by the horizon: a person', async () => {
    const id = randomUUID();
    await follow(gateway, 'upvest', { id, reads: many(status(id, 'ACTIVE')), path: 'REQUESTED CLOSING NEEDS_REVIEW', code: 'MANUAL_INTERVENTION_REQUIRED', sent: 1 });
  });

  it.each([
    ['401', unauthorised],
    ['403', denied],
    ['429', throttled],
    ['503', down],
    ['a time-out', 'hang-before'],
  ] as [string, SandboxStep][])('%s of a closing account changes nothing', async (_, step) => {
    await follow(gateway, 'upvest', { reads: many(step, 4), path: 'REQUESTED CLOSING CLOSED', sent: 1 });
  });

  it('an answer about another account is no evidence', async () => {
    await follow(gateway, 'upvest', { closes: ['reset-before'], reads: many(status(randomUUID(), 'CLOSED')), ...REVIEW, sent: 1 });
  });
});
