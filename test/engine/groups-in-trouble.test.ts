import type { CloseOutcome } from '../../src/domain/outcome';
import { CALLER } from '../support/engine';
import { eventually, GROUP, type GroupBench, LATER, REFUSED, startGroupBench } from '../support/group-bench';

let bench: GroupBench;
afterEach(() => bench.harness.dispose());

async function start(...given: Parameters<typeof startGroupBench>): Promise<GroupBench> {
  bench = await startGroupBench(...given);
  return bench;
}

describe('a group whose own request has trouble', () => {
  it.each<[string, CloseOutcome]>([
    ['out of service', { kind: 'unavailable' }],
    ['lost', { kind: 'unknown', detail: 'Lost.' }],
    ['slow down', { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'Slow down.' }],
  ])('%s: lists its accounts again before every request', async (_what, outcome) => {
    const { bank, harness, groupClosure } = await start({ a: 'OPEN' });
    bank.outcomes.set('group', [outcome, { kind: 'accepted' }]);
    const send = bank.requestClosure.bind(bank);
    bank.requestClosure = async (request, more) => {
      const answer = await send(request, more);
      if (request.account.id === 'group' && answer.kind !== 'accepted') bank.accounts.set('new', 'OPEN');
      return answer;
    };
    const id = await groupClosure();
    await harness.until(id, 'CLOSING');
    expect(bank.closed).toEqual(['a', 'group', 'new', 'group']);
  });

  it('is not rejected for an account while its own request is in doubt', async () => {
    const { bank, harness, groupClosure } = await start({ a: 'OPEN' });
    bank.outcomes.set('group', [{ kind: 'unavailable' }, { kind: 'accepted' }]);
    bank.outcomes.set('new', [REFUSED]);
    const send = bank.requestClosure.bind(bank);
    bank.requestClosure = async (request, more) => {
      const answer = await send(request, more);
      if (answer.kind === 'unavailable') bank.accounts.set('new', 'OPEN');
      return answer;
    };
    const id = await groupClosure();
    expect(await harness.until(id, 'REJECTED')).toMatchObject({ error: { code: 'CLOSURE_BLOCKED' } });
    expect(await harness.path(id)).toBe('REQUESTED UNCONFIRMED REQUESTED REJECTED');
    expect(bank.closed).toEqual(['a', 'group', 'new']);
  });

  it('lists its accounts again when a person has its request sent once more', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN' }, { reconcileHorizonMs: 150 });
    bank.outcomes.set('group', [{ kind: 'unknown', detail: 'Lost.' }]);
    const id = await groupClosure();
    const { version } = await harness.until(id, 'NEEDS_REVIEW');
    bank.accounts.set('new', 'OPEN');
    bank.outcomes.clear();
    await harness.engine.service.resolveClosure(CALLER, { closureId: id, outcome: 'RETRY', note: 'Not seen at the bank.', expectedVersion: version });
    await harness.until(id, 'CLOSING');
    expect(await childStates(id)).toEqual({ a: 'CLOSING', new: 'CLOSING' });
    expect(bank.closed.slice(-2)).toEqual(['new', 'group']);
  });

  it('takes up an account that comes back while it waits', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN', b: 'OPEN' });
    bank.outcomes.set('b', [LATER]);
    const id = await groupClosure();
    await eventually(() => bank.accounts.get('a') === 'CLOSING');
    bank.settle();
    await eventually(async () => (await childStates(id)).a === 'CLOSED');
    const closedAt = Date.now();
    bank.accounts.set('a', 'OPEN');
    await eventually(() => Date.now() > closedAt + harness.parts.settings.reopenGraceMs + 50);
    bank.outcomes.clear();
    await harness.until(id, 'CLOSING');
    expect(bank.closed.toSorted().filter((one) => one === 'a')).toHaveLength(2);
  });

  it('closes its accounts too where somebody else began its closing', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN', b: 'OPEN' });
    const failure = { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'Out of service.' } as const;
    bank.lists = Array.from({ length: 6 }, () => failure);
    const id = await groupClosure();
    bank.accounts.set('group', 'CLOSING');
    await harness.engine.service.refreshClosure(CALLER, id);
    await eventually(async () => Object.keys(await childStates(id)).length === 2);
    await eventually(async () => Object.values(await childStates(id)).every((status) => status === 'CLOSING'));
    expect([(await harness.stored(id)).attempts, bank.closed.toSorted()]).toEqual([0, ['a', 'b']]);
  });

  it('is not held up by accounts that come to their end', async () => {
    const { bank, harness, groupClosure } = await start(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`a${index}`, 'CLOSING' as const])));
    const list = bank.listChildren.bind(bank);
    let next = 0;
    bank.listChildren = async (group) => {
      const children = await list(group);
      bank.accounts.set(`a${next}`, 'CLOSED');
      next += 1;
      await new Promise((resolve) => setTimeout(resolve, 60));
      return children;
    };
    await harness.until(await groupClosure(), 'CLOSING');
    expect(bank.listed).toBeLessThan(6);
  });
});

