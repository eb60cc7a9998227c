import { FAULT_NAMES, type FaultName } from '../../../src/provider-kit/sandbox-faults';
import { jsonAnswer } from '../../../src/provider-kit/sandbox';
import { DOCUMENTED_ANSWERS } from '../../../providers/emoney/sandbox/answers';
import { MAGIC_ACCOUNTS } from '../../../providers/emoney/sandbox/magic-accounts';
import { account, type Bench, freshAccount, openBench } from './support';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench({}, { timeoutMs: 1_000 });
});
afterEach(() => bench.dispose());

const magic = (name: keyof typeof MAGIC_ACCOUNTS) => account(MAGIC_ACCOUNTS[name].preset.uuid);
const documented = (name: string) => account(DOCUMENTED_ANSWERS.find((each) => each.name === name)?.accountId ?? '');

describe('a read', () => {
  it('sees an account open, then closed', async () => {
    const wanted = freshAccount();
    expect(await bench.read(wanted)).toEqual({ ok: true, state: 'OPEN', providerStatus: 'Open', blockers: [], aliases: [], httpStatus: 200 });
    await bench.close(wanted);
    expect(await bench.read(wanted)).toMatchObject({ ok: true, state: 'CLOSED', providerStatus: 'Closed' });
    expect(bench.calls).toEqual(['token answered', 'read OPEN', 'token answered', 'close closed', 'read CLOSED']);
  });

  it('changes nothing', async () => {
    const wanted = magic('real');
    await bench.read(wanted);
    expect(bench.bank.account(wanted.id).closed).toBe(false);
    expect(bench.bank.effectiveCloses(wanted.id)).toBe(0);
  });

  it('of a word that no setting has stays unknown, and reports the word', async () => {
    expect(await bench.read(magic('unknownWord'))).toMatchObject({ ok: true, state: 'UNKNOWN', providerStatus: 'Dormant' });
    expect(await bench.read(magic('noWord'))).toMatchObject({ ok: true, state: 'UNKNOWN' });
    expect(bench.unmapped).toEqual(['status Dormant', 'status (none)']);
  });

  it('follows the settings for words, without regard to case', async () => {
    const adapter = bench.another({ OPEN_WORDS: 'live, Dormant', CLOSED_WORDS: 'OPEN' });
    const read = (wanted: ReturnType<typeof account>) => adapter.readAccount(wanted, { correlationId: 'c', purpose: 'POLL', blockers: true });
    expect(await read(magic('unknownWord'))).toMatchObject({ state: 'OPEN' });
    expect(await read(freshAccount())).toMatchObject({ state: 'CLOSED' });
  });

  it('is left out where reads are off', async () => {
    const adapter = bench.another({ READS: 'off' });
    expect(await adapter.readAccount(freshAccount(), { correlationId: 'c', purpose: 'POLL', blockers: true })).toEqual({ ok: true, state: 'UNKNOWN', blockers: [], aliases: [] });
    expect(bench.bank.ledger).toEqual([]);
    expect(adapter.capabilities.outcomeSources).toEqual(['RESPONSE']);
    expect(adapter.capabilities.kinds.map(({ eligibility }) => eligibility)).toEqual(['NONE', 'NONE']);
    expect(bench.adapter.capabilities.outcomeSources).toEqual(['RESPONSE', 'POLL']);
    expect(bench.adapter.capabilities.kinds.map(({ eligibility }) => eligibility)).toEqual(['BY_READS', 'BY_READS']);
  });
});

describe('a 404', () => {
  it('that names the account says that there is none', async () => {
    expect(await bench.read(documented('404-account-not-found'))).toMatchObject({ ok: true, state: 'NOT_FOUND', httpStatus: 404 });
  });

  it('of the address says nothing about the account', async () => {
    const read = await bench.read(documented('404-not-found'));
    expect(read).toMatchObject({ ok: true, state: 'UNKNOWN', providerErrors: [{ code: 'NOT_FOUND' }] });
  });

  it.each([[{ status: 404 }], [jsonAnswer(404, { errors: [] })], [jsonAnswer(404, { message: 'no route' })]])('without a known code says nothing: %j', async (answer) => {
    bench.bank.script('*', 'read', [answer]);
    expect(await bench.read(freshAccount())).toMatchObject({ ok: true, state: 'UNKNOWN' });
  });
});

