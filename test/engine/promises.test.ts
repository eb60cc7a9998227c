import type { Caller } from '../../src/domain/caller';
import type { Clock } from '../../src/ports/clock';
import type { CloseOutcome } from '../../src/domain/outcome';
import { CALLER, type EngineHarness, freshKey, startEngine } from '../support/engine';
import { ScriptedProvider, seen } from '../support/scripted-provider';

const LOST: CloseOutcome = { kind: 'unknown', detail: 'The connection broke.' };
const OTHER_SUBJECT: Caller = { ...CALLER, subject: 'ben' };
const OTHER_TENANT: Caller = { ...CALLER, tenant: 'other' };

let harness: EngineHarness;
let bank: ScriptedProvider;

async function start(settings: Parameters<typeof startEngine>[1] = {}) {
  bank = new ScriptedProvider();
  harness = await startEngine([bank.configured()], settings);
}

afterEach(() => harness.dispose());

/** An answer that is held back until it is let go. */
function held(outcome: CloseOutcome) {
  let letGo: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  return { answer: () => gate.then(() => outcome), letGo };
}

describe('idempotency keys', () => {
  it('100 concurrent calls with one key make one closure and one request', async () => {
    await start();
    const idempotencyKey = freshKey();
    const results = await Promise.all(Array.from({ length: 100 }, () => harness.close({ idempotencyKey })));
    expect(new Set(results.map(({ closure }) => closure?.id)).size).toBe(1);
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(bank.sent).toHaveLength(1);
  });

  it('100 concurrent calls for one account make one request and 99 times CLOSURE_IN_PROGRESS with the running closure', async () => {
    await start();
    const results = await Promise.all(Array.from({ length: 100 }, () => harness.close()));
    const running = results.filter(({ error }) => error === null);
    expect(running).toHaveLength(1);
    const refused = results.filter(({ error }) => error?.code === 'CLOSURE_IN_PROGRESS');
    expect(refused).toHaveLength(99);
    expect(new Set(refused.map(({ closure }) => closure?.id))).toEqual(new Set([running[0]?.closure?.id]));
    expect(bank.sent).toHaveLength(1);
  });

  it('the same key with the same input, defaults spelled out or not, is the same closure in its current state', async () => {
    await start();
    const idempotencyKey = freshKey();
    const first = await harness.close({ idempotencyKey });
    bank.states = [seen('CLOSED')];
    await harness.until(first.closure?.id ?? '', 'CLOSED');
    const account = { provider: 'bank', kind: 'ACCOUNT', id: 'acc-1', idType: 'PROVIDER_ID', country: null } as const;
    expect(await harness.close({ idempotencyKey, account, reasonText: null })).toMatchObject({
      closure: { id: first.closure?.id, status: 'CLOSED' },
      error: null,
      replayed: true,
    });
  });

  it('a replay of a refusal carries the refusal', async () => {
    await start();
    const idempotencyKey = freshKey();
    bank.answers = [{ kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: 'x' }];
    await harness.close({ idempotencyKey });
    expect(await harness.close({ idempotencyKey })).toMatchObject({ error: { code: 'ACCOUNT_NOT_FOUND' }, replayed: true });
    expect(bank.sent).toHaveLength(1);
  });

  it.each([
    ['another account', { account: { provider: 'bank', kind: 'ACCOUNT', id: 'acc-2' } }],
    ['another reason', { reason: 'INACTIVITY' }],
    ['a text', { reasonText: 'moved' }],
    ['another initiator', { initiator: 'PARTNER' }],
    ['an announcement', { announceOnly: true }],
  ] as const)('the same key with %s is refused and reveals nothing', async (_, input) => {
    await start();
    const idempotencyKey = freshKey();
    await harness.close({ idempotencyKey });
    expect(await harness.close({ idempotencyKey, ...input })).toEqual({
      closure: null,
      error: expect.objectContaining({ code: 'IDEMPOTENCY_KEY_REUSED', field: ['input', 'idempotencyKey'] }),
      replayed: false,
    });
    expect(bank.sent).toHaveLength(1);
  });

  it('a key belongs to its subject and its tenant', async () => {
    await start();
    const idempotencyKey = freshKey();
    const mine = await harness.close({ idempotencyKey });
    const theirs = await harness.close({ idempotencyKey, account: { provider: 'bank', kind: 'ACCOUNT', id: 'acc-2' } }, OTHER_SUBJECT);
    const elsewhere = await harness.close({ idempotencyKey }, OTHER_TENANT);
    expect([mine, theirs, elsewhere].map(({ error, replayed }) => ({ error, replayed }))).toEqual(Array.from({ length: 3 }, () => ({ error: null, replayed: false })));
    expect(new Set([mine, theirs, elsewhere].map(({ closure }) => closure?.id)).size).toBe(3);
  });

  it('a request refused before anything was recorded does not bind its key', async () => {
    await start();
    const idempotencyKey = freshKey();
    await harness.close({ idempotencyKey, account: { provider: 'bank', kind: 'ACCOUNT', id: 'not valid' } });
    await harness.close({ account: { provider: 'bank', kind: 'ACCOUNT', id: 'acc-1' } });
    await harness.close({ idempotencyKey });
    expect(await harness.close({ idempotencyKey, account: { provider: 'bank', kind: 'ACCOUNT', id: 'acc-3' } })).toMatchObject({
      error: null,
      replayed: false,
    });
  });
});

