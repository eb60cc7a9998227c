import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LiquidationOutcome } from '../../../src/domain/liquidation';
import type { LiquidationRequest } from '../../../src/ports/provider';
import type { SandboxAnswer } from '../../../src/provider-kit/sandbox-faults';
import { liquidationErrorRows } from '../../../providers/upvest/errors';
import { account, closeRequest, context, openPair, type Pair, send } from './support';

interface Fixture extends SandboxAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  source: string;
}

const FOLDER = join(__dirname, '../../../providers/upvest/fixtures');
const files = readdirSync(FOLDER).filter((file) => file.startsWith('liquidation'));
const fixtures = files.map((file): [string, Fixture] => [file, JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Fixture]);
const typeOf = ({ body }: Fixture): string | undefined => (JSON.parse(body) as { type?: string }).type;

let pair: Pair;
beforeEach(async () => {
  pair = await openPair({ sellingMs: 60 });
});
afterEach(() => pair.dispose());

const oauthError = (status: number, error: string): SandboxAnswer => ({ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error }) });
const inShort = (outcome: LiquidationOutcome): string => ('code' in outcome ? `${outcome.kind} ${outcome.code}` : outcome.kind);
const POSITIONS = [{ isin: 'US0378331005', quantity: '3' }];

function sell(over: Partial<LiquidationRequest> = {}, at = pair): Promise<LiquidationOutcome> {
  const request = { account: account(), idempotencyKey: randomUUID(), correlationId: 'correlation-1', ...over };
  if (!at.adapter.liquidation) throw new Error('It sells nothing.');
  return at.adapter.liquidation.request(request, send);
}

async function list(of: LiquidationRequest['account'], at = pair) {
  const read = await at.adapter.liquidation?.list(of, context);
  if (!read) throw new Error('It sells nothing.');
  return read;
}

const requests = (operation: string) => pair.sandbox.ledger.filter((entry) => entry.operation === operation);

