import type { Blocker } from '../../src/domain/blocker';
import type { Scope } from '../../src/domain/caller';
import type { ClosureErrorCode } from '../../src/domain/error-code';
import type { BlockersUnknown } from '../../src/domain/outcome';
import { CALLER, type EngineHarness, startEngine } from '../support/engine';
import { ScriptedProvider, seen } from '../support/scripted-provider';

const blocker = (code: Blocker['code'], stage: Blocker['stage'], more: Partial<Blocker> = {}): Blocker => ({
  code,
  message: 'x',
  stage,
  resolvableBy: 'HOLDER',
  selfResolving: false,
  relatedIds: [],
  ...more,
});
const unknown = (code: ClosureErrorCode, codes?: Blocker['code'][]): BlockersUnknown => ({ ok: false, code, message: 'Not all could be read.', requestId: 'req-1', codes });
const CONFLICT = { kind: 'conflict', documented: true } as const;
const withdrawals = blocker('OUTSTANDING_WITHDRAWALS', 'REQUEST');
const positions = blocker('OPEN_POSITIONS', 'COMPLETION', { relatedIds: ['A', 'B'] });
const cash = (currency: string): Blocker => blocker('POSITIVE_BALANCE', 'COMPLETION', { amount: '1.00', currency });

let harness: EngineHarness;
let bank: ScriptedProvider;
beforeEach(async () => {
  bank = new ScriptedProvider();
  harness = await startEngine([bank.configured()]);
});
afterEach(() => harness.dispose());

const codes = (blockers: readonly Blocker[]): string[] => blockers.map(({ code, currency }) => [code, currency].filter(Boolean).join(' '));
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function close(): Promise<string> {
  const { closure } = await harness.close();
  if (!closure) throw new Error('Nothing was recorded.');
  return closure.id;
}

describe('eligibility, where a part of the blockers is unknown', () => {
  const eligibility = () => harness.engine.service.closureEligibility(CALLER, { provider: 'bank', kind: 'ACCOUNT', id: 'acc-1' });

  it('cannot be told, and the error says why', async () => {
    bank.states = [seen('OPEN', { blockers: [positions], blockersUnknown: { ...unknown('PROVIDER_RATE_LIMITED'), retryAfterMs: 1_500 } })];
    expect(await eligibility()).toMatchObject({
      eligible: null,
      blockers: [{ code: 'OPEN_POSITIONS' }],
      error: { code: 'PROVIDER_RATE_LIMITED', provider: 'bank', providerRequestId: 'req-1', retryAfterSeconds: 2 },
    });
  });

  it('is false all the same where the rest refuses the request', async () => {
    bank.states = [seen('OPEN', { blockers: [withdrawals], blockersUnknown: unknown('PROVIDER_PERMISSION_DENIED') })];
    expect(await eligibility()).toMatchObject({ eligible: false, error: null });
  });
});

describe('a conflict that a read is to explain, where a part of the blockers is unknown', () => {
  beforeEach(() => {
    bank.answers = [CONFLICT];
  });

  it('is blocked where the rest explains it', async () => {
    bank.states = [seen('OPEN', { blockers: [withdrawals], blockersUnknown: unknown('PROVIDER_TIMEOUT') })];
    const closure = await harness.stored(await close());
    expect(closure).toMatchObject({ status: 'REJECTED', error: { code: 'CLOSURE_BLOCKED', blockers: [{ code: 'OUTSTANDING_WITHDRAWALS' }] } });
  });

  it('is blocked by what refuses the request, in the order in which a closure shows it', async () => {
    const restricted = blocker('ACCOUNT_RESTRICTED', 'REQUEST');
    bank.states = [seen('OPEN', { blockers: [restricted, positions, withdrawals] })];
    const { error, blockers } = await harness.stored(await close());
    expect([error?.blockers.map(({ code }) => code), blockers]).toEqual([['OUTSTANDING_WITHDRAWALS', 'ACCOUNT_RESTRICTED'], error?.blockers]);
  });

  it.each(['PROVIDER_TIMEOUT', 'PROVIDER_UNAVAILABLE', 'PROVIDER_RATE_LIMITED'] as const)('is read again after %s, sent no more, and then decided', async (code) => {
    bank.states = [
      seen('OPEN', { blockersUnknown: unknown(code) }),
      seen('OPEN', { blockersUnknown: unknown(code) }),
      seen('OPEN', { blockers: [withdrawals] }),
    ];
    const id = await close();
    expect(await harness.until(id, 'REJECTED')).toMatchObject({ error: { code: 'CLOSURE_BLOCKED' } });
    expect({ reads: bank.reads, sent: bank.sent.length }).toEqual({ reads: 3, sent: 1 });
  });

  it.each(['PROVIDER_PERMISSION_DENIED', 'PROVIDER_AUTHENTICATION_FAILED', 'PROVIDER_PROTOCOL_ERROR'] as const)('stays unexplained after %s', async (code) => {
    bank.states = [seen('OPEN', { blockers: [positions], blockersUnknown: unknown(code) })];
    expect(await harness.stored(await close())).toMatchObject({ status: 'REJECTED', error: { code: 'ACCOUNT_STATE_CONFLICT', blockers: [] } });
    expect(bank.reads).toBe(1);
  });

  it('stays unexplained when the trouble lasts to the horizon', async () => {
    bank.states = [seen('OPEN', { blockersUnknown: unknown('PROVIDER_TIMEOUT') })];
    expect(await harness.until(await close(), 'REJECTED', 'NEEDS_REVIEW')).toMatchObject({ status: 'REJECTED', error: { code: 'ACCOUNT_STATE_CONFLICT' } });
    expect(bank.sent).toHaveLength(1);
  });
});

