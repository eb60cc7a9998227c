import type { ClosureStatus } from '../../src/domain/closure-status';
import type { ClosureErrorCode } from '../../src/domain/error-code';
import type { CloseOutcome } from '../../src/domain/outcome';
import { CALLER, type EngineHarness, startEngine } from '../support/engine';
import { ScriptedProvider, seen } from '../support/scripted-provider';

const LOST: CloseOutcome = { kind: 'unknown', detail: 'The connection broke.' };
const REFUSED: CloseOutcome = { kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: 'The provider knows no such account.' };
const BUSY: CloseOutcome = { kind: 'unavailable' };
const THROTTLED: CloseOutcome = { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'The provider asked to slow down.' };

let harness: EngineHarness;
let bank: ScriptedProvider;

async function start(capabilities: ConstructorParameters<typeof ScriptedProvider>[0] = {}) {
  bank = new ScriptedProvider(capabilities);
  harness = await startEngine([bank.configured()]);
}

afterEach(() => harness.dispose());

async function closed(): Promise<string> {
  const { closure } = await harness.close();
  if (!closure) throw new Error('Nothing was recorded.');
  return closure.id;
}

describe('the first answer, with no other request in doubt', () => {
  const rows: [string, CloseOutcome, ClosureStatus, ClosureErrorCode | null][] = [
    ['accepted', { kind: 'accepted', providerStatus: 'closing' }, 'CLOSING', null],
    ['closed', { kind: 'closed' }, 'CLOSED', null],
    ['scheduled', { kind: 'scheduled', effectiveAt: 4_102_444_800_000 }, 'SCHEDULED', null],
    ['actionRequired', { kind: 'actionRequired', action: { type: 'CONSENT', url: 'https://bank.example/consent' } }, 'ACTION_REQUIRED', null],
    ['rejected', REFUSED, 'REJECTED', 'ACCOUNT_NOT_FOUND'],
    ['alreadyClosed', { kind: 'alreadyClosed' }, 'REJECTED', 'ACCOUNT_ALREADY_CLOSED'],
    ['conflict on an open account', { kind: 'conflict', documented: true }, 'REJECTED', 'ACCOUNT_STATE_CONFLICT'],
    ['an undocumented refusal on an open account', { kind: 'conflict', documented: false }, 'REJECTED', 'PROVIDER_PROTOCOL_ERROR'],
    ['notApplied', { ...THROTTLED, retryAfterMs: 60_000 }, 'REQUESTED', 'PROVIDER_RATE_LIMITED'],
    ['unavailable', { ...BUSY, retryAfterMs: 60_000 }, 'REQUESTED', 'PROVIDER_UNAVAILABLE'],
    ['unknown', LOST, 'UNCONFIRMED', 'OUTCOME_UNKNOWN'],
  ];

  it.each(rows)('%s', async (_, outcome, status, code) => {
    await start({ visibilityLagMs: 60_000 });
    bank.answers = [outcome];
    const result = await harness.close();
    expect(result.closure).toMatchObject({ status, attempts: 1 });
    expect(result.closure?.error?.code ?? null).toBe(code);
    expect(result.error?.code ?? null).toBe(status === 'REJECTED' ? code : null);
    expect(bank.sent).toHaveLength(1);
  });

  it('announced ends an announcement', async () => {
    await start();
    bank.answers = [{ kind: 'announced' }];
    expect((await harness.close({ announceOnly: true })).closure).toMatchObject({ status: 'ANNOUNCED' });
  });
});