describe('input refused before anything is recorded', () => {
  const account = { provider: 'bank', kind: 'ACCOUNT', id: 'acc-1' } as const;
  it.each([
    [{ idempotencyKey: 'short' }, 'INVALID_INPUT', ['input', 'idempotencyKey']],
    [{ idempotencyKey: 'x'.repeat(65) }, 'INVALID_INPUT', ['input', 'idempotencyKey']],
    [{ account: { ...account, provider: 'nobank' } }, 'UNKNOWN_PROVIDER', ['input', 'account', 'provider']],
    [{ account: { ...account, kind: 'VIRTUAL_ACCOUNT' } }, 'UNSUPPORTED_BY_PROVIDER', ['input', 'account', 'kind']],
    [{ account: { ...account, idType: 'IBAN' } }, 'UNSUPPORTED_BY_PROVIDER', ['input', 'account', 'idType']],
    [{ account: { ...account, id: '../other' } }, 'INVALID_INPUT', ['input', 'account', 'id']],
    [{ account: { ...account, country: 'ES' } }, 'INVALID_INPUT', ['input', 'account', 'country']],
    [{ liquidatePositions: true }, 'UNSUPPORTED_BY_PROVIDER', ['input', 'liquidatePositions']],
    [{ reasonText: 'UPPER CASE' }, 'INVALID_INPUT', ['input', 'reasonText']],
    [{ reasonText: 'x'.repeat(21) }, 'INVALID_INPUT', ['input', 'reasonText']],
  ] as const)('%j', async (input, code, field) => {
    await start();
    expect(await harness.close(input)).toEqual({ closure: null, error: expect.objectContaining({ code, field: [...field] }), replayed: false });
    expect(await harness.store.list('default', {}, 10, null)).toEqual([]);
    expect(bank.sent).toHaveLength(0);
  });

  it('a provider of other tenants does not exist', async () => {
    bank = new ScriptedProvider();
    harness = await startEngine([{ ...bank.configured(), tenants: new Set(['other']) }]);
    expect(await harness.close()).toMatchObject({ error: { code: 'UNKNOWN_PROVIDER' } });
    expect(await harness.close({}, OTHER_TENANT)).toMatchObject({ error: null });
  });
});

describe('CLOSE_WAIT_MS', () => {
  it('returns what is known when the provider is slow, and the work goes on without the caller', async () => {
    await start({ closeWaitMs: 20 });
    const slow = held({ kind: 'accepted' });
    bank.answers = [slow.answer];
    const { closure, error } = await harness.close();
    expect({ status: closure?.status, error }).toEqual({ status: 'REQUESTED', error: null });
    slow.letGo();
    await harness.until(closure?.id ?? '', 'CLOSING');
    expect(bank.sent).toHaveLength(1);
  });
});