const readFailures: Partial<Record<FaultName, string>> = {
  'reset-before': 'PROVIDER_UNAVAILABLE',
  'reset-after': 'PROVIDER_UNAVAILABLE',
  'hang-before': 'PROVIDER_TIMEOUT',
  'hang-after': 'PROVIDER_TIMEOUT',
  'slow-drip': 'PROVIDER_TIMEOUT',
  truncated: 'PROVIDER_UNAVAILABLE',
  'html-403': 'PROVIDER_PERMISSION_DENIED',
  'html-502': 'PROVIDER_UNAVAILABLE',
  'applied-500': 'PROVIDER_UNAVAILABLE',
  'throttled-seconds': 'PROVIDER_RATE_LIMITED',
  'throttled-date': 'PROVIDER_RATE_LIMITED',
  'throttled-nonsense': 'PROVIDER_RATE_LIMITED',
  'down-seconds': 'PROVIDER_UNAVAILABLE',
  'down-date': 'PROVIDER_UNAVAILABLE',
  'down-nonsense': 'PROVIDER_UNAVAILABLE',
};

describe('a read that fails', () => {
  it.each(FAULT_NAMES)('with %s says nothing about the account', async (fault) => {
    bench.bank.script('*', 'read', [fault]);
    expect(await bench.read(freshAccount())).toMatchObject({ ok: false, code: readFailures[fault] ?? 'PROVIDER_PROTOCOL_ERROR' });
    expect(bench.bank.strayRequests()).toBe(0);
  });

  it.each([[null], [[]], ['Closed'], [7]])('with the JSON value %j is unusable', async (value) => {
    bench.bank.script('*', 'read', [jsonAnswer(200, value)]);
    expect(await bench.read(freshAccount())).toMatchObject({ ok: false, code: 'PROVIDER_PROTOCOL_ERROR' });
  });
});

