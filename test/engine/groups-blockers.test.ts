import type { CloseOutcome } from '../../src/domain/outcome';
import { CALLER } from '../support/engine';
import { eventually, GROUP, type GroupBench, LATER, REFUSED, startGroupBench } from '../support/group-bench';

let bench: GroupBench;
afterEach(() => bench.harness.dispose());

async function start(...given: Parameters<typeof startGroupBench>): Promise<GroupBench> {
  bench = await startGroupBench(...given);
  return bench;
}

describe('what a group shows of the accounts in its way', () => {
  const waitsFor = (selfResolving: boolean): CloseOutcome => ({
    kind: 'rejected',
    code: 'CLOSURE_BLOCKED',
    message: 'Blocked.',
    blockers: [{ code: 'OUTSTANDING_WITHDRAWALS', message: 'm', stage: 'REQUEST', resolvableBy: selfResolving ? 'TIME' : 'HOLDER', selfResolving, relatedIds: [] }],
  });

  const held: CloseOutcome = {
    kind: 'rejected',
    code: 'CLOSURE_BLOCKED',
    message: 'Blocked.',
    blockers: [{ code: 'LEGAL_HOLD', message: 'm', stage: 'REQUEST', resolvableBy: 'NOBODY', selfResolving: false, relatedIds: [] }],
  };

  it.each([
    ['resolves by itself', waitsFor(true), { resolvableBy: 'TIME', selfResolving: true }],
    ['somebody must resolve', waitsFor(false), { resolvableBy: 'HOLDER', selfResolving: false }],
    ['is not known', REFUSED, { resolvableBy: 'PARTNER', selfResolving: false }],
    ['is a hold, without a word of who could lift it', held, { resolvableBy: 'PROVIDER', selfResolving: false }],
  ])('a refusal that %s', async (_what, outcome, blocker) => {
    const { bank, harness, groupClosure } = await start({ a: 'OPEN' });
    bank.outcomes.set('a', [outcome]);
    expect(await harness.until(await groupClosure(), 'REJECTED')).toMatchObject({ error: { blockers: [blocker] } });
  });

  it('an account that waits for its holder', async () => {
    const { bank, harness, groupClosure } = await start({ a: 'ACTION_REQUIRED' });
    bank.outcomes.set('a', [{ kind: 'actionRequired', action: { type: 'CONSENT' } }]);
    const id = await groupClosure();
    await eventually(async () => (await harness.stored(id)).blockers[0]?.resolvableBy === 'HOLDER');
    bank.accounts.set('a', 'CLOSING');
    await harness.until(id, 'CLOSING');
    expect(bank.closed).toEqual(['a', 'group']);
  });

  it('no more ids than a blocker has, however many accounts there are', async () => {
    const { bank, closeGroup } = await start(Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`a${index}`, 'OPEN' as const])));
    bank.tokenTrouble = LATER;
    const { closure } = await closeGroup();
    expect(closure?.blockers[0]?.relatedIds).toHaveLength(100);
  });

  it.each([
    ['CLOSED', 'CLOSING'],
    ['RETRY', 'CLOSING'],
    ['REJECTED', 'REJECTED'],
    ['FAILED', 'REJECTED'],
  ] as const)('an account that needs a person, who settles it as %s', async (outcome, status) => {
    const { bank, harness, groupClosure, childrenOf } = await start({ a: 'OPEN' }, { reconcileHorizonMs: 80 });
    bank.outcomes.set('a', [{ kind: 'unknown', detail: 'Lost.' }]);
    const id = await groupClosure();
    const [child] = await childrenOf(id);
    await harness.until(child!.id, 'NEEDS_REVIEW');
    await eventually(async () => (await harness.stored(id)).blockers[0]?.resolvableBy === 'PARTNER');
    const { version } = await harness.stored(child!.id);
    bank.outcomes.clear();
    await harness.engine.service.resolveClosure(CALLER, { closureId: child!.id, outcome, note: 'Seen at the bank.', expectedVersion: version });
    expect((await harness.until(id, 'CLOSING', 'REJECTED')).status).toBe(status);
    expect(bank.closed.filter((one) => one === 'group')).toHaveLength(status === 'CLOSING' ? 1 : 0);
  });
});

describe('what a group waited for is not shown', () => {
  const failed = (code: 'PROVIDER_UNAVAILABLE' | 'PROVIDER_PERMISSION_DENIED') => Array.from({ length: 1_000 }, () => ({ ok: false, code, message: 'No list.' }) as const);

  it.each([
    ['PROVIDER_UNAVAILABLE', 'REQUESTED'],
    ['PROVIDER_PERMISSION_DENIED', 'REJECTED'],
  ] as const)('once its accounts are on their way and the last list is %s', async (code, status) => {
    const { bank, harness, groupClosure } = await start({ a: 'OPEN' });
    bank.outcomes.set('a', [LATER]);
    const id = await groupClosure();
    expect((await harness.stored(id)).blockers).toHaveLength(1);
    bank.lists = failed(code);
    bank.outcomes.clear();
    await eventually(async () => (await harness.stored(id)).error !== null);
    expect(await harness.stored(id)).toMatchObject({ status, blockers: [], error: { code } });
  });

  it('once a person has to settle its own request', async () => {
    const { bank, harness, groupClosure } = await start({ a: 'OPEN' }, { reconcileHorizonMs: 6_000 });
    bank.outcomes.set('group', [{ kind: 'unknown', detail: 'Lost.' }]);
    bank.outcomes.set('new', [LATER]);
    const id = await groupClosure();
    await harness.until(id, 'UNCONFIRMED');
    bank.accounts.set('new', 'OPEN');
    await eventually(async () => (await harness.stored(id)).blockers.length > 0);
    expect(await harness.until(id, 'NEEDS_REVIEW')).toMatchObject({ blockers: [] });
  });

  it.each([
    ['closing', 'CLOSING', null],
    ['closed', 'REJECTED', { code: 'ACCOUNT_ALREADY_CLOSED', blockers: [] }],
  ] as const)('once the provider says that the group is %s', async (kind, status, error) => {
    const { bank, harness, groupClosure } = await start({ a: 'OPEN' }, { pollMinMs: 60_000, pollMaxMs: 60_000 });
    bank.tokenTrouble = LATER;
    const id = await groupClosure();
    const news = [{ id: `${kind}-1`, news: { kind, account: { ...GROUP, idType: 'PROVIDER_ID' }, at: Date.now() } }];
    const body = Buffer.from(JSON.stringify(news));
    await harness.engine.receiveWebhook('bank', { method: 'POST', path: '/webhooks/bank', query: '', headers: { signature: 'good' }, body });
    expect(await harness.until(id, status)).toMatchObject({ blockers: [], error });
  });
});
