import { canonicalAccount } from '../../src/domain/account';
import type { ChildAccount } from '../../src/ports/provider';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import { type Bench, changing, first, inShort, openBench, taken } from './bench';
import type { ContractGroups, ProviderContract } from './contract';
import { FAILED_READS } from './reads';

/** More than a page at any provider that is known. */
const MANY = 250;

/** The accounts of a group, for those who close each of them: all are listed, or none. */
export function listing<Sandbox extends RunningSandbox>(contract: ProviderContract<Sandbox>, groups: ContractGroups<Sandbox>): void {
  let bench: Bench<Sandbox>;
  beforeEach(async () => {
    bench = await openBench(contract);
  });
  afterEach(() => bench.dispose());

  const listed = async (group: Parameters<typeof bench.list>[0]): Promise<ChildAccount[]> => {
    const read = await bench.list(group);
    if (!read.ok) throw new Error(`${read.code}: ${read.message}`);
    return read.children;
  };

  it.each([0, 1, MANY])('are listed, all %i, each once and open', async (count) => {
    bench.openGroup();
    const { group, accounts } = bench.openGroup(count);
    const children = await listed(group);
    expect(children.map(({ account }) => bench.named(account)).toSorted()).toEqual(accounts.toSorted());
    expect(new Set(children.map(({ state }) => state))).toEqual(new Set(count > 0 ? ['OPEN'] : []));
  });

  it('are of the declared kind, and named as a caller\'s accounts are', async () => {
    const { kinds, idRules } = bench.adapter.capabilities;
    const childKind = kinds.find((kind) => kind.childKind)?.childKind;
    const { idTypes = [] } = kinds.find(({ kind }) => kind === childKind) ?? {};
    for (const { account } of await listed(bench.openGroup().group)) {
      expect(account).toMatchObject({ provider: 'bank', kind: childKind });
      expect(idTypes).toContain(account.idType);
      expect(account).toEqual(canonicalAccount(account, account.idType, idRules));
    }
  });

  it('can be closed as they are named, and are not open from then on', async () => {
    const { group } = bench.openGroup();
    const { kinds } = bench.adapter.capabilities;
    for (const { account } of await listed(group)) {
      expect(taken(kinds.find(({ kind }) => kind === account.kind)?.completion ?? 'SYNC')).toContain(inShort(await bench.close(account)));
      expect(bench.sandbox.effectiveCloses(bench.named(account))).toBe(1);
    }
    expect((await listed(group)).map(({ state }) => state)).not.toContain('OPEN');
  });

  it('are in the state that their words mean, and UNKNOWN with one that no table has, which is reported', async () => {
    const { group } = bench.openGroup(1);
    const [child] = await listed(group);
    if (!child) throw new Error('The group has no account.');
    for (const [word, state] of [...Object.entries(contract.reads), ['never-heard-of', 'UNKNOWN'] as const]) {
      bench.sandbox.script('*', 'list', [groups.listAnswer(group, child.account, word)]);
      expect(await listed(group)).toEqual([{ account: child.account, state }]);
    }
    expect(bench.unmapped).toEqual([{ provider: 'bank', what: 'status', word: 'never-heard-of', correlationId: 'correlation-1' }]);
  });

  it('are not those of another group', async () => {
    const { group } = bench.openGroup();
    const other = bench.openGroup();
    const [stranger] = await listed(other.group);
    if (!stranger) throw new Error('The group has no account.');
    bench.sandbox.script('*', 'list', [groups.listAnswer(other.group, stranger.account, first(Object.keys(contract.reads)))]);
    const read = await bench.list(group);
    expect(read.ok ? read.children : []).toEqual([]);
  });

  it('are listed without a change at the provider', async () => {
    await listed(bench.openGroup().group);
    expect(changing(bench.sandbox)).toEqual([]);
  });

  it.each(FAILED_READS)('are not listed at all where a list gets %s', async (_what, steps, code) => {
    const { group } = bench.openGroup();
    bench.sandbox.script('*', 'list', steps);
    const read = await bench.list(group);
    expect(read).toMatchObject({ ok: false, code });
    expect(read).not.toHaveProperty('children');
    expect(bench.sandbox.strayRequests()).toBe(0);
  });
}
