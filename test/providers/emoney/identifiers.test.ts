import { canonicalAccount } from '../../../src/domain/account';
import { MAGIC_ACCOUNTS } from '../../../providers/emoney/sandbox/magic-accounts';
import { account, type Bench, freshAccount, openBench } from './support';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.dispose());

const real = MAGIC_ACCOUNTS.real.preset;
const byIban = account(real.iban, { idType: 'IBAN' });
const byBban = account(real.bban, { idType: 'BBAN', country: real.country });

describe('the request', () => {
  it.each([
    [account(real.uuid), `/accounts/${real.uuid}/close`, '?account_id_type=uuid'],
    [byIban, `/accounts/${real.iban}/close`, '?account_id_type=iban'],
    [byBban, `/accounts/${real.bban}/close`, '?account_id_type=bban&account_id_country=ES'],
  ])('names the account and the kind of its identifier: %j', async (wanted, path, query) => {
    expect((await bench.close(wanted)).kind).toBe('closed');
    expect(bench.bank.ledger.at(-1)).toMatchObject({ method: 'POST', path, query, accountId: real.uuid, effect: true });
  });

  it('keeps the path of the base URL', async () => {
    const adapter = bench.another({ BASE_URL: `${bench.bank.url}/v2/` });
    await adapter.readAccount(account(real.uuid), { correlationId: 'c', purpose: 'POLL', blockers: true });
    expect(bench.bank.ledger.at(-1)).toMatchObject({ path: `/v2/accounts/${real.uuid}`, status: 404 });
  });

  it('throws for a kind of identifier that the capabilities do not have', async () => {
    await expect(bench.close(account('x', { idType: 'PROVIDER_ID' }))).rejects.toThrow('no ids of its own');
    expect(bench.bank.closeRequests()).toBe(0);
  });
});

describe('one account under three identifiers', () => {
  it('closes once', async () => {
    expect((await bench.close(byBban)).kind).toBe('closed');
    expect((await bench.close(byIban)).kind).toBe('alreadyClosed');
    expect((await bench.close(account(real.uuid))).kind).toBe('alreadyClosed');
    expect(bench.bank.effectiveCloses(real.iban)).toBe(1);
    expect(bench.bank.closeRequests(`ES:${real.bban}`)).toBe(3);
  });

  it('is seen as one by the bank that meets it for the first time', async () => {
    const iban = account('GB73PNXT09991100000010', { idType: 'IBAN' });
    expect((await bench.close(iban)).kind).toBe('closed');
    expect((await bench.close(account('PNXT09991100000010', { idType: 'BBAN', country: 'GB' }))).kind).toBe('alreadyClosed');
  });

  it('reveals its other identifiers to a read, in canonical form', async () => {
    const refs = [account(real.uuid), byIban, byBban];
    for (const asked of refs) {
      const read = await bench.read(asked);
      expect(read).toMatchObject({ ok: true, state: 'OPEN' });
      expect(read.ok && read.aliases).toEqual(refs.filter((ref) => ref !== asked));
    }
  });

  it('keeps the kind it was asked under', async () => {
    const read = await bench.read({ ...byIban, kind: 'VIRTUAL_ACCOUNT' });
    expect(read.ok && read.aliases.map(({ kind }) => kind)).toEqual(['VIRTUAL_ACCOUNT', 'VIRTUAL_ACCOUNT']);
  });
});

describe('virtual accounts', () => {
  const one = account(MAGIC_ACCOUNTS.virtualOne.preset.uuid, { kind: 'VIRTUAL_ACCOUNT' });
  const two = account(MAGIC_ACCOUNTS.virtualTwo.preset.uuid, { kind: 'VIRTUAL_ACCOUNT' });

  it('close by themselves', async () => {
    expect((await bench.close(one)).kind).toBe('closed');
    expect(await bench.read(two)).toMatchObject({ state: 'OPEN' });
    expect(await bench.read(account(real.uuid))).toMatchObject({ state: 'OPEN' });
  });

  it('close with the account that they belong to', async () => {
    await bench.close(account(real.uuid));
    expect(await bench.read(one)).toMatchObject({ state: 'CLOSED', providerStatus: 'Closed' });
    expect((await bench.close(two)).kind).toBe('alreadyClosed');
    expect(bench.bank.effectiveCloses(two.id)).toBe(0);
  });
});

describe('a read about another account', () => {
  it('is not believed', async () => {
    const asked = freshAccount();
    const body = JSON.stringify({ status: 'Closed', accountIdentifiers: [{ accountIdType: 'uuid', accountId: real.uuid }] });
    bench.bank.script(asked.id, 'read', [{ status: 200, headers: { 'content-type': 'application/json' }, body }]);
    expect(await bench.read(asked)).toMatchObject({ ok: false, code: 'PROVIDER_PROTOCOL_ERROR' });
  });

  it('is told from one whose identifiers are not well-formed', async () => {
    const asked = freshAccount();
    const accountIdentifiers = [{ accountIdType: 'uuid', accountId: '../..' }, { accountIdType: 'iban', accountId: 'XX' }, { accountIdType: 'bban', accountId: real.bban }, 7, {}];
    const body = JSON.stringify({ status: 'Open', accountIdentifiers });
    bench.bank.script(asked.id, 'read', [{ status: 200, headers: { 'content-type': 'application/json' }, body }]);
    expect(await bench.read(asked)).toMatchObject({ ok: true, state: 'OPEN', aliases: [] });
  });
});

describe('the grammar of identifiers', () => {
  /** The sample of the provider's own page; its check digits are wrong. */
  const sample = 'ES82 9999 9999 5300 0000 0097';
  const input = { provider: 'emoney', kind: 'ACCOUNT', id: sample } as const;

  it('refuses wrong check digits unless the setting says otherwise', async () => {
    expect(() => canonicalAccount(input, 'IBAN', bench.adapter.capabilities.idRules)).toThrow('check digits');
    const { idRules } = bench.another({ IBAN_CHECKSUM: 'off' }).capabilities;
    const wanted = canonicalAccount(input, 'IBAN', idRules);
    expect(wanted.id).toBe('ES8299999999530000000097');
    expect((await bench.close(wanted)).kind).toBe('closed');
  });

  it('has UUIDs by default, and no ids of the provider', () => {
    for (const kind of bench.adapter.capabilities.kinds) {
      expect(kind).toMatchObject({ idTypes: ['UUID', 'IBAN', 'BBAN'], defaultIdType: 'UUID', completion: 'SYNC' });
    }
    expect(bench.adapter.capabilities.kinds.map(({ kind }) => kind)).toEqual(['ACCOUNT', 'VIRTUAL_ACCOUNT']);
  });
});
