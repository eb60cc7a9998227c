import { type AccountRef, closureRef, lockKey } from '../../src/domain/account';
import type { Closure } from '../../src/domain/closure';
import type { Alias } from '../../src/ports/store';
import { sampleAccount, sampleClosure, sampleEvent } from '../support/sample-closure';
import { byWorker, type Current, idsOf, LEASE_MS, recorded } from './harness';

const aliasOf = (account: AccountRef): Alias => ({ account, lockKey: lockKey(account, false) });

export function identifierContract(current: Current): void {
  const iban = () => sampleAccount({ idType: 'IBAN', id: 'ES9121000418450200051332' });
  const ask = (account: AccountRef, over: Partial<Closure> = {}) =>
    current().store.record(sampleClosure({ account, ...over }), sampleEvent(), LEASE_MS);
  const name = (closure: Closure, ...accounts: AccountRef[]) =>
    current().store.commit(byWorker(closure, { aliases: accounts.map(aliasOf) }));
  const end = (closure: Closure, aliases: Alias[] = []) =>
    current().store.commit(byWorker(closure, { set: { status: 'CLOSED' }, aliases }));

  describe('another name of an account', () => {
    it('leads to its closure', async () => {
      const closure = await recorded(current);
      const alias = iban();
      await name(closure, alias);
      const { store } = current();
      expect(idsOf(await store.newestByRef('tenant-a', [closureRef(alias)]))).toEqual([closure.id]);
      expect(await store.byLockKey('tenant-a', 'bank', aliasOf(alias).lockKey)).toMatchObject({ id: closure.id });
      expect(idsOf(await store.list('tenant-a', { accountRef: closureRef(alias) }, 10, null))).toEqual([closure.id]);
      expect(idsOf(await store.list('tenant-a', { visibleTo: { subject: 'nobody', accountRefs: [closureRef(alias)] } }, 10, null))).toEqual([closure.id]);
      const [refs] = await store.accountRefs('tenant-a', [closure.id]);
      expect(refs!.toSorted()).toEqual([closureRef(alias), closureRef(closure.account)].toSorted());
    });

    it('is taken while its closure is live, and free afterwards', async () => {
      const closure = await recorded(current);
      const alias = iban();
      await name(closure, alias);
      expect(await ask(alias)).toMatchObject({ kind: 'accountTaken', closure: { id: closure.id } });
      await end(closure);
      expect((await ask(alias)).kind).toBe('recorded');
    });

    it('is not taken when it comes with the end of its closure, or later', async () => {
      const [early, late] = [iban(), sampleAccount()];
      const closure = await recorded(current);
      await end(closure, [aliasOf(early)]);
      await name(closure, late);
      expect((await ask(early)).kind).toBe('recorded');
      expect((await ask(late)).kind).toBe('recorded');
    });

    it('may be told again and again', async () => {
      const closure = await recorded(current);
      const alias = iban();
      await name(closure, alias, alias, closure.account);
      await name(closure, alias);
      expect((await ask(alias)).kind).toBe('accountTaken');
      expect((await ask(closure.account)).kind).toBe('accountTaken');
    });

    it('may have the lock key of the first one', async () => {
      const closure = await recorded(current);
      const account = sampleAccount({ ...closure.account, kind: 'VIRTUAL_ACCOUNT' });
      await current().store.commit(byWorker(closure, { aliases: [{ account, lockKey: closure.lockKey }] }));
      expect(idsOf(await current().store.newestByRef('tenant-a', [closureRef(account)]))).toEqual([closure.id]);
      expect((await ask(closure.account)).kind).toBe('accountTaken');
    });

    it('stays with the live closure that had it first, and is only looked up for the other', async () => {
      const { store } = current();
      const holder = await recorded(current, { account: iban() });
      const other = await recorded(current);
      expect(await name(other, holder.account)).not.toBeNull();
      expect(await ask(holder.account)).toMatchObject({ kind: 'accountTaken', closure: { id: holder.id } });
      expect(idsOf(await store.newestByRef('tenant-a', [closureRef(holder.account)]))).toEqual([other.id]);
      await end(other);
      expect(await ask(holder.account)).toMatchObject({ kind: 'accountTaken', closure: { id: holder.id } });
    });

    it('goes to the other when it is told again after the first has ended', async () => {
      const holder = await recorded(current, { account: iban() });
      const other = await recorded(current);
      await name(other, holder.account);
      await end(holder);
      await name(other, holder.account);
      expect(await ask(holder.account)).toMatchObject({ kind: 'accountTaken', closure: { id: other.id } });
    });

    it('belongs to one of a hundred closures that are told it at once', async () => {
      const alias = iban();
      const closures = [];
      for (let index = 0; index < 100; index += 1) closures.push(await recorded(current));
      const named = await Promise.all(closures.map((closure) => name(closure, alias)));
      expect(named).not.toContain(null);
      const result = await ask(alias);
      expect(result.kind).toBe('accountTaken');
      expect(idsOf(closures)).toContain(result.kind === 'accountTaken' && result.closure.id);
    });
  });

  describe('the newest closure of an account', () => {
    const three = async () => {
      const account = iban();
      const [oldest, middle] = [await recorded(current, { account }), await recorded(current)];
      await name(middle, account);
      await end(oldest);
      const newest = await recorded(current, { account });
      return { account, middle, newest, ref: closureRef(account) };
    };

    it('is the one with the highest id, by any name, live or not', async () => {
      const { store } = current();
      const { account, middle, newest, ref } = await three();
      const key = lockKey(account, false);
      expect(idsOf(await store.newestByRef('tenant-a', [ref]))).toEqual([newest.id]);
      expect(await store.byLockKey('tenant-a', 'bank', key)).toMatchObject({ id: newest.id });
      await end(newest);
      expect(await store.byLockKey('tenant-a', 'bank', key)).toMatchObject({ id: newest.id });
      expect(idsOf(await store.newestByRef('tenant-a', [closureRef(middle.account)]))).toEqual([middle.id]);
    });

    it('comes in the order asked, with null where there is none', async () => {
      const { middle, newest, ref } = await three();
      const other = closureRef(middle.account);
      const found = await current().store.newestByRef('tenant-a', [other, 'bank:nothing', ref, other]);
      expect(idsOf(found)).toEqual([middle.id, null, newest.id, middle.id]);
      expect(await current().store.newestByRef('tenant-a', [])).toEqual([]);
    });

    it('is the newest of those that may be seen, as those by their ids are', async () => {
      const { store } = current();
      const account = sampleAccount();
      const ref = closureRef(account);
      const own = await recorded(current, { account, subject: 'anna' });
      await end(own);
      const later = await recorded(current, { account, subject: 'bank-officer' });
      const alias = iban();
      await name(later, alias);
      const newest = async (subject: string, ...accountRefs: string[]) => idsOf(await store.newestByRef('tenant-a', [ref, closureRef(alias)], { subject, accountRefs }));
      expect(await newest('anna')).toEqual([own.id, null]);
      expect(await newest('bert')).toEqual([null, null]);
      expect(await newest('bank-officer')).toEqual([later.id, later.id]);
      // By any name of the account.
      expect(await newest('bert', closureRef(alias))).toEqual([later.id, later.id]);
      expect(await newest('anna', ref)).toEqual([later.id, later.id]);
      expect(idsOf(await store.newestByRef('tenant-b', [ref], { subject: 'anna', accountRefs: [ref] }))).toEqual([null]);

      const byId = async (subject: string, ...accountRefs: string[]) => idsOf(await store.closures('tenant-a', [later.id, own.id], { subject, accountRefs }));
      expect(await byId('anna')).toEqual([null, own.id]);
      expect(await byId('bert')).toEqual([null, null]);
      expect(await byId('bert', closureRef(alias))).toEqual([later.id, null]);
      expect(await byId('anna', ref)).toEqual([later.id, own.id]);
      expect(idsOf(await store.closures('tenant-b', [own.id], { subject: 'anna', accountRefs: [ref] }))).toEqual([null]);
    });

    it('is nobody\'s where the provider began it', async () => {
      const account = iban();
      await recorded(current, { account, subject: account.provider });
      const found = await current().store.newestByRef('tenant-a', [closureRef(account)], { subject: account.provider, accountRefs: [] });
      expect(found).toEqual([null]);
    });

    it('is another one at another provider', async () => {
      const { account } = await three();
      expect(await current().store.byLockKey('tenant-a', 'other-bank', lockKey(account, false))).toBeNull();
    });
  });
}