describe('a conflict is explained by a read', () => {
  it.each([
    ['closing', seen('CLOSING'), 'CLOSING', null],
    ['closed', seen('CLOSED'), 'REJECTED', 'ACCOUNT_ALREADY_CLOSED'],
  ] as const)('%s', async (_, read, status, code) => {
    await start();
    bank.answers = [{ kind: 'conflict', documented: true }];
    bank.states = [read];
    const { closure } = await harness.close();
    expect(closure).toMatchObject({ status });
    expect(closure?.error?.code ?? null).toBe(code);
  });

  it('a blocker of stage REQUEST is named', async () => {
    await start();
    bank.answers = [{ kind: 'conflict', documented: true, requestId: 'req-1', providerErrors: [{ code: 'CONFLICT' }] }];
    const blocker = { code: 'OUTSTANDING_WITHDRAWALS', message: 'x', stage: 'REQUEST', resolvableBy: 'TIME', selfResolving: true, relatedIds: ['w1'] } as const;
    bank.states = [seen('OPEN', { blockers: [{ ...blocker, relatedIds: ['w1'] }] })];
    const { error } = await harness.close();
    expect(error).toMatchObject({ code: 'CLOSURE_BLOCKED', blockers: [{ code: 'OUTSTANDING_WITHDRAWALS' }], providerErrors: [{ code: 'CONFLICT' }], providerRequestId: 'req-1' });
  });

  it('a blocker explains it beside a word that nobody knows, too', async () => {
    await start();
    bank.answers = [{ kind: 'conflict', documented: true }];
    const blocker = { code: 'POSITIVE_BALANCE', message: 'x', stage: 'REQUEST', resolvableBy: 'HOLDER', selfResolving: false } as const;
    bank.states = [seen('UNKNOWN', { blockers: [{ ...blocker, relatedIds: [] }] })];
    expect((await harness.close()).error).toMatchObject({ code: 'CLOSURE_BLOCKED', blockers: [{ code: 'POSITIVE_BALANCE' }] });
  });

  it('a closing begun by someone else is adopted, and the history says so', async () => {
    await start();
    bank.answers = [{ kind: 'conflict', documented: true }];
    bank.states = [seen('CLOSING')];
    const id = await closed();
    expect((await harness.history(id)).at(-1)).toMatchObject({ from: 'REQUESTED', to: 'CLOSING', cause: 'POLL', detail: expect.stringContaining('adopted') });
  });

  it('is never resent before the read succeeded', async () => {
    await start();
    const failed = { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'x' } as const;
    bank.answers = [{ kind: 'conflict', documented: true }];
    bank.states = [failed, failed, failed, failed, seen('OPEN')];
    const id = await closed();
    await harness.until(id, 'REJECTED');
    expect(bank.sent).toHaveLength(1);
    expect(bank.reads).toBeGreaterThan(0);
  });

  it('an undocumented refusal whose account reads closed is CLOSED', async () => {
    await start();
    bank.answers = [{ kind: 'conflict', documented: false }];
    bank.states = [seen('CLOSED')];
    expect((await harness.close()).closure).toMatchObject({ status: 'CLOSED', error: null });
  });

  it('a provider that cannot be read leaves the refusal unexplained', async () => {
    await start({ outcomeSources: ['RESPONSE'] });
    bank.answers = [{ kind: 'conflict', documented: true }];
    expect((await harness.close()).error).toMatchObject({ code: 'ACCOUNT_STATE_CONFLICT' });
  });
});

describe('an answer while an earlier request is in doubt', () => {
  const rows: [string, CloseOutcome, string][] = [
    ['accepted', { kind: 'accepted' }, 'CLOSING'],
    ['closed', { kind: 'closed' }, 'CLOSED'],
    ['alreadyClosed', { kind: 'alreadyClosed' }, 'CLOSED'],
  ];
  it.each(rows)('%s settles the closure', async (_, outcome, status) => {
    await start();
    bank.answers = [LOST, outcome];
    const id = await closed();
    await harness.until(id, status as ClosureStatus);
    expect(bank.sent).toHaveLength(2);
    expect(await harness.path(id)).toBe(`REQUESTED UNCONFIRMED ${status}`);
  });

  it.each([
    ['a refusal', REFUSED],
    ['an unexplained conflict', { kind: 'conflict', documented: true } as CloseOutcome],
    ['a throttled request', THROTTLED],
    ['out of service', BUSY],
  ])('%s resolves only its own attempt; the closure stays UNCONFIRMED until the horizon', async (_, outcome) => {
    await start();
    bank.answers = [LOST, outcome];
    const id = await closed();
    await harness.until(id, 'NEEDS_REVIEW');
    expect(await harness.path(id)).toBe('REQUESTED UNCONFIRMED NEEDS_REVIEW');
    const attempts = await harness.store.attempts(id);
    expect(attempts[0]?.effect).toBe('UNKNOWN');
    expect(attempts).toHaveLength(bank.sent.length);
    expect(bank.sent.length).toBeGreaterThan(1);
  });

  it('an undocumented refusal is never resent', async () => {
    await start();
    bank.answers = [LOST, { kind: 'conflict', documented: false }];
    const id = await closed();
    await harness.until(id, 'NEEDS_REVIEW');
    expect(bank.sent).toHaveLength(2);
  });
});