describe('documented answers to the request to sell', () => {
  it('of success tells of the sale', async () => {
    const own = account('7f1d3f4e-5a2f-4a6d-9e19-0b8a4c2d1e33');
    const fixture = fixtures.find(([, { status }]) => status === 202)?.[1];
    pair.sandbox.script(own.id, 'liquidate', [fixture ?? 'normal']);
    const sale = { id: '5f0a3c1e-7b2d-4e84-9c16-2a8d4b6e0f71', state: 'OPEN', providerStatus: 'NEW', requestedAt: Date.parse('2026-05-04T09:30:00.000Z') };
    expect(await sell({ account: own })).toEqual({ kind: 'accepted', sale, httpStatus: 202, requestId: fixture?.headers['upvest-request-id'], providerErrors: [] });
    // The same body about another account is none of this one's.
    const other = account();
    pair.sandbox.script(other.id, 'liquidate', [fixture ?? 'normal']);
    expect(inShort(await sell({ account: other }))).toBe('unknown');
  });

  it('each have a row, and each row has one', () => {
    const words = fixtures.filter(([, { status }]) => status >= 400).map(([, fixture]) => `${fixture.status} ${typeOf(fixture)}`);
    expect(words.toSorted()).toEqual(liquidationErrorRows.map(({ status, word }) => `${status} ${word}`).toSorted());
    for (const [, { source }] of fixtures) expect(source).toMatch(/^https:\/\/docs\.upvest\.co\/api\//);
  });
});

describe('answers that are not documented', () => {
  it.each<[string, SandboxAnswer, string]>([
    ['a 409', { status: 409 }, 'unknown'],
    ['a 418', { status: 418 }, 'unknown'],
    ['a 202 without a body', { status: 202 }, 'unknown'],
    ['a 202 that tells of no sale', { status: 202, headers: { 'content-type': 'application/json' }, body: '{}' }, 'unknown'],
    ['a 200', { status: 200 }, 'unknown'],
    ['a 403 that is an HTML page', { status: 403, headers: { 'content-type': 'text/html' }, body: '<html></html>' }, 'unknown'],
  ])('%s', async (_what, answer, expected) => {
    const own = account();
    pair.sandbox.script(own.id, 'liquidate', [answer]);
    expect(inShort(await sell({ account: own }))).toBe(expected);
  });
});

describe('the request to sell', () => {
  it('is signed under version 6 too, body and key included', async () => {
    const other = await openPair({ signatureVersion: '6' });
    try {
      expect(inShort(await sell({}, other))).toBe('accepted');
    } finally {
      await other.dispose();
    }
  });

  it('gets another token after one that was refused', async () => {
    await sell();
    pair.sandbox.revokeTokens();
    expect(inShort(await sell())).toBe('notApplied PROVIDER_AUTHENTICATION_FAILED');
    expect(inShort(await sell())).toBe('accepted');
  });

  it.each<[string, SandboxAnswer, string]>([
    ['a scope that the client may not have', oauthError(400, 'invalid_scope'), 'rejected PROVIDER_PERMISSION_DENIED'],
    ['a grant that the client may not use', oauthError(400, 'unauthorized_client'), 'rejected PROVIDER_PERMISSION_DENIED'],
    ['a secret that was changed', oauthError(401, 'invalid_client'), 'notApplied PROVIDER_AUTHENTICATION_FAILED'],
    ['a problem that does not say more', { status: 401, headers: { 'content-type': 'application/problem+json' }, body: '{"title":"Unauthorised"}' }, 'notApplied PROVIDER_AUTHENTICATION_FAILED'],
    ['a page of a maintenance', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' }, 'notApplied PROVIDER_AUTHENTICATION_FAILED'],
  ])('without a token because of %s is not sent', async (_what, answer, expected) => {
    // The token to close with is there, and says nothing about this one.
    await pair.adapter.requestClosure(closeRequest(), send);
    pair.sandbox.script('*', 'token', [answer]);
    expect(inShort(await sell())).toBe(expected);
    expect(requests('liquidate')).toHaveLength(0);
  });

  it('may be tried again where what it needs takes too long', async () => {
    const own = account();
    // Two tokens come first, so that the whole is late before the read is.
    pair.sandbox.script(own.id, 'read', ['hang-before']);
    const message = 'What the request to sell needs could not be had in time.';
    expect(await sell({ account: own })).toEqual({ kind: 'notApplied', code: 'PROVIDER_TIMEOUT', message });
    expect(requests('liquidate')).toHaveLength(0);
    expect(inShort(await sell({ account: own }))).toBe('accepted');
  });

  it.each<[string, SandboxAnswer | 'reset-before', string]>([
    ['cannot be read', 'reset-before', 'notApplied PROVIDER_UNAVAILABLE'],
    ['is not known', { status: 404, headers: { 'content-type': 'application/json' }, body: '{"type":"x"}' }, 'notApplied PROVIDER_PROTOCOL_ERROR'],
    ['names no user', { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":"<id>","status":"CLOSING"}' }, 'notApplied PROVIDER_PROTOCOL_ERROR'],
  ])('of an account that %s is not sent, and may be tried again', async (_what, step, expected) => {
    const own = account();
    const answer = typeof step === 'string' ? step : { ...step, body: String(step.body).replace('<id>', own.id) };
    pair.sandbox.script(own.id, 'read', [answer]);
    expect(inShort(await sell({ account: own }))).toBe(expected);
    expect(requests('liquidate')).toHaveLength(0);
    expect(inShort(await sell({ account: own }))).toBe('accepted');
  });

  it('is in the name of an owner where the account has other users too', async () => {
    const own = account();
    const owner = randomUUID();
    pair.sandbox.change(own.id, { owners: [owner] });
    const users = [{ id: randomUUID(), type: 'GUARDIAN' }, { id: owner, type: 'OWNER' }];
    const body = JSON.stringify({ id: own.id, status: 'CLOSING', users });
    pair.sandbox.script(own.id, 'read', [{ status: 200, headers: { 'content-type': 'application/json' }, body }]);
    expect(inShort(await sell({ account: own }))).toBe('accepted');
  });
});

describe('the list of sales', () => {
  it('follows a sale to its end, which takes the positions off the account', async () => {
    const own = account();
    pair.sandbox.change(own.id, { positions: POSITIONS });
    await pair.adapter.requestClosure(closeRequest({ account: own }), send);
    const sold = await sell({ account: own });
    const words = new Set<string>();
    for (;;) {
      const read = await list(own);
      const [sale] = read.ok ? read.sales : [];
      words.add(sale?.providerStatus ?? '');
      expect(sale).toMatchObject(sold.kind === 'accepted' ? { id: sold.sale.id, requestedAt: sold.sale.requestedAt } : {});
      if (sale?.state !== 'OPEN') break;
    }
    expect([...words].at(-1)).toBe('SETTLED');
    expect(await pair.adapter.readAccount(own, context)).toMatchObject({ blockers: [] });
    expect(pair.unmapped).toEqual([]);
  });

  it('has all pages, and none of another account', async () => {
    const own = account();
    const wire = (account_id: string) => ({ id: randomUUID(), account_id, status: 'NEW', created_at: new Date().toISOString() });
    const page = (data: object[], total: number): SandboxAnswer => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ meta: { total_count: total }, data }),
    });
    pair.sandbox.script(`liquidations ${own.id}`, 'list', [page([wire(own.id)], 2), page([wire(own.id)], 2), page([wire(own.id), wire(randomUUID())], 2)]);
    expect(await list(own)).toMatchObject({ ok: true, sales: [{ state: 'OPEN' }, { state: 'OPEN' }] });
    expect(await list(own)).toMatchObject({ ok: false, code: 'PROVIDER_PROTOCOL_ERROR' });
  });
});