describe('cancelClosure', () => {
  it('withdraws a closure whose every request is proven without effect', async () => {
    await start();
    bank.answers = [{ kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'x', retryAfterMs: 60_000 }];
    const { closure } = await harness.close();
    const cancelled = await harness.engine.service.cancelClosure(CALLER, closure?.id ?? '');
    expect(cancelled).toMatchObject({ closure: { status: 'CANCELLED', dueAt: null }, error: null });
    expect((await harness.history(closure?.id ?? '')).at(-1)).toMatchObject({ to: 'CANCELLED', actor: 'anna' });
    expect(await harness.close()).toMatchObject({ error: null });
  });

  it.each([
    ['in doubt', LOST],
    ['accepted', { kind: 'accepted' } as CloseOutcome],
    ['answered out of service', { kind: 'unavailable', retryAfterMs: 60_000 } as CloseOutcome],
    ['refused for good', { kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: 'x' } as CloseOutcome],
  ])('is refused when a request was %s', async (_, outcome) => {
    await start();
    bank.answers = [outcome];
    const { closure } = await harness.close();
    expect(await harness.engine.service.cancelClosure(CALLER, closure?.id ?? '')).toMatchObject({ error: { code: 'CLOSURE_NOT_CANCELLABLE' } });
  });

  it('is refused while a request is on its way', async () => {
    await start({ closeWaitMs: 20 });
    const slow = held({ kind: 'accepted' });
    bank.answers = [slow.answer];
    const { closure } = await harness.close();
    expect(await harness.engine.service.cancelClosure(CALLER, closure?.id ?? '')).toMatchObject({ error: { code: 'CLOSURE_NOT_CANCELLABLE' } });
    slow.letGo();
    await harness.until(closure?.id ?? '', 'CLOSING');
  });

  it('a cancel that wins the race against the mark keeps the request from leaving', async () => {
    await start({ closeWaitMs: 20 });
    let go: () => void = () => {};
    const token = new Promise<void>((resolve) => {
      go = resolve;
    });
    const request = bank.requestClosure.bind(bank);
    bank.requestClosure = async (...args) => {
      await token;
      return request(...args);
    };
    const { closure } = await harness.close();
    expect(await harness.engine.service.cancelClosure(CALLER, closure?.id ?? '')).toMatchObject({ closure: { status: 'CANCELLED' } });
    go();
    await harness.engine.drain();
    expect(bank.sent).toHaveLength(0);
    expect(await harness.stored(closure?.id ?? '')).toMatchObject({ status: 'CANCELLED', attempts: 0 });
  });

  it('an unknown closure and one of another tenant look the same', async () => {
    await start();
    const { closure } = await harness.close();
    const foreign = await harness.engine.service.cancelClosure(OTHER_TENANT, closure?.id ?? '');
    const unknown = await harness.engine.service.cancelClosure(OTHER_TENANT, '01900000-0000-7000-8000-000000000000');
    expect(foreign).toEqual(unknown);
    expect(foreign).toMatchObject({ closure: null, error: { code: 'CLOSURE_NOT_FOUND' } });
  });
});

describe('the send deadline', () => {
  it('a request that could not end within its lease does not leave, and is proven not sent', async () => {
    bank = new ScriptedProvider();
    let stood = 0;
    const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() + stood };
    const send = bank.requestClosure.bind(bank);
    bank.requestClosure = (request, { freshToken, beforeFirstByte }) =>
      send(request, {
        freshToken,
        beforeFirstByte: () => {
          const marking = beforeFirstByte();
          // The first two times the process stands still for a minute before its first byte.
          if (stood < 120_000) stood += 60_000;
          return marking;
        },
      });
    harness = await startEngine([bank.configured()], {}, clock);
    const { closure } = await harness.close();
    const done = await harness.until(closure?.id ?? '', 'CLOSING');
    const effects = (await harness.store.attempts(done.id)).map(({ effect }) => effect);
    expect(effects).toEqual(['NOT_SENT', 'NOT_SENT', 'ACCEPTED']);
    expect(bank.sent).toHaveLength(1);
    expect(await harness.path(done.id)).toBe('REQUESTED CLOSING');
  });
});

describe('a provider that is configured no longer', () => {
  it('leaves its closures readable and waiting, and they go on when it is back', async () => {
    bank = new ScriptedProvider();
    const providers = [bank.configured()];
    harness = await startEngine(providers);
    const { closure } = await harness.close();
    providers.pop();
    while (harness.alarms.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await harness.engine.service.closures(CALLER, [closure?.id ?? ''])).toMatchObject([{ status: 'CLOSING' }]);
    expect(await harness.engine.service.providers(CALLER)).toMatchObject([{ id: 'bank', active: false }]);
    expect(await harness.close()).toMatchObject({ error: { code: 'UNKNOWN_PROVIDER' } });
    expect(await harness.close({ idempotencyKey: closure?.idempotencyKey ?? '' })).toMatchObject({ error: null, replayed: true, closure: { id: closure?.id } });
    expect(await harness.close({ idempotencyKey: closure?.idempotencyKey ?? '', reason: 'INACTIVITY' })).toMatchObject({ error: { code: 'UNKNOWN_PROVIDER' } });
    expect(await harness.engine.service.refreshClosure(CALLER, closure?.id ?? '')).toMatchObject({ error: { code: 'UNKNOWN_PROVIDER' } });
    const account = { provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: 'acc-1' } as const;
    expect((await harness.engine.service.list(CALLER, { account }, 10, null)).closures).toMatchObject([{ id: closure?.id }]);
    bank.states = [seen('CLOSED')];
    providers.push(bank.configured());
    await harness.until(closure?.id ?? '', 'CLOSED');
  });
});

describe('an answer that finds its claim gone', () => {
  it('is evidence of its own attempt, and is weighed', async () => {
    await start({ closeWaitMs: 20 });
    const slow = held({ kind: 'accepted' });
    bank.answers = [slow.answer];
    const { closure } = await harness.close();
    const id = closure?.id ?? '';
    const current = await harness.stored(id);
    // Somebody else writes in between, as a refresh would, and raises the fence.
    await harness.store.commit({ id, guard: { version: current.version }, set: { providerStatus: 'x' }, visible: true, lease: 'release' });
    slow.letGo();
    await harness.until(id, 'CLOSING');
    expect(await harness.store.attempts(id)).toMatchObject([{ effect: 'ACCEPTED' }]);
    expect(bank.sent).toHaveLength(1);
  });
});

