import type { CloseOutcome } from '../../src/domain/outcome';
import { CALLER, type EngineHarness, startEngine } from '../support/engine';
import { ScriptedProvider, seen } from '../support/scripted-provider';

const LOST: CloseOutcome = { kind: 'unknown', detail: 'The connection broke.' };
const DOWN = { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'The provider cannot be reached.' } as const;

let harness: EngineHarness;
let bank: ScriptedProvider;

async function start(
  capabilities: ConstructorParameters<typeof ScriptedProvider>[0] = {},
  settings: Parameters<typeof startEngine>[1] = {},
) {
  bank = new ScriptedProvider(capabilities);
  harness = await startEngine([bank.configured()], settings);
}

afterEach(() => harness.dispose());

async function close(input: Parameters<EngineHarness['close']>[0] = {}): Promise<string> {
  const { closure } = await harness.close(input);
  if (!closure) throw new Error('Nothing was recorded.');
  return closure.id;
}

describe('reads of an UNCONFIRMED closure', () => {
  it('closed settles it at once', async () => {
    await start();
    bank.answers = [LOST];
    bank.states = [seen('CLOSED')];
    const id = await close();
    expect(await harness.path(id)).toBe('REQUESTED UNCONFIRMED CLOSED');
    expect(bank.sent).toHaveLength(1);
  });

  it('closing settles it at once', async () => {
    await start();
    bank.answers = [LOST];
    bank.states = [seen('CLOSING')];
    const id = await close();
    expect(await harness.path(id)).toBe('REQUESTED UNCONFIRMED CLOSING');
  });

  it('open proves nothing until the deadline and the lag have passed, and only then another request leaves', async () => {
    await start();
    bank.answers = [LOST, { kind: 'accepted' }];
    const id = await close();
    await harness.until(id, 'CLOSING');
    const [first, second] = await harness.store.attempts(id);
    const waited = (second?.markedAt ?? 0) - (first?.markedAt ?? 0);
    expect(waited).toBeGreaterThanOrEqual(60 + bank.capabilities.visibilityLagMs);
  });

  it('a slow read shows the account as it was when the read began', async () => {
    await start({ visibilityLagMs: 100 });
    bank.answers = [LOST, { kind: 'accepted' }];
    bank.states = [() => new Promise((resolve) => setTimeout(() => resolve(seen('OPEN')), 250)), seen('OPEN')];
    const id = await close();
    await harness.until(id, 'CLOSING');
    expect(bank.reads).toBeGreaterThan(1);
  });

  it('open at the horizon ends resending, and NEEDS_REVIEW is still read: late evidence settles it', async () => {
    await start();
    bank.answers = [LOST];
    const id = await close();
    const review = await harness.until(id, 'NEEDS_REVIEW');
    expect(review.error).toMatchObject({ code: 'MANUAL_INTERVENTION_REQUIRED' });
    const { sent } = bank;
    const before = sent.length;
    bank.states = [seen('CLOSED')];
    await harness.until(id, 'CLOSED');
    expect(sent).toHaveLength(before);
  });

  it.each([
    ['404', seen('NOT_FOUND')],
    ['a read that fails', DOWN],
    ['an unknown word', seen('UNKNOWN', { providerStatus: 'Frozen' })],
  ])('%s decides nothing: never resent, a person at the horizon', async (_, read) => {
    await start();
    bank.answers = [LOST];
    bank.states = [read];
    const id = await close();
    await harness.until(id, 'NEEDS_REVIEW');
    expect(bank.sent).toHaveLength(1);
    expect(bank.reads).toBeGreaterThan(3);
  });

  it('an unknown word is kept raw', async () => {
    await start();
    bank.answers = [LOST];
    bank.states = [seen('UNKNOWN', { providerStatus: 'Frozen' })];
    expect(await harness.stored(await close())).toMatchObject({ status: 'UNCONFIRMED', providerStatus: 'Frozen' });
  });

  it.each([
    ['cannot be read', ['RESPONSE'], seen('OPEN')],
    ['uses an unknown word', ['RESPONSE', 'POLL'], seen('UNKNOWN')],
  ] as const)('the resend is the probe where the provider %s and tells a second close from a first', async (_, outcomeSources, read) => {
    await start({ alreadyClosedDistinct: true, outcomeSources });
    bank.states = [read];
    bank.answers = [LOST, { kind: 'alreadyClosed' }];
    const id = await close();
    await harness.until(id, 'CLOSED');
    expect(bank.sent).toHaveLength(2);
  });

  it('without reads and without a distinct second answer nothing is resent', async () => {
    await start({ outcomeSources: ['RESPONSE'] });
    bank.answers = [LOST];
    const id = await close();
    await harness.until(id, 'NEEDS_REVIEW');
    expect(bank.sent).toHaveLength(1);
  });

  it('an announcement is resent and never read', async () => {
    await start();
    bank.answers = [LOST, LOST, { kind: 'announced' }];
    const id = await close({ announceOnly: true });
    await harness.until(id, 'ANNOUNCED');
    expect({ sent: bank.sent.length, reads: bank.reads }).toEqual({ sent: 3, reads: 0 });
  });
});