describe('balances', () => {
  const blockers = async (wanted: ReturnType<typeof account>): Promise<string[]> => {
    const read = await bench.read(wanted);
    if (!read.ok) throw new Error(read.message);
    for (const blocker of read.blockers) expect(blocker.stage).toBe('REQUEST');
    return read.blockers.map(({ code, amount, currency }) => `${code} ${amount} ${currency}`);
  };

  it.each([
    ['positive', ['POSITIVE_BALANCE 12.50 EUR']],
    ['negative', ['NEGATIVE_BALANCE -3.10 EUR']],
    ['pending', ['PENDING_FUNDS 7.00 EUR']],
    ['reserved', ['POSITIVE_BALANCE 5.00 EUR', 'RESERVED_FUNDS 2.00 EUR']],
    ['flat', ['POSITIVE_BALANCE 99.99 GBP']],
    ['real', []],
  ] as const)('of the account "%s" stand in the way as they are', async (name, expected) => {
    expect(await blockers(magic(name))).toEqual(expected);
  });

  it('keep the close from happening, and the read then says why', async () => {
    const wanted = magic('positive');
    expect(await bench.close(wanted)).toMatchObject({ kind: 'conflict', documented: true });
    expect(await blockers(wanted)).toEqual(['POSITIVE_BALANCE 12.50 EUR']);
    expect(bench.bank.effectiveCloses(wanted.id)).toBe(0);
  });

  it.each(['details', 'flat'] as const)('keep every digit in the shape "%s"', async (shape) => {
    const wanted = freshAccount();
    bench.bank.addAccount({ uuid: wanted.id, shape, balances: { available: '12345678901234567.89' } });
    expect(await blockers(wanted)).toEqual(['POSITIVE_BALANCE 12345678901234567.89 EUR']);
  });

  it('count as current where the available one is missing, and not where it is there', async () => {
    const [missing, there] = [freshAccount(), freshAccount()];
    bench.bank.addAccount({ uuid: missing.id, balances: { current: '1' } });
    bench.bank.addAccount({ uuid: there.id, balances: { available: '0.00', current: '1' } });
    expect(await blockers(missing)).toEqual(['POSITIVE_BALANCE 1 EUR']);
    expect(await blockers(there)).toEqual([]);
  });

  it.each([
    [{ available: { amount: { amount: 'much' } } }, ['POSITIVE_BALANCE', 'NEGATIVE_BALANCE']],
    [{ available: { amount: {} } }, ['POSITIVE_BALANCE', 'NEGATIVE_BALANCE']],
    [{ available: { amount: { amount: '1e3' } }, current: { amount: { amount: '0' } } }, ['POSITIVE_BALANCE', 'NEGATIVE_BALANCE']],
    [{ current: 'x' }, ['POSITIVE_BALANCE', 'NEGATIVE_BALANCE']],
    [{ current: { amount: { amount: '0' } }, pendingConsolidation: 7, withholding: [] }, ['PENDING_FUNDS', 'RESERVED_FUNDS']],
    ['none', ['POSITIVE_BALANCE', 'NEGATIVE_BALANCE', 'PENDING_FUNDS', 'RESERVED_FUNDS']],
  ])('that cannot be read are unknown, and not zero: %j', async (balances, codes) => {
    bench.bank.script('*', 'read', [jsonAnswer(200, { status: 'Open', balances })]);
    expect(await bench.read(freshAccount())).toMatchObject({
      ok: true,
      state: 'OPEN',
      blockers: [],
      blockersUnknown: { ok: false, code: 'PROVIDER_PROTOCOL_ERROR', codes },
    });
  });

  it('that cannot be read hide no others', async () => {
    const balances = { available: { amount: { amount: '1.50', currency: 'EUR' } }, withholding: 'x', pendingConsolidation: null };
    bench.bank.script('*', 'read', [jsonAnswer(200, { status: 'Open', balances })]);
    expect(await bench.read(freshAccount())).toMatchObject({ blockers: [{ code: 'POSITIVE_BALANCE', amount: '1.50' }], blockersUnknown: { codes: ['RESERVED_FUNDS'] } });
  });

  const zero = { amount: { amount: '0.00' } };

  it.each([undefined, null, {}, { available: null }, { withholding: zero, pendingConsolidation: zero }])(
    'that an eMoney account does not show are unknown, and a virtual account has none: %j',
    async (balances) => {
      bench.bank.script('*', 'read', [jsonAnswer(200, { status: 'Open', balances }), jsonAnswer(200, { status: 'Open', balances })]);
      const codes = ['POSITIVE_BALANCE', 'NEGATIVE_BALANCE'];
      expect(await bench.read(freshAccount())).toMatchObject({ ok: true, blockers: [], blockersUnknown: { code: 'PROVIDER_PROTOCOL_ERROR', codes } });
      const read = await bench.read({ ...freshAccount(), kind: 'VIRTUAL_ACCOUNT' });
      expect(read).toMatchObject({ ok: true, blockers: [] });
      expect(read).not.toHaveProperty('blockersUnknown');
    },
  );

  it('of zero stand in nobody\'s way, nor do others that are not there', async () => {
    bench.bank.script('*', 'read', [jsonAnswer(200, { status: 'Open', balances: { available: null, current: zero } })]);
    const read = await bench.read(freshAccount());
    expect(read).toMatchObject({ ok: true, blockers: [] });
    expect(read).not.toHaveProperty('blockersUnknown');
  });

  it('of a closed account are nobody\'s concern', async () => {
    const wanted = freshAccount();
    bench.bank.addAccount({ uuid: wanted.id, closed: true, status: 'Closed', balances: { pendingConsolidation: '1.00' } });
    expect(await bench.read(wanted)).toMatchObject({ state: 'CLOSED', blockers: [] });
  });
});
