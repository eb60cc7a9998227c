import { createEngine } from '../../src/engine';
import { CALLER, freshKey } from '../support/engine';
import { eventually, type GroupBench, LATER, REFUSED, startGroupBench } from '../support/group-bench';

const account = (id: string) => ({ provider: 'bank', kind: 'ACCOUNT', id }) as const;

let bench: GroupBench;
afterEach(() => bench.harness.dispose());

async function start(...given: Parameters<typeof startGroupBench>): Promise<GroupBench> {
  bench = await startGroupBench(...given);
  return bench;
}

describe('a group with its accounts', () => {
  it('closes the accounts first, then the group, each once', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN', b: 'OPEN', c: 'OPEN' });
    const id = await groupClosure();
    await harness.until(id, 'CLOSING');
    expect(bank.closed.slice(0, 3).toSorted()).toEqual(['a', 'b', 'c']);
    bank.settle();
    await harness.until(id, 'CLOSED');
    await eventually(async () => Object.values(await childStates(id)).every((status) => status === 'CLOSED'));
    expect(bank.closed.toSorted()).toEqual(['a', 'b', 'c', 'group']);
    expect(await harness.path(id)).toBe('REQUESTED CLOSING CLOSED');
  });

  it('is recorded together with its accounts, before anything else is written', async () => {
    const { harness, closeGroup, childStates } = await start({ a: 'OPEN', b: 'OPEN' });
    const commit = jest.spyOn(harness.store, 'commit').mockRejectedValue(new Error('A power cut.'));
    const { closure } = await closeGroup();
    expect(closure).toMatchObject({ status: 'REQUESTED', blockers: [{ code: 'OPEN_CHILD_ACCOUNTS', relatedIds: ['a', 'b'] }] });
    expect(await childStates(closure!.id)).toEqual({ a: 'REQUESTED', b: 'REQUESTED' });
    commit.mockRestore();
  });

  it('names the parent in each child and lets no key reach it', async () => {
    const { harness, closeGroup, childrenOf } = await start({ a: 'OPEN', b: 'OPEN' });
    const { closure } = await closeGroup();
    const children = await childrenOf(closure!.id);
    expect(children.map(({ idempotencyKey, reason, initiator, correlationId }) => [idempotencyKey, reason, initiator, correlationId])).toEqual(
      Array.from({ length: 2 }, () => [null, 'CUSTOMER_REQUEST', 'HOLDER', CALLER.correlationId]),
    );
    const parents = await harness.engine.service.parents(CALLER, children);
    expect(parents.map((parent) => parent?.id)).toEqual([closure!.id, closure!.id]);
  });

  it('tells the metrics of each account that gets a closure, and not of one that has one', async () => {
    const { bank, harness, closeGroup, childrenOf } = await start({ a: 'OPEN', b: 'OPEN' });
    bank.tokenTrouble = LATER;
    await harness.close({ account: account('a') });
    const told = jest.spyOn(harness.parts.telemetry, 'transition');
    const { closure } = await closeGroup();
    const [, own] = await childrenOf(closure!.id);
    const first = { provider: 'bank', from: null, to: 'REQUESTED', cause: 'REQUEST' };
    expect(told.mock.calls).toMatchObject([[{ ...first, closureId: closure!.id }], [{ ...first, closureId: own!.id }]]);
  });

  it('waits with OPEN_CHILD_ACCOUNTS while an account is not on its way', async () => {
    const { bank, harness, closeGroup } = await start({ a: 'OPEN', b: 'OPEN' });
    bank.tokenTrouble = LATER;
    const { closure } = await closeGroup();
    expect(closure).toMatchObject({ status: 'REQUESTED', blockers: [{ code: 'OPEN_CHILD_ACCOUNTS', stage: 'REQUEST', selfResolving: true, relatedIds: ['a', 'b'] }] });
    const { version } = await harness.stored(closure!.id);
    const looks = bank.listed;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await harness.stored(closure!.id)).toMatchObject({ status: 'REQUESTED', version });
    expect(bank.listed).toBe(looks);
    bank.tokenTrouble = null;
    expect(await harness.until(closure!.id, 'CLOSING')).toMatchObject({ attempts: 1, blockers: [] });
  });

  it('is sent while its accounts are still CLOSING', async () => {
    const { harness, groupClosure, childStates } = await start({ a: 'OPEN' });
    const id = await groupClosure();
    await harness.until(id, 'CLOSING');
    expect(await childStates(id)).toEqual({ a: 'CLOSING' });
  });

  it('closes a group without accounts, and one whose accounts are closed, at once', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'CLOSED' });
    const id = await groupClosure();
    await harness.until(id, 'CLOSING');
    expect([bank.closed, await childStates(id)]).toEqual([['group'], {}]);
  });

  it('closes an account that was opened in the meantime', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN' });
    bank.tokenTrouble = LATER;
    const id = await groupClosure();
    bank.accounts.set('new', 'OPEN');
    bank.tokenTrouble = null;
    await harness.until(id, 'CLOSING');
    expect(await childStates(id)).toEqual({ a: 'CLOSING', new: 'CLOSING' });
    expect(bank.closed.at(-1)).toBe('group');
  });

  it('adopts an account that somebody else is closing and asks for nothing', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'CLOSING', b: 'OPEN' });
    const id = await groupClosure();
    await harness.until(id, 'CLOSING');
    expect(await childStates(id)).toEqual({ a: 'CLOSING', b: 'CLOSING' });
    expect(bank.closed).toEqual(['b', 'group']);
  });

  it('links a live closure of an account', async () => {
    const { bank, harness, groupClosure, childrenOf } = await start({ a: 'OPEN', b: 'OPEN' });
    const own = (await harness.close({ account: account('a') })).closure!;
    await harness.until(own.id, 'CLOSING');
    const id = await groupClosure();
    await harness.until(id, 'CLOSING');
    expect((await childrenOf(id)).map((child) => child.id)).toContain(own.id);
    expect((await harness.engine.service.parents(CALLER, [own]))[0]?.id).toBe(id);
    expect(bank.closed).toEqual(['a', 'b', 'group']);
  });

  it('is rejected with an account that is refused, and a new request goes on from there', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN', b: 'OPEN' });
    bank.outcomes.set('b', [REFUSED]);
    const id = await groupClosure();
    expect(await harness.until(id, 'REJECTED')).toMatchObject({
      attempts: 0,
      error: { code: 'CLOSURE_BLOCKED', blockers: [{ code: 'OPEN_CHILD_ACCOUNTS', relatedIds: ['b'] }] },
    });
    bank.outcomes.clear();
    const again = await groupClosure();
    await harness.until(again, 'CLOSING');
    expect(await childStates(again)).toEqual({ a: 'CLOSING', b: 'CLOSING' });
    expect(bank.closed.toSorted()).toEqual(['a', 'b', 'b', 'group']);
  });

  it('goes on where an account turns out to be closed, whatever a list that lags behind shows', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN' });
    bank.outcomes.set('a', [{ kind: 'alreadyClosed' }]);
    const id = await groupClosure();
    await harness.until(id, 'CLOSING');
    expect([await childStates(id), bank.closed]).toEqual([{ a: 'REJECTED' }, ['a', 'group']]);
  });

  it('closes an account of which somebody else had only announced it', async () => {
    const { bank, harness, groupClosure, childrenOf } = await start({ a: 'OPEN' });
    bank.tokenTrouble = LATER;
    const announced = (await harness.close({ account: account('a'), announceOnly: true })).closure!;
    bank.outcomes.set('a', [{ kind: 'announced' }, { kind: 'accepted' }]);
    const id = await groupClosure();
    expect((await childrenOf(id)).map((child) => child.id)).toEqual([announced.id]);
    bank.tokenTrouble = null;
    await harness.until(id, 'CLOSING');
    expect((await childrenOf(id)).map(({ status }) => status)).toEqual(['ANNOUNCED', 'CLOSING']);
    expect(bank.closed).toEqual(['a', 'a', 'group']);
  });

  it('takes up an account that was reopened', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN' });
    const first = (await harness.close({ account: account('a') })).closure!;
    await harness.until(first.id, 'CLOSING');
    bank.settle();
    await harness.until(first.id, 'CLOSED');
    bank.accounts.set('a', 'OPEN');
    await eventually(() => Date.now() > harness.parts.settings.reopenGraceMs + first.requestedAt + 400);
    const id = await groupClosure();
    await harness.until(id, 'CLOSING');
    expect(await childStates(id)).toEqual({ a: 'CLOSING' });
    expect(await harness.stored(first.id)).toMatchObject({ status: 'REOPENED' });
  });

  it('leaves alone an account whose closing the list does not show yet', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN' }, { reopenGraceMs: 60_000 });
    const first = (await harness.close({ account: account('a') })).closure!;
    await harness.until(first.id, 'CLOSING');
    bank.settle();
    await harness.until(first.id, 'CLOSED');
    bank.accounts.set('a', 'OPEN');
    const id = await groupClosure();
    await harness.until(id, 'CLOSING');
    expect([await childStates(id), bank.closed]).toEqual([{}, ['a', 'group']]);
  });
});