describe('reads of a REQUESTED closure', () => {
  it('closed without any request of ours counts as closed before', async () => {
    await start();
    bank.answers = [{ kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: 'x', retryAfterMs: 60_000 }];
    bank.states = [seen('CLOSED')];
    const id = await close();
    const { closure } = await harness.engine.service.refreshClosure(CALLER, id);
    expect(closure).toMatchObject({ status: 'REJECTED', error: { code: 'ACCOUNT_ALREADY_CLOSED' } });
  });

  it('closing is adopted', async () => {
    await start();
    bank.answers = [{ kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: 'x', retryAfterMs: 60_000 }];
    bank.states = [seen('CLOSING')];
    const { closure } = await harness.engine.service.refreshClosure(CALLER, await close());
    expect(closure).toMatchObject({ status: 'CLOSING' });
  });
});

describe('reads of a CLOSING closure', () => {
  it('closing, then closed', async () => {
    await start();
    bank.states = [seen('CLOSING'), seen('CLOSING'), seen('CLOSED')];
    const id = await close();
    const done = await harness.until(id, 'CLOSED');
    expect(done).toMatchObject({ closedAt: expect.any(Number), dueAt: null, error: null });
    expect((await harness.history(id)).map(({ to, cause }) => `${to} by ${cause}`)).toEqual([
      'REQUESTED by REQUEST',
      'CLOSING by RESPONSE',
      'CLOSED by POLL',
    ]);
  });

  it('an unchanged poll writes no event and no new version', async () => {
    await start();
    bank.states = [seen('CLOSING')];
    const id = await close();
    while (bank.reads < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const { version } = await harness.stored(id);
    const reads = bank.reads;
    while (bank.reads < reads + 4) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await harness.stored(id)).version).toBe(version);
    expect(await harness.history(id)).toHaveLength(2);
  });

  it('two open reads further apart than the lag, after closing was seen, are FAILED', async () => {
    await start();
    bank.states = [seen('CLOSING'), seen('OPEN')];
    const id = await close();
    const failed = await harness.until(id, 'FAILED');
    expect(failed.error).toMatchObject({ code: 'ACCOUNT_STATE_CONFLICT' });
    expect(failed.statusSince - (failed.openSeenAt ?? 0)).toBeGreaterThan(bank.capabilities.visibilityLagMs);
  });

  it('one open read between two closing ones fails nothing', async () => {
    await start({ visibilityLagMs: 20 });
    bank.states = [seen('CLOSING'), seen('CLOSING'), seen('CLOSING'), seen('OPEN'), seen('CLOSING'), seen('OPEN'), seen('CLOSED')];
    const id = await close();
    await harness.until(id, 'CLOSED', 'FAILED');
    expect(await harness.path(id)).toBe('REQUESTED CLOSING CLOSED');
  });

  it('never seen closing and still open at the horizon needs a person', async () => {
    await start();
    const id = await close();
    await harness.until(id, 'NEEDS_REVIEW', 'FAILED');
    const reads = bank.reads;
    while (bank.reads < reads + 4) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await harness.path(id)).toBe('REQUESTED CLOSING NEEDS_REVIEW');
  });

  it('a person may have an accepted request that never showed sent again', async () => {
    await start();
    const id = await close();
    const { version } = await harness.until(id, 'NEEDS_REVIEW');
    const sent = bank.sent.length;
    bank.states = [seen('OPEN'), seen('CLOSING'), seen('CLOSED')];
    await harness.engine.service.resolveClosure(CALLER, { closureId: id, outcome: 'RETRY', note: 'Send it again.', expectedVersion: version });
    await harness.until(id, 'CLOSED');
    expect(bank.sent).toHaveLength(sent + 1);
    expect((await harness.store.attempts(id)).map(({ effect }) => effect)).toEqual(['SET_ASIDE', 'ACCEPTED']);
  });

  it('404 decides nothing before the horizon', async () => {
    await start();
    bank.states = [seen('CLOSING'), seen('NOT_FOUND')];
    const id = await close();
    await harness.until(id, 'NEEDS_REVIEW');
    bank.states = [seen('CLOSED')];
    await harness.until(id, 'CLOSED');
  });

  it('reads that fail and unknown words change nothing, however long', async () => {
    await start({}, { reconcileHorizonMs: 50 });
    bank.states = [seen('CLOSING'), DOWN, DOWN, DOWN, DOWN, seen('UNKNOWN'), seen('UNKNOWN'), seen('CLOSED')];
    const id = await close();
    await harness.until(id, 'CLOSED');
    expect(await harness.path(id)).toBe('REQUESTED CLOSING CLOSED');
  });

  it.each([
    [seen('FAILED'), 'FAILED'],
    [seen('WITHDRAWN'), 'CANCELLED'],
  ] as const)("the provider's own word ends it: %#", async (read, status) => {
    await start();
    bank.states = [seen('CLOSING'), read];
    const id = await close();
    await harness.until(id, status);
  });

  it('may come to wait for a date or for a person, and goes on', async () => {
    await start();
    const action = { type: 'SIGN', url: 'https://bank.example/sign' };
    bank.states = [seen('SCHEDULED', { expectedCloseAt: 4_102_444_800_000 }), seen('ACTION_REQUIRED', { action }), seen('CLOSING'), seen('CLOSED')];
    const id = await close();
    await harness.until(id, 'CLOSED');
    expect(await harness.path(id)).toBe('REQUESTED CLOSING SCHEDULED ACTION_REQUIRED CLOSING CLOSED');
  });

  it('shows what keeps it from closing, and loses it when it is gone', async () => {
    await start();
    const blocker = { code: 'OPEN_POSITIONS', message: 'x', stage: 'COMPLETION', resolvableBy: 'HOLDER', selfResolving: false, relatedIds: [] } as const;
    bank.states = [seen('CLOSING', { blockers: [{ ...blocker, relatedIds: [] }] })];
    const id = await close();
    while ((await harness.stored(id)).blockers.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    bank.states = [seen('CLOSING')];
    while ((await harness.stored(id)).blockers.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await harness.path(id)).toBe('REQUESTED CLOSING');
  });
});

