import { randomUUID } from 'node:crypto';
import type { AccountKind } from '../../../src/domain/account';
import type { AccountSeen } from '../../../src/domain/outcome';
import { MAGIC_ACCOUNTS } from '../../../providers/upvest/sandbox/magic';
import { account, closeRequest, context, openPair, type Pair, send } from './support';

let pair: Pair;
beforeEach(async () => {
  pair = await openPair();
});
afterEach(() => pair.dispose());

const magicId = (name: string): string => MAGIC_ACCOUNTS.find((magic) => magic.name === name)?.id ?? '';

async function seen(id: string, kind: AccountKind = 'ACCOUNT'): Promise<AccountSeen> {
  const read = await pair.adapter.readAccount(account(id, kind), context);
  if (!read.ok) throw new Error(`${read.code}: ${read.message}`);
  return read;
}

const lists = (): string[] => pair.sandbox.ledger.filter(({ operation }) => operation === 'list').map(({ accountId = '' }) => accountId.split(' ')[0] ?? '');

describe('what stands in the way of an account', () => {
  it('is nothing where nothing is on it', async () => {
    const read = await seen(randomUUID());
    expect(read).toMatchObject({ state: 'OPEN', blockers: [] });
    expect(read).not.toHaveProperty('blockersUnknown');
    expect(lists().toSorted()).toEqual(['orders', 'positions', 'withdrawals']);
  });

  it('are securities, by ISIN, but for those of quantity zero', async () => {
    expect((await seen(magicId('positions'))).blockers).toEqual([
      {
        code: 'OPEN_POSITIONS',
        message: expect.any(String),
        stage: 'COMPLETION',
        resolvableBy: 'HOLDER',
        selfResolving: false,
        relatedIds: ['US0378331005'],
      },
    ]);
  });

  it('are securities that are still to be settled', async () => {
    const id = randomUUID();
    pair.sandbox.change(id, { positions: [{ isin: 'US0378331005', quantity: '0.000000', pending_settlement: '-0.5' }] });
    expect((await seen(id)).blockers).toMatchObject([{ code: 'OPEN_POSITIONS' }]);
  });

  it('are orders under way, and not those that have ended', async () => {
    const id = randomUUID();
    const orders = ['NEW', 'PROCESSING', 'FILLED', 'CANCELLED'].map((status, index) => ({ id: `8c4d0f2e-1b7a-4c39-9f65-7e0a2d3b4c5${index}`, status }));
    pair.sandbox.change(id, { orders });
    expect((await seen(id)).blockers).toEqual([
      {
        code: 'OPEN_ORDERS',
        message: expect.any(String),
        stage: 'COMPLETION',
        resolvableBy: 'TIME',
        selfResolving: true,
        relatedIds: orders.slice(0, 2).map((order) => order.id),
      },
    ]);
  });

  it('are withdrawals of its group, each with its amount; they alone refuse the request', async () => {
    const [id, group, sibling] = [randomUUID(), randomUUID(), randomUUID()];
    const withdrawal = (status: string, amount?: string) => ({ id: randomUUID(), status, amount, currency: 'EUR' });
    const [first, second, done] = [withdrawal('NEW', '12345678901234567.89'), withdrawal('PROCESSING'), withdrawal('CONFIRMED', '1.00')] as const;
    pair.sandbox.change(group, { accounts: [id, sibling], withdrawals: [first, second, done] });
    const { blockers } = await seen(id);
    expect(blockers).toMatchObject([
      { code: 'OUTSTANDING_WITHDRAWALS', stage: 'REQUEST', resolvableBy: 'TIME', selfResolving: true, amount: '12345678901234567.89', currency: 'EUR', relatedIds: [first.id] },
      { code: 'OUTSTANDING_WITHDRAWALS', stage: 'REQUEST', relatedIds: [second.id] },
    ]);
    expect(blockers[1]).not.toHaveProperty('amount');
    expect((await seen(group, 'ACCOUNT_GROUP')).blockers.filter(({ code }) => code === 'OUTSTANDING_WITHDRAWALS')).toEqual(blockers);
    expect(await pair.adapter.requestClosure(closeRequest({ account: account(id) }), send)).toMatchObject({ kind: 'conflict' });
  });

  it('are a hundred withdrawals at the most', async () => {
    const id = randomUUID();
    pair.sandbox.change(id, { withdrawals: Array.from({ length: 250 }, () => ({ id: randomUUID(), status: 'NEW', amount: '1.00', currency: 'EUR' })) });
    expect((await seen(id)).blockers).toHaveLength(100);
  });

  it('is not the cash of its group', async () => {
    expect((await seen(magicId('cash'))).blockers).toEqual([]);
  });
});