describe('requests about groups', () => {
  it('replays one with its key and asks the provider for nothing', async () => {
    const { bank, harness, closeGroup } = await start({ a: 'OPEN' });
    const idempotencyKey = freshKey();
    const { closure } = await closeGroup({ idempotencyKey });
    await harness.until(closure!.id, 'CLOSING');
    const looks = bank.listed;
    expect(await closeGroup({ idempotencyKey })).toMatchObject({ closure: { id: closure!.id }, error: null, replayed: true });
    expect(await closeGroup({ idempotencyKey, includeAccounts: false })).toMatchObject({ closure: null, error: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await closeGroup()).toMatchObject({ closure: { id: closure!.id }, error: { code: 'CLOSURE_IN_PROGRESS' } });
    expect(bank.listed).toBe(looks);
  });

  it('gives one group to one of many requests', async () => {
    const { bank, harness, closeGroup } = await start({ a: 'OPEN', b: 'OPEN', c: 'OPEN' });
    const results = await Promise.all(Array.from({ length: 20 }, () => closeGroup()));
    const ids = new Set(results.map(({ closure }) => closure?.id));
    expect([ids.size, results.filter(({ error }) => error === null)]).toMatchObject([1, [{}]]);
    await harness.until([...ids][0]!, 'CLOSING');
    expect(bank.closed.toSorted()).toEqual(['a', 'b', 'c', 'group']);
  });

  it.each([
    [{ account: account('a'), includeAccounts: true }, 'UNSUPPORTED_BY_PROVIDER', ['input', 'includeAccounts']],
    [{ announceOnly: true }, 'INVALID_INPUT', ['input', 'includeAccounts']],
    [{ liquidatePositions: true }, 'UNSUPPORTED_BY_PROVIDER', ['input', 'liquidatePositions']],
  ])('refuses %j', async (more, code, field) => {
    const { closeGroup } = await start({ a: 'OPEN' });
    expect(await closeGroup(more)).toMatchObject({ closure: null, error: { code, field } });
  });

  it('lists the accounts once for many requests at once', async () => {
    const { bank, closeGroup } = await start({ a: 'OPEN' });
    await Promise.all(Array.from({ length: 100 }, () => closeGroup()));
    expect(bank.listed).toBeLessThanOrEqual(3);
  });

  it('is rejected when one of its accounts is withdrawn', async () => {
    const { bank, harness, groupClosure, childrenOf } = await start({ a: 'OPEN', b: 'OPEN' });
    bank.tokenTrouble = LATER;
    const id = await groupClosure();
    const [first] = await childrenOf(id);
    await harness.engine.service.cancelClosure(CALLER, first!.id);
    expect(await harness.until(id, 'REJECTED')).toMatchObject({ error: { code: 'CLOSURE_BLOCKED' } });
  });

  it('goes on after a restart', async () => {
    const { bank, harness, groupClosure } = await start({ a: 'OPEN', b: 'OPEN' });
    bank.tokenTrouble = LATER;
    const id = await groupClosure();
    await harness.engine.drain();
    bank.tokenTrouble = null;
    const next = createEngine(harness.parts);
    next.start();
    try {
      await harness.until(id, 'CLOSING');
      expect(bank.closed.toSorted()).toEqual(['a', 'b', 'group']);
    } finally {
      await next.drain();
    }
  });
});
