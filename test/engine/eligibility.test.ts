import type { Blocker } from '../../src/domain/blocker';
import type { AccountState } from '../../src/domain/outcome';
import { CALLER, type EngineHarness, startEngine } from '../support/engine';
import { ScriptedProvider, seen } from '../support/scripted-provider';

const blocker = (code: Blocker['code'], stage: Blocker['stage']): Blocker => ({ code, message: 'x', stage, resolvableBy: 'HOLDER', selfResolving: false, relatedIds: [] });

let bank: ScriptedProvider;
let harness: EngineHarness;
beforeEach(async () => {
  bank = new ScriptedProvider();
  harness = await startEngine([bank.configured()]);
});
afterEach(() => harness.dispose());

const eligibility = () => harness.engine.service.closureEligibility(CALLER, { provider: 'bank', kind: 'ACCOUNT', id: 'acc-1' });

describe('the eligibility of an account', () => {
  it.each<[AccountState, boolean | null, string | null]>([
    ['OPEN', true, null],
    // A closing that ended without closing the account.
    ['FAILED', true, null],
    ['WITHDRAWN', true, null],
    ['CLOSING', false, 'ACCOUNT_STATE_CONFLICT'],
    ['SCHEDULED', false, 'ACCOUNT_STATE_CONFLICT'],
    ['ACTION_REQUIRED', false, 'ACCOUNT_STATE_CONFLICT'],
    ['CLOSED', false, 'ACCOUNT_ALREADY_CLOSED'],
    ['NOT_FOUND', false, 'ACCOUNT_NOT_FOUND'],
    ['UNKNOWN', null, 'PROVIDER_PROTOCOL_ERROR'],
  ])('that reads %s is %j, with %s', async (state, eligible, code) => {
    bank.states = [seen(state, { requestId: 'req-1' })];
    const error = code && expect.objectContaining({ code, provider: 'bank', providerRequestId: 'req-1' });
    expect(await eligibility()).toMatchObject({ eligible, error, providerStatus: state.toLowerCase(), blockers: [], account: { id: 'acc-1' } });
  });

  it.each<[Blocker['stage'], boolean]>([
    ['REQUEST', false],
    ['COMPLETION', true],
  ])('with something of stage %s in the way is %j', async (stage, eligible) => {
    bank.states = [seen('OPEN', { blockers: [blocker('OTHER', stage)] })];
    expect(await eligibility()).toMatchObject({ eligible, error: null, blockers: [{ code: 'OTHER' }] });
  });

  it('shows the blockers in the order in which a closure does', async () => {
    bank.states = [seen('OPEN', { blockers: [blocker('OPEN_ORDERS', 'COMPLETION'), blocker('POSITIVE_BALANCE', 'COMPLETION')] })];
    expect((await eligibility()).blockers.map(({ code }) => code)).toEqual(['POSITIVE_BALANCE', 'OPEN_ORDERS']);
  });
});