describe('resolveClosure', () => {
  async function stuck(): Promise<{ id: string; version: number }> {
    await start({ reconcileHorizonMs: 20 });
    bank.answers = [LOST];
    const { closure } = await harness.close();
    const { id, version } = await harness.until(closure?.id ?? '', 'NEEDS_REVIEW');
    return { id, version };
  }

  it.each(['CLOSED', 'REJECTED', 'FAILED'] as const)('a person settles NEEDS_REVIEW as %s, with a note in the history', async (outcome) => {
    const { id, version } = await stuck();
    const result = await harness.engine.service.resolveClosure(CALLER, { closureId: id, outcome, note: 'Phoned the bank.', expectedVersion: version });
    expect(result).toMatchObject({ closure: { status: outcome }, error: null });
    expect((await harness.history(id)).at(-1)).toMatchObject({ to: outcome, cause: 'OPERATOR', actor: 'anna', detail: 'Phoned the bank.' });
  });

  it('RETRY sends again', async () => {
    const { id, version } = await stuck();
    bank.answers = [{ kind: 'closed' }];
    const sent = bank.sent.length;
    await harness.engine.service.resolveClosure(CALLER, { closureId: id, outcome: 'RETRY', note: 'Nothing arrived.', expectedVersion: version });
    await harness.until(id, 'CLOSED');
    expect(bank.sent).toHaveLength(sent + 1);
  });

  it('needs a note and the version that was looked at', async () => {
    const { id, version } = await stuck();
    const resolve = (note: string, expectedVersion: number) =>
      harness.engine.service.resolveClosure(CALLER, { closureId: id, outcome: 'CLOSED', note, expectedVersion });
    expect(await resolve('  ', version)).toMatchObject({ error: { code: 'INVALID_INPUT', field: ['input', 'note'] } });
    expect(await resolve('fine', version + 1)).toMatchObject({ error: { code: 'INVALID_INPUT', field: ['input', 'expectedVersion'] } });
    expect(await harness.stored(id)).toMatchObject({ status: 'NEEDS_REVIEW' });
  });

  it('is refused for a closure that needs no person', async () => {
    await start();
    const { closure } = await harness.close();
    expect(
      await harness.engine.service.resolveClosure(CALLER, { closureId: closure?.id ?? '', outcome: 'CLOSED', note: 'x', expectedVersion: 1 }),
    ).toMatchObject({ error: { code: 'CLOSURE_NOT_RESOLVABLE' } });
  });
});

describe('other identifiers that a read reveals', () => {
  it('stand in the way of a second closure, and find the first', async () => {
    await start();
    const alias = { provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: 'other-name' } as const;
    bank.states = [seen('CLOSING', { aliases: [alias] })];
    const { closure } = await harness.close();
    await harness.engine.service.refreshClosure(CALLER, closure?.id ?? '');
    expect(await harness.close({ account: { provider: 'bank', kind: 'ACCOUNT', id: 'other-name' } })).toMatchObject({
      error: { code: 'CLOSURE_IN_PROGRESS' },
      closure: { id: closure?.id },
    });
    expect(await harness.engine.service.newestByRef(CALLER, ['bank:ACCOUNT:PROVIDER_ID:other-name'])).toMatchObject([{ id: closure?.id }]);
  });
});

describe('closureEligibility', () => {
  it.each([
    ['open', seen('OPEN'), true, null],
    ['closed', seen('CLOSED'), false, 'ACCOUNT_ALREADY_CLOSED'],
    ['closing', seen('CLOSING'), false, 'ACCOUNT_STATE_CONFLICT'],
    ['unknown to the provider', seen('NOT_FOUND'), false, 'ACCOUNT_NOT_FOUND'],
    ['in a state without a mapped word', seen('UNKNOWN'), null, 'PROVIDER_PROTOCOL_ERROR'],
    ['unreadable', { ok: false, code: 'PROVIDER_TIMEOUT', message: 'x' } as const, null, 'PROVIDER_TIMEOUT'],
  ])('of an account that is %s', async (_, read, eligible, code) => {
    await start();
    bank.states = [read];
    const result = await harness.engine.service.closureEligibility(CALLER, { provider: 'bank', kind: 'ACCOUNT', id: 'acc-1' });
    expect({ eligible: result.eligible, code: result.error?.code ?? null }).toEqual({ eligible, code });
    expect(bank.sent).toHaveLength(0);
    expect(await harness.store.list('default', {}, 10, null)).toEqual([]);
  });
});