describe('out of service proves nothing', () => {
  it('is tried again for as long as it takes, and fails nothing', async () => {
    await start();
    bank.answers = [BUSY, BUSY, BUSY, BUSY, { kind: 'closed' }];
    const id = await closed();
    await harness.until(id, 'CLOSED');
    expect(await harness.path(id)).toBe('REQUESTED CLOSED');
    expect(bank.sent).toHaveLength(5);
  });

  it('a later "already closed" is CLOSED', async () => {
    await start();
    bank.answers = [BUSY, { kind: 'alreadyClosed' }];
    const id = await closed();
    expect(await harness.until(id, 'CLOSED', 'REJECTED')).toMatchObject({ status: 'CLOSED' });
  });

  it('a later refusal is weighed once a read proves the earlier request without effect', async () => {
    await start();
    bank.answers = [BUSY, REFUSED];
    const id = await closed();
    await harness.until(id, 'REJECTED');
    expect(await harness.path(id)).toBe('REQUESTED UNCONFIRMED REQUESTED REJECTED');
    expect((await harness.store.attempts(id)).map(({ effect }) => effect)).toEqual(['NOT_APPLIED', 'REFUSED', 'REFUSED']);
  });
});

describe('an outage longer than the horizon', () => {
  const HORIZON = 600;

  async function outage(): Promise<string> {
    bank = new ScriptedProvider();
    harness = await startEngine([bank.configured()], { reconcileHorizonMs: HORIZON });
    bank.answers = [BUSY];
    const id = await closed();
    await new Promise((resolve) => setTimeout(resolve, 2 * HORIZON));
    return id;
  }

  it('that ends in an acceptance needs nobody: the account may show it late', async () => {
    const id = await outage();
    bank.answers = [{ kind: 'accepted' }];
    bank.states = [seen('OPEN'), seen('OPEN'), seen('CLOSING'), seen('CLOSED')];
    await harness.until(id, 'CLOSED', 'NEEDS_REVIEW');
    expect(await harness.path(id)).toBe('REQUESTED CLOSING CLOSED');
  });

  it.each([
    ['a refusal', REFUSED, 'ACCOUNT_NOT_FOUND'],
    ['a conflict', { kind: 'conflict', documented: true } as CloseOutcome, 'ACCOUNT_STATE_CONFLICT'],
  ])('that ends in %s is weighed by a read, and needs nobody', async (_, outcome, code) => {
    const id = await outage();
    bank.answers = [outcome];
    await harness.until(id, 'REJECTED', 'NEEDS_REVIEW');
    expect(await harness.stored(id)).toMatchObject({ status: 'REJECTED', error: { code } });
  });
});

describe('a refused announcement', () => {
  it('whose earlier answer was lost is tried again on the schedule, not in a burst, and never read', async () => {
    bank = new ScriptedProvider();
    harness = await startEngine([bank.configured()], { retryMinMs: 60_000, retryMaxMs: 60_000 });
    bank.answers = [LOST, { kind: 'conflict', documented: true }];
    const { closure } = await harness.close({ announceOnly: true });
    const id = closure?.id ?? '';
    await harness.store.commit({ id, guard: { version: closure?.version ?? 0 }, set: { dueAt: Date.now() }, visible: false, lease: 'release' });
    while ((await harness.stored(id)).error?.code !== 'ACCOUNT_STATE_CONFLICT') await new Promise((resolve) => setTimeout(resolve, 5));
    await harness.engine.drain();
    expect({ sent: bank.sent.length, reads: bank.reads }).toEqual({ sent: 2, reads: 0 });
    expect(await harness.stored(id)).toMatchObject({ status: 'UNCONFIRMED' });
  });

  it('in an undocumented way is REJECTED without a read', async () => {
    await start();
    bank.answers = [{ kind: 'conflict', documented: false }];
    expect((await harness.close({ announceOnly: true })).closure).toMatchObject({ status: 'REJECTED', error: { code: 'PROVIDER_PROTOCOL_ERROR' } });
    expect(bank.reads).toBe(0);
  });
});