describe('a list that cannot be had', () => {
  it('delays the group and fails nothing', async () => {
    const { bank, harness, closeGroup } = await start({ a: 'OPEN' });
    const failure = { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'Out of service.' } as const;
    bank.lists = Array.from({ length: 4 }, () => failure);
    const { closure, error } = await closeGroup();
    expect([error, closure]).toMatchObject([null, { status: 'REQUESTED', error: { code: 'PROVIDER_UNAVAILABLE' } }]);
    await harness.until(closure!.id, 'CLOSING');
    expect(bank.closed).toEqual(['a', 'group']);
  });

  it('is trouble of before once it can be had', async () => {
    const { bank, harness, closeGroup, childStates } = await start({ a: 'OPEN' });
    const failure = { ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'Out of service.' } as const;
    bank.lists = [failure, failure];
    bank.outcomes.set('a', [LATER]);
    const { closure } = await closeGroup();
    expect(closure?.error?.code).toBe('PROVIDER_UNAVAILABLE');
    await eventually(async () => (await childStates(closure!.id)).a === 'REQUESTED');
    expect(await harness.stored(closure!.id)).toMatchObject({ status: 'REQUESTED', error: null });
  });

  it('once does not count as never again', async () => {
    const { bank, harness, groupClosure, childStates } = await start({ a: 'OPEN' });
    const unseen = { ok: false, code: 'ACCOUNT_NOT_FOUND', message: 'The provider knows no such group.' } as const;
    bank.lists = [unseen, unseen];
    bank.outcomes.set('a', [LATER]);
    const id = await groupClosure();
    await eventually(async () => (await childStates(id)).a === 'REQUESTED');
    // Right before the group would leave, reads miss it again, and for longer than they lag behind.
    bank.accounts.set('new', 'OPEN');
    bank.lists = Array.from({ length: 1_000 }, () => unseen);
    bank.outcomes.clear();
    await eventually(async () => (await harness.stored(id)).error?.code === 'ACCOUNT_NOT_FOUND');
    const looks = bank.listed;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await eventually(() => bank.listed > looks + 1);
    bank.lists = [];
    await harness.until(id, 'CLOSING');
    expect(bank.closed.at(-1)).toBe('group');
    expect(await childStates(id)).toEqual({ a: 'CLOSING', new: 'CLOSING' });
  });

  it('because its adapter throws does so too', async () => {
    const { bank, harness, closeGroup } = await start({ a: 'OPEN' });
    const list = bank.listChildren.bind(bank);
    bank.listChildren = async (group) => {
      if (bank.listed > 2) return list(group);
      bank.listed += 1;
      throw new Error('A bug.');
    };
    const { closure, error } = await closeGroup();
    expect([error, closure?.status]).toEqual([null, 'REQUESTED']);
    await harness.until(closure!.id, 'CLOSING');
  });

  it('does not hold up the caller', async () => {
    const { bank, harness, closeGroup } = await start({ a: 'OPEN' }, { closeWaitMs: 30 });
    const original = bank.listChildren.bind(bank);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    bank.listChildren = async (group) => {
      await held;
      return original(group);
    };
    const { closure } = await closeGroup();
    expect(closure).toMatchObject({ status: 'REQUESTED' });
    release();
    await harness.until(closure!.id, 'CLOSING');
    expect(bank.closed).toEqual(['a', 'group']);
  });

  it('rejects the group where the provider does not permit it', async () => {
    const { bank, closeGroup } = await start({ a: 'OPEN' });
    const failure = { ok: false, code: 'PROVIDER_PERMISSION_DENIED', message: 'No.' } as const;
    bank.lists = [failure, failure];
    expect(await closeGroup()).toMatchObject({ error: { code: 'PROVIDER_PERMISSION_DENIED' }, closure: { status: 'REJECTED', attempts: 0 } });
  });

  it('leaves open what became of a request that is in doubt, where the provider permits the list no longer', async () => {
    const { bank, harness, groupClosure } = await start({ a: 'OPEN' }, { reconcileHorizonMs: 60_000 });
    bank.outcomes.set('group', [{ kind: 'unknown', detail: 'Lost.' }, { kind: 'accepted' }]);
    const id = await groupClosure();
    await harness.until(id, 'UNCONFIRMED');
    bank.lists = Array.from({ length: 1_000 }, () => ({ ok: false, code: 'PROVIDER_PERMISSION_DENIED', message: 'No.' }) as const);
    await eventually(async () => (await harness.stored(id)).error?.code === 'PROVIDER_PERMISSION_DENIED');
    expect((await harness.stored(id)).status).toBe('UNCONFIRMED');
    bank.lists = [];
    await harness.until(id, 'CLOSING');
  });

  it('lets the close request say that there is no such group', async () => {
    const { harness, closeGroup } = await start({ a: 'OPEN' });
    const { closure } = await closeGroup({ account: { ...GROUP, id: 'nobody' } });
    expect(await harness.until(closure!.id, 'REJECTED')).toMatchObject({ error: { code: 'ACCOUNT_NOT_FOUND' } });
  });

  it('closes no group without its accounts because a read lags behind', async () => {
    const { bank, harness, groupClosure } = await start({ a: 'OPEN' });
    const unseen = { ok: false, code: 'ACCOUNT_NOT_FOUND', message: 'The provider knows no such group.' } as const;
    bank.lists = [unseen, unseen];
    const id = await groupClosure();
    await harness.until(id, 'CLOSING');
    expect(bank.closed).toEqual(['a', 'group']);
  });
});
