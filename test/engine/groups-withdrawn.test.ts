import type { Caller } from '../../src/domain/caller';
import { CALLER } from '../support/engine';
import { eventually, GROUP, type GroupBench, LATER, REFUSED, startGroupBench } from '../support/group-bench';

const account = (id: string) => ({ provider: 'bank', kind: 'ACCOUNT', id }) as const;
const ORDINARY: Caller = { ...CALLER, subject: 'ben', scopes: new Set(['closures:read', 'closures:write']) };

let bench: GroupBench;
afterEach(() => bench.harness.dispose());

async function start(...given: Parameters<typeof startGroupBench>): Promise<GroupBench> {
  bench = await startGroupBench(...given);
  return bench;
}

describe('a group that is withdrawn', () => {
  it('withdraws the accounts that were recorded for it, and not what was asked for by itself', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN', b: 'OPEN' });
    bank.tokenTrouble = LATER;
    const own = (await harness.close({ account: account('a') })).closure!;
    const id = await groupClosure();
    const { closure, error } = await harness.engine.service.cancelClosure(CALLER, id);
    expect([closure?.status, error]).toEqual(['CANCELLED', null]);
    expect(await childStates(id)).toEqual({ a: 'REQUESTED', b: 'CANCELLED' });
    bank.tokenTrouble = null;
    await harness.until(own.id, 'CLOSING');
    expect(bank.closed).toEqual(['a']);
  });

  it('is not withdrawn once one of its accounts was sent, and then withdraws nothing', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN', b: 'OPEN' });
    bank.outcomes.set('b', [LATER]);
    const id = await groupClosure();
    await eventually(async () => (await childStates(id)).a === 'CLOSING');
    const { closure, error } = await harness.engine.service.cancelClosure(CALLER, id);
    expect([closure?.status, error?.code]).toEqual(['REQUESTED', 'CLOSURE_NOT_CANCELLABLE']);
    expect(await childStates(id)).toEqual({ a: 'CLOSING', b: 'REQUESTED' });
    bank.outcomes.clear();
    await harness.until(id, 'CLOSING');
  });

  it.each(['CLOSING', 'SCHEDULED', 'ACTION_REQUIRED'] as const)('is withdrawn although somebody else is closing one of its accounts, which is %s', async (state) => {
    const { bank, harness, groupClosure, childrenOf, childStates } = await start({ a: 'CLOSING', b: 'OPEN' });
    bank.tokenTrouble = LATER;
    const id = await groupClosure();
    bank.accounts.set('a', state);
    const [theirs] = (await childrenOf(id)).filter((child) => child.account.id === 'a');
    await harness.until(theirs!.id, state);
    expect((await harness.engine.service.cancelClosure(CALLER, theirs!.id)).error?.code).toBe('CLOSURE_NOT_CANCELLABLE');
    const { closure, error } = await harness.engine.service.cancelClosure(CALLER, id);
    expect([closure?.status, error]).toEqual(['CANCELLED', null]);
    expect([await childStates(id), bank.closed]).toEqual([{ a: state, b: 'CANCELLED' }, []]);
  });

  it('is withdrawn whole or not at all while its accounts are being sent', async () => {
    const { bank, harness, groupClosure, childStates } = await start(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`a${index}`, 'OPEN' as const])));
    const id = await groupClosure();
    const { closure } = await harness.engine.service.cancelClosure(CALLER, id);
    if (closure?.status !== 'CANCELLED') return void (await harness.until(id, 'CLOSING'));
    expect(new Set(Object.values(await childStates(id)))).toEqual(new Set(['CANCELLED']));
    expect([closure.blockers, bank.closed]).toEqual([[], []]);
  });

  it('leaves alone the closings of an earlier request that the caller could not withdraw', async () => {
    const { bank, harness, closeGroup, childStates } = await start({ a: 'OPEN', b: 'OPEN' });
    bank.outcomes.set('a', [LATER]);
    bank.outcomes.set('b', [REFUSED]);
    const { closure: first } = await closeGroup({ reason: 'FRAUD' });
    await harness.until(first!.id, 'REJECTED');
    bank.tokenTrouble = LATER;
    const { closure: second } = await harness.close({ account: GROUP, includeAccounts: true }, ORDINARY);
    expect(await childStates(second!.id)).toEqual({ a: 'REQUESTED', b: 'REQUESTED' });
    const { closure, error } = await harness.engine.service.cancelClosure(ORDINARY, second!.id);
    expect([closure?.status, error]).toEqual(['CANCELLED', null]);
    expect(await childStates(second!.id)).toEqual({ a: 'REQUESTED', b: 'CANCELLED' });
  });
});