describe('a refused token', () => {
  it('is refreshed once, and the resend is an attempt of its own', async () => {
    await start();
    bank.answers = [{ kind: 'authFailed' }, { kind: 'accepted' }];
    const { closure } = await harness.close();
    expect(closure).toMatchObject({ status: 'CLOSING', attempts: 2 });
    expect(bank.sent.map(({ freshToken }) => freshToken)).toEqual([false, true]);
  });

  it('refused twice is the incident of the gateway: it waits, and goes on when the credentials are mended', async () => {
    await start();
    bank.answers = [{ kind: 'authFailed' }, { kind: 'authFailed' }, { kind: 'accepted' }];
    const { closure, error } = await harness.close();
    expect(error).toBeNull();
    expect(closure).toMatchObject({ status: 'REQUESTED', error: { code: 'PROVIDER_AUTHENTICATION_FAILED' } });
    await harness.until(closure?.id ?? '', 'CLOSING');
    expect(bank.sent).toHaveLength(3);
  });

  it('a token that cannot be had is no attempt', async () => {
    await start();
    bank.tokenTrouble = { kind: 'notApplied', code: 'PROVIDER_AUTHENTICATION_FAILED', message: 'No token.' };
    const { closure } = await harness.close();
    expect(closure).toMatchObject({ status: 'REQUESTED', attempts: 0, error: { code: 'PROVIDER_AUTHENTICATION_FAILED' } });
    bank.tokenTrouble = null;
    expect(await harness.until(closure?.id ?? '', 'CLOSING')).toMatchObject({ attempts: 1 });
  });
});

describe('Retry-After', () => {
  it('is stored as the next check and shown to the caller', async () => {
    await start();
    bank.answers = [{ ...THROTTLED, retryAfterMs: 3_600_000 }];
    const { closure } = await harness.close();
    const wait = (closure?.dueAt ?? 0) - (closure?.updatedAt ?? 0);
    expect(wait).toBeGreaterThanOrEqual(3_600_000);
    expect(wait).toBeLessThanOrEqual(3_960_000);
    expect(closure?.error?.retryAfterSeconds).toBeLessThanOrEqual(Math.ceil(wait / 1000));
  });

  it('is not cut short by a refresh, nor a due try put off by one', async () => {
    await start();
    bank.answers = [{ ...THROTTLED, retryAfterMs: 3_600_000 }];
    const { closure } = await harness.close();
    for (let look = 0; look < 5; look += 1) await harness.engine.service.refreshClosure(CALLER, closure?.id ?? '');
    expect(await harness.stored(closure?.id ?? '')).toMatchObject({ dueAt: closure?.dueAt, status: 'REQUESTED' });
    expect(bank.sent).toHaveLength(1);
    expect(bank.reads).toBeGreaterThan(0);
  });
});

describe('a mark that the store does not take', () => {
  it.each([
    ['that is there after all', true, 2],
    ['that is not there', false, 1],
  ])('%s: it is no bug of the adapter, nothing is sent, and the closing goes on', async (_, isMade, attempts) => {
    await start();
    const { store } = harness;
    const commit = store.commit.bind(store);
    let isAway = true;
    store.commit = async (change) => {
      if (!change.mark || !isAway) return commit(change);
      isAway = false;
      if (isMade) await commit(change);
      throw new Error('Connection terminated unexpectedly');
    };
    const { closure } = await harness.close();
    expect(bank.sent).toHaveLength(0);
    const error = { message: 'Connection terminated unexpectedly' };
    expect(harness.alarms).toMatchObject([{ what: 'a request could not be marked, and was not sent', error }]);
    expect(await harness.until(closure?.id ?? '', 'CLOSING')).toMatchObject({ attempts });
    expect(bank.sent).toHaveLength(1);
  });
});