describe('a closing account, where a part of the blockers is unknown', () => {
  /** The blockers shown after the reads, each of which is seen by at least one poll. */
  async function shownAfter(...states: typeof bank.states): Promise<string[]> {
    bank.states = [states[0] ?? seen('CLOSING')];
    const id = await close();
    for (const state of states) {
      bank.states = [state];
      const { reads } = bank;
      while (bank.reads < reads + 3) await pause();
    }
    expect((await harness.stored(id)).status).toBe('CLOSING');
    return codes((await harness.stored(id)).blockers);
  }

  it('goes on showing what was known of that part, and what is known of the rest', async () => {
    const before = seen('CLOSING', { blockers: [cash('EUR'), positions] });
    const after = seen('CLOSING', { blockers: [cash('EUR')], blockersUnknown: unknown('PROVIDER_TIMEOUT', ['OPEN_POSITIONS']) });
    expect(await shownAfter(before, after)).toEqual(['POSITIVE_BALANCE EUR', 'OPEN_POSITIONS']);
  });

  it('keeps what somebody has to do beside what passes by itself', async () => {
    const child = (resolvableBy: Blocker['resolvableBy'], id: string) => blocker('OPEN_CHILD_ACCOUNTS', 'COMPLETION', { resolvableBy, relatedIds: [id] });
    const before = seen('CLOSING', { blockers: [child('TIME', 'A'), child('PARTNER', 'B')] });
    const after = seen('CLOSING', { blockers: [child('TIME', 'A')], blockersUnknown: unknown('PROVIDER_RATE_LIMITED', ['OPEN_CHILD_ACCOUNTS']) });
    expect(await shownAfter(before, after)).toEqual(['OPEN_CHILD_ACCOUNTS', 'OPEN_CHILD_ACCOUNTS']);
  });

  it('loses what was read and is gone', async () => {
    const before = seen('CLOSING', { blockers: [cash('EUR'), positions] });
    const after = seen('CLOSING', { blockersUnknown: unknown('PROVIDER_PERMISSION_DENIED', ['OUTSTANDING_FEES']) });
    expect(await shownAfter(before, after)).toEqual([]);
  });

  it('is told the newer of two, and keeps the other currencies', async () => {
    const before = seen('CLOSING', { blockers: [cash('EUR'), cash('GBP')] });
    const after = seen('CLOSING', { blockers: [{ ...cash('EUR'), amount: '2.00' }], blockersUnknown: unknown('PROVIDER_TIMEOUT', ['POSITIVE_BALANCE']) });
    expect(await shownAfter(before, after)).toEqual(['POSITIVE_BALANCE EUR', 'POSITIVE_BALANCE GBP']);
  });

  it('keeps everything where nobody says which part it is', async () => {
    const before = seen('CLOSING', { blockers: [cash('EUR'), positions] });
    expect(await shownAfter(before, seen('CLOSING', { blockersUnknown: unknown('PROVIDER_TIMEOUT') }))).toEqual(['POSITIVE_BALANCE EUR', 'OPEN_POSITIONS']);
  });

  describe('says which part that is', () => {
    const told = async (id: string) => (await harness.stored(id)).blockersUnknown;
    /** So many polls have seen it. */
    async function polled(...states: typeof bank.states): Promise<void> {
      bank.states = states;
      const { reads } = bank;
      while (bank.reads < reads + 3) await pause();
    }
    async function closing(): Promise<string> {
      bank.states = [seen('CLOSING')];
      const id = await close();
      await polled(...bank.states);
      expect(await told(id)).toBeNull();
      return id;
    }
    const partly = seen('CLOSING', { blockersUnknown: unknown('PROVIDER_PERMISSION_DENIED', ['OUTSTANDING_FEES', 'OPEN_POSITIONS']) });

    it('once, as a new version, until it is read', async () => {
      const id = await closing();
      const { version } = await harness.stored(id);
      await polled(partly);
      expect(await harness.stored(id)).toMatchObject({ blockersUnknown: ['OPEN_POSITIONS', 'OUTSTANDING_FEES'], version: version + 1 });
      await polled(partly);
      expect((await harness.stored(id)).version).toBe(version + 1);
      await polled(seen('CLOSING'));
      expect(await harness.stored(id)).toMatchObject({ blockersUnknown: null, version: version + 2 });
    });

    it('where nobody knows which, that there may be anything', async () => {
      const id = await closing();
      await polled(seen('CLOSING', { blockersUnknown: unknown('PROVIDER_AUTHENTICATION_FAILED') }));
      expect(await told(id)).toEqual(['OTHER']);
    });

    it('is everything where the provider refuses to show the account', async () => {
      const id = await closing();
      const { version } = await harness.stored(id);
      await polled(unknown('PROVIDER_PERMISSION_DENIED'));
      expect(await harness.stored(id)).toMatchObject({ status: 'CLOSING', blockersUnknown: ['OTHER'], version: version + 1 });
      await polled(seen('CLOSING'));
      expect(await told(id)).toBeNull();
    });

    it('as before through trouble that passes by itself', async () => {
      const id = await closing();
      await polled(
        seen('CLOSING', { blockersUnknown: unknown('PROVIDER_RATE_LIMITED', ['OPEN_ORDERS']) }),
        seen('CLOSING', { blockersUnknown: unknown('PROVIDER_PROTOCOL_ERROR', ['OPEN_ORDERS']) }),
      );
      expect(await told(id)).toBeNull();
      await polled(partly);
      await polled(unknown('PROVIDER_UNAVAILABLE'), seen('CLOSING', { blockersUnknown: unknown('PROVIDER_TIMEOUT', ['OPEN_ORDERS']) }));
      expect(await told(id)).toEqual(['OPEN_POSITIONS', 'OUTSTANDING_FEES']);
    });

    it('no longer once it is closed', async () => {
      const id = await closing();
      await polled(partly);
      bank.states = [seen('CLOSED')];
      await harness.until(id, 'CLOSED');
      expect((await harness.engine.service.closures(CALLER, [id]))[0]?.blockersUnknown).toBeNull();
    });

    it('and not the name of a hold to those who must not see it', async () => {
      const id = await closing();
      await polled(seen('CLOSING', { blockersUnknown: unknown('PROVIDER_PERMISSION_DENIED', ['COMPLIANCE_HOLD', 'LEGAL_HOLD', 'OPEN_POSITIONS']) }));
      const to = async (...scopes: Scope[]) => (await harness.engine.service.closures({ ...CALLER, scopes: new Set(scopes) }, [id]))[0]?.blockersUnknown;
      expect(await to('closures:read', 'closures:write')).toEqual(['MANUAL_REVIEW', 'OPEN_POSITIONS']);
      expect(await to('closures:read', 'closures:operate')).toEqual(['COMPLIANCE_HOLD', 'LEGAL_HOLD', 'OPEN_POSITIONS']);
    });
  });

  it('is told another amount, and no other spelling of the same', async () => {
    const holding = (amount: string) => seen('CLOSING', { blockers: [{ ...cash('EUR'), amount }] });
    bank.states = [holding('100.50')];
    const id = await close();
    while ((await harness.stored(id)).blockers.length === 0) await pause();
    const { version } = await harness.stored(id);
    async function after(amount: string): Promise<unknown> {
      bank.states = [holding(amount)];
      const { reads } = bank;
      while (bank.reads < reads + 3) await pause();
      const { blockers, version: now } = await harness.stored(id);
      return [blockers[0]?.amount, now - version];
    }
    expect(await after('100.5')).toEqual(['100.50', 0]);
    expect(await after('100.500')).toEqual(['100.50', 0]);
    expect(await after('100.05')).toEqual(['100.05', 1]);
    expect(await after('1')).toEqual(['1', 2]);
    expect(await after('1.00')).toEqual(['1', 2]);
    expect(await after('10')).toEqual(['10', 3]);
  });

  it('has no new version for an unchanged part, or another order', async () => {
    bank.states = [seen('CLOSING', { blockers: [positions, cash('EUR')] })];
    const id = await close();
    while ((await harness.stored(id)).blockers.length === 0) await pause();
    const { version } = await harness.stored(id);
    bank.states = [
      seen('CLOSING', { blockers: [cash('EUR'), positions] }),
      seen('CLOSING', { blockers: [cash('EUR')], blockersUnknown: unknown('PROVIDER_TIMEOUT', ['OPEN_POSITIONS']) }),
      seen('CLOSING', { blockers: [positions, cash('EUR')] }),
    ];
    const { reads } = bank;
    while (bank.reads < reads + 5) await pause();
    expect((await harness.stored(id)).version).toBe(version);
  });
});