describe('what stands in the way of an account group', () => {
  const group = async (name: string): Promise<unknown> => (await seen(magicId(name), 'ACCOUNT_GROUP')).blockers;

  it.each([
    ['cash', [{ code: 'POSITIVE_BALANCE', resolvableBy: 'HOLDER', selfResolving: false, amount: '12.50', currency: 'EUR' }]],
    ['overdrawn', [{ code: 'NEGATIVE_BALANCE', resolvableBy: 'HOLDER', selfResolving: false, amount: '-3.10', currency: 'EUR' }]],
    ['pending-cash', [{ code: 'PENDING_FUNDS', resolvableBy: 'TIME', selfResolving: true, amount: '7.00', currency: 'EUR' }]],
    ['reserved-cash', [{ code: 'POSITIVE_BALANCE', amount: '2.00' }, { code: 'RESERVED_FUNDS', resolvableBy: 'TIME', selfResolving: true, amount: '2.00', currency: 'EUR' }]],
    ['fees', [{ code: 'OUTSTANDING_FEES', resolvableBy: 'PROVIDER', selfResolving: true, relatedIds: ['b5f1c9d3-62a4-4f0e-8d1b-0c9e7a6f5d42'] }]],
    [
      'children',
      [
        {
          code: 'OPEN_CHILD_ACCOUNTS',
          resolvableBy: 'PARTNER',
          selfResolving: false,
          relatedIds: ['acc00000-0000-4000-8000-000000000161', 'acc00000-0000-4000-8000-000000000162'],
        },
      ],
    ],
  ])('%s', async (name, expected) => {
    expect(await group(name)).toMatchObject(expected.map((one) => ({ stage: 'COMPLETION', ...one })));
  });

  it('are fees that are being collected, and none that were', async () => {
    const id = randomUUID();
    const fees = ['PROCESSING', 'FINALISED', 'CANCELLED'].map((status) => ({ id: randomUUID(), status }));
    pair.sandbox.change(id, { fees });
    expect((await seen(id, 'ACCOUNT_GROUP')).blockers).toMatchObject([{ code: 'OUTSTANDING_FEES', relatedIds: [fees[0]?.id] }]);
  });

  it.each(['ACTIVE', 'PENDING_APPROVAL', 'LOCKED', 'FROZEN'] as const)('are its accounts that are %s', async (status) => {
    const { id, accounts } = pair.sandbox.openGroup({ accounts: 1 });
    for (const one of accounts) pair.sandbox.change(one, { status });
    expect((await seen(id, 'ACCOUNT_GROUP')).blockers).toMatchObject([{ code: 'OPEN_CHILD_ACCOUNTS', relatedIds: accounts }]);
  });

  it('are its accounts that are being closed, for which nobody has to do anything, and the others apart', async () => {
    const { id, accounts } = pair.sandbox.openGroup({ accounts: 3 });
    const [first = '', second = '', third = ''] = accounts;
    for (const one of [first, second]) pair.sandbox.change(one, { status: 'CLOSING' });
    expect((await seen(id, 'ACCOUNT_GROUP')).blockers).toMatchObject([
      { code: 'OPEN_CHILD_ACCOUNTS', stage: 'COMPLETION', resolvableBy: 'PARTNER', selfResolving: false, relatedIds: [third] },
      { code: 'OPEN_CHILD_ACCOUNTS', stage: 'COMPLETION', resolvableBy: 'TIME', selfResolving: true, relatedIds: [first, second].toSorted() },
    ]);
    pair.sandbox.change(third, { status: 'CLOSED' });
    expect((await seen(id, 'ACCOUNT_GROUP')).blockers).toMatchObject([{ resolvableBy: 'TIME' }]);
  });

  it('is cash of every currency, every digit of it', async () => {
    const id = randomUUID();
    const cash = [
      { currency: 'EUR', balance: '0.1234567890123456789' },
      { currency: 'USD', balance: '0.00' },
      { currency: 'GBP', balance: '-12345678901234567890.01' },
    ];
    pair.sandbox.change(id, { cash });
    expect((await seen(id, 'ACCOUNT_GROUP')).blockers.map(({ code, amount, currency }) => [code, amount, currency])).toEqual([
      ['POSITIVE_BALANCE', '0.1234567890123456789', 'EUR'],
      ['NEGATIVE_BALANCE', '-12345678901234567890.01', 'GBP'],
    ]);
  });

  it('are its accounts and no others of its users, each once, until they are closed', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const [first, second, stranger, closed] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const users = [randomUUID(), randomUUID()];
    pair.sandbox.change(one, { users, accounts: [first, second, closed] });
    pair.sandbox.change(other, { users, accounts: [stranger] });
    pair.sandbox.change(closed, { status: 'CLOSED' });
    expect((await seen(one, 'ACCOUNT_GROUP')).blockers).toMatchObject([{ code: 'OPEN_CHILD_ACCOUNTS', relatedIds: [first, second].toSorted() }]);
    pair.sandbox.change(first, { status: 'CLOSED' });
    expect((await seen(one, 'ACCOUNT_GROUP')).blockers).toMatchObject([{ relatedIds: [second] }]);
    pair.sandbox.change(second, { status: 'CLOSED' });
    expect((await seen(one, 'ACCOUNT_GROUP')).blockers).toEqual([]);
  });
});