describe('reads of a CLOSED closure', () => {
  it('REOPENED needs two open reads, the first after the grace', async () => {
    await start();
    bank.answers = [{ kind: 'closed' }];
    const id = await close();
    const { closedAt } = await harness.stored(id);
    await harness.engine.service.refreshClosure(CALLER, id);
    expect(await harness.stored(id)).toMatchObject({ status: 'CLOSED', openSeenAt: null });
    const reopened = await harness.until(id, 'REOPENED');
    expect((reopened.openSeenAt ?? 0) - (closedAt ?? 0)).toBeGreaterThanOrEqual(100);
    expect(bank.reads).toBeGreaterThanOrEqual(3);
    expect(bank.sent).toHaveLength(1);
  });

  it('an open read followed by a closed one reopens nothing', async () => {
    await start({ visibilityLagMs: 10 }, { reopenGraceMs: 1 });
    bank.answers = [{ kind: 'closed' }];
    const id = await close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    bank.states = [seen('OPEN'), seen('CLOSED')];
    await harness.engine.service.refreshClosure(CALLER, id);
    while ((await harness.stored(id)).openSeenAt !== null) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await harness.stored(id)).toMatchObject({ status: 'CLOSED', dueAt: null });
  });
});

describe('a new request for an account that was closed here', () => {
  it('within the grace it is refused without a read', async () => {
    await start();
    bank.answers = [{ kind: 'closed' }];
    const id = await close();
    const again = await harness.close();
    expect(again).toMatchObject({ error: { code: 'ACCOUNT_ALREADY_CLOSED' }, closure: { id }, replayed: false });
    expect({ sent: bank.sent.length, reads: bank.reads }).toEqual({ sent: 1, reads: 0 });
  });

  it.each([
    ['closed still', seen('CLOSED')],
    ['a read that fails', DOWN],
  ])('after the grace, %s: refused, nothing recorded', async (_, read) => {
    await start({ visibilityLagMs: 1 }, { reopenGraceMs: 1 });
    bank.answers = [{ kind: 'closed' }];
    bank.states = [read];
    const id = await close();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await harness.close()).toMatchObject({ error: { code: 'ACCOUNT_ALREADY_CLOSED' }, closure: { id } });
    expect(await harness.store.list('default', {}, 10, null)).toHaveLength(1);
  });

  it('after the grace, open again: the old closure is REOPENED and the new one goes its way', async () => {
    await start({ visibilityLagMs: 1 }, { reopenGraceMs: 1 });
    bank.answers = [{ kind: 'closed' }];
    const id = await close();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const again = await harness.close();
    expect(again).toMatchObject({ error: null, closure: { status: 'CLOSED' } });
    expect(again.closure?.id).not.toBe(id);
    expect(await harness.stored(id)).toMatchObject({ status: 'REOPENED' });
    expect(bank.sent).toHaveLength(2);
  });
});
