import { z } from 'zod';
import type { AccountRef } from '../../src/domain/account';
import type { AccountRead, CloseOutcome } from '../../src/domain/outcome';
import type { ChildrenRead, CloseRequest, ProviderAdapter, ProviderLiquidation, ProviderWebhooks } from '../../src/ports/provider';
import type { Telemetry } from '../../src/ports/telemetry';
import { type AdapterContext, defineProvider } from '../../src/provider-kit/define';

/** As careless as an adapter can be: it hands on whatever it is given. */
function careless(
  close: (context: AdapterContext) => Promise<CloseOutcome>,
  read?: (context: AdapterContext) => Promise<AccountRead>,
  list?: (context: AdapterContext) => Promise<ChildrenRead>,
  liquidation?: ProviderLiquidation,
  webhooks?: ProviderWebhooks,
) {
  const told: object[] = [];
  const telemetry: Telemetry = {
    transition: (event) => told.push(event),
    providerCall: (event) => told.push(event),
    circuit: (event) => told.push(event),
    overloaded: (event) => told.push(event),
    unmapped: (event) => told.push(event),
    pruned: (count) => told.push(count),
    alarm: (event) => told.push(event),
  };
  const provider = defineProvider({
    name: 'careless',
    displayName: 'Careless',
    settings: z.object({ CLIENT_SECRET: z.string() }),
    create: (_settings, context): ProviderAdapter => ({
      capabilities: {
        kinds: [],
        outcomeSources: [],
        visibilityLagMs: 0,
        alreadyClosedDistinct: false,
        kindsShareIds: false,
        idRules: { ibanChecksum: 'strict' },
      },
      mapReason: () => 'EXACT',
      requestClosure: () => close(context),
      readAccount: () => (read ?? reject)(context),
      listChildren: list && (() => list(context)),
      liquidation,
      webhooks,
      dispose: async () => {},
    }),
  });
  const context = {
    id: 'careless',
    timeoutMs: 1_000,
    retryMs: { min: 0, max: 0 },
    clock: { now: () => 0, monotonic: () => 0 },
    random: { fraction: () => 0, id: () => 'id' },
    telemetry,
  };
  return { adapter: provider.create({ CLIENT_SECRET: SECRET }, context), told };
}

const reject = (): Promise<never> => Promise.reject(new Error('unused'));
/** Cut in the middle by what is masked by its look. */
const SECRET = 'open1234567890sesame';
const TOKEN = 'plain-words-token';
const account: AccountRef = { provider: 'careless', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: 'blue-whale' };
const request: CloseRequest = {
  closureId: 'c',
  account,
  reason: 'OTHER',
  reasonText: null,
  initiator: 'HOLDER',
  announceOnly: false,
  correlationId: 'correlation-1',
};
const send = { freshToken: false, beforeFirstByte: async () => {} };
const SAID = `${SECRET} ${TOKEN} blue-whale a@bank.example`;
const SHOWN = '[secret] [secret] [account] [email]';

describe('what an adapter hands on', () => {
  it('of a close has no secret, token or account in any text', async () => {
    const { adapter } = careless(async ({ secrets }) => {
      secrets.addToken('close', TOKEN);
      const providerErrors = [{ code: SAID, message: SAID, level: SAID, type: SAID, httpStatus: 409 }];
      return { kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: SAID, providerErrors, requestId: 'blue-whale', httpStatus: 404 };
    });
    expect(await adapter.requestClosure(request, send)).toEqual({
      kind: 'rejected',
      code: 'ACCOUNT_NOT_FOUND',
      message: SHOWN,
      providerErrors: [{ code: SHOWN, message: SHOWN, level: SHOWN, type: SHOWN, httpStatus: 409 }],
      httpStatus: 404,
    });
  });

  it('of a read has none either, and keeps what identifies the account', async () => {
    const seen: AccountRead = { ok: true, state: 'OPEN', providerStatus: `OPEN ${SAID}`, blockers: [], aliases: [account], requestId: 'request-1' };
    const { adapter } = careless(reject, async ({ secrets }) => {
      secrets.addToken('read', TOKEN);
      return seen;
    });
    expect(await adapter.readAccount(account, { ...request, purpose: 'POLL', blockers: true })).toEqual({ ...seen, providerStatus: `OPEN ${SHOWN}` });
  });

  it('of a read or a close has none in what stands in the way, or has to be done', async () => {
    const blocker = { code: 'DISPUTE', stage: 'REQUEST', resolvableBy: 'PROVIDER', selfResolving: false, relatedIds: ['0d2b6a5c-9c3e-4f7b-8a21-6e5d4c3b2a19'] } as const;
    const action = { url: 'https://bank.example/sign/1?ticket=open', expiresAt: 1 };
    const said = { ...blocker, relatedIds: [...blocker.relatedIds], message: `${SECRET} blue-whale` };
    const shown = { ...said, message: '[secret] [account]' };
    const read = careless(reject, async () => ({ ok: true, state: 'ACTION_REQUIRED', blockers: [said], aliases: [], action: { ...action, type: `sign ${SECRET}` } })).adapter;
    expect(await read.readAccount(account, { ...request, purpose: 'POLL', blockers: true })).toMatchObject({ blockers: [shown], action: { ...action, type: 'sign [secret]' } });
    const refused = careless(async () => ({ kind: 'rejected', code: 'CLOSURE_BLOCKED', message: 'no', blockers: [said] })).adapter;
    expect(await refused.requestClosure(request, send)).toMatchObject({ blockers: [shown] });
    const waiting = careless(async () => ({ kind: 'actionRequired', action: { ...action, type: `sign ${SECRET}` } })).adapter;
    expect(await waiting.requestClosure(request, send)).toMatchObject({ action: { ...action, type: 'sign [secret]' } });
  });

  it('of a list has none either, and keeps what identifies the accounts', async () => {
    const list = (read: ChildrenRead) => careless(reject, undefined, async () => read).adapter.listChildren?.(account, { ...request, purpose: 'RECONCILE' });
    const listed: ChildrenRead = { ok: true, requestId: 'request-1', children: [{ account, state: 'OPEN' }] };
    expect(await list({ ...listed, providerErrors: [{ message: `${SECRET} blue-whale` }] })).toEqual({ ...listed, providerErrors: [{ message: '[secret] [account]' }] });
    expect(await list({ ok: false, code: 'PROVIDER_UNAVAILABLE', message: `${SECRET} blue-whale`, requestId: SECRET })).toEqual({
      ok: false,
      code: 'PROVIDER_UNAVAILABLE',
      message: '[secret] [account]',
    });
    const failing = careless(reject, undefined, () => Promise.reject(new Error(SECRET))).adapter;
    await expect(failing.listChildren?.(account, { ...request, purpose: 'RECONCILE' })).rejects.toMatchObject({ message: '[secret]' });
    expect(careless(reject).adapter.listChildren).toBeUndefined();
  });

  it('of a sale has none, and knows the sale by the same id each time', async () => {
    const selling = (liquidation?: ProviderLiquidation) => careless(reject, undefined, undefined, liquidation).adapter.liquidation;
    const sale = { id: `sale of ${SECRET}`, state: 'OPEN', providerStatus: `OPEN ${SECRET} blue-whale`, requestedAt: 1 } as const;
    const plain = { ...sale, id: '0d2b6a5c-9c3e-4f7b-8a21-6e5d4c3b2a19' };
    const shown = { ...sale, id: 'sale of [secret]', providerStatus: 'OPEN [secret] [account]' };
    const told = selling({
      request: async () => ({ kind: 'accepted', sale, requestId: 'blue-whale', providerErrors: [{ message: SECRET }] }),
      list: async () => ({ ok: true, sales: [sale, plain] }),
    });
    const sell = { account, idempotencyKey: 'key', correlationId: 'correlation-1' };
    const listing = { correlationId: 'correlation-1', purpose: 'POLL' } as const;
    expect(await told?.request(sell, send)).toEqual({ kind: 'accepted', sale: shown, providerErrors: [{ message: '[secret]' }] });
    expect(await told?.list(account, listing)).toEqual({ ok: true, sales: [shown, { ...shown, id: plain.id }] });
    const thrown = selling({ request: () => Promise.reject(new Error(SECRET)), list: () => Promise.reject(new Error('blue-whale')) });
    await expect(thrown?.request(sell, send)).rejects.toMatchObject({ message: '[secret]' });
    await expect(thrown?.list(account, listing)).rejects.toMatchObject({ message: '[account]' });
    expect(selling()).toBeUndefined();
  });

  it('is cut to 512 characters, a status word to 64, after the masking', async () => {
    const { adapter } = careless(
      async () => ({ kind: 'unknown', detail: 'd', providerErrors: [{ message: 'xyz '.repeat(127) + SECRET }] }),
      async () => ({ ok: true, state: 'OPEN', providerStatus: `${'xyz '.repeat(15)}${SECRET}`, blockers: [], aliases: [] }),
    );
    const outcome = await adapter.requestClosure(request, send);
    expect(outcome.providerErrors?.[0]?.message).toBe(`${'xyz '.repeat(127)}[sec`);
    expect(await adapter.readAccount(account, { ...request, purpose: 'POLL', blockers: true })).toMatchObject({ providerStatus: `${'xyz '.repeat(15)}[sec` });
  });

  it('has a request id whole or not at all', async () => {
    const shown = async (requestId: string) =>
      (await careless(async () => ({ kind: 'authFailed', requestId })).adapter.requestClosure(request, send)).requestId;
    const uuid = '0d2b6a5c-9c3e-4f7b-8a21-6e5d4c3b2a19';
    expect(await shown(uuid)).toBe(uuid);
    for (const id of [SECRET, `x-${SECRET}`, 'BLUE-WHALE', 'DE89370400440532013000']) expect(await shown(id)).toBeUndefined();
  });

  it('as telemetry has none', async () => {
    const ids = { provider: 'careless', correlationId: 'correlation-1' };
    const { adapter, told } = careless(async ({ telemetry }) => {
      telemetry.unmapped({ ...ids, what: 'error', word: `E ${SECRET} blue-whale` });
      telemetry.providerCall({ ...ids, operation: 'close', outcome: 'closed', durationMs: 1, requestId: 'blue-whale' });
      telemetry.alarm({ what: 'odd', error: new Error(SECRET) });
      return { kind: 'closed' };
    });
    await adapter.requestClosure(request, send);
    expect(told).toEqual([
      { ...ids, what: 'error', word: 'E [secret] [account]' },
      { ...ids, operation: 'close', outcome: 'closed', durationMs: 1 },
      { what: 'odd', error: expect.objectContaining({ message: '[secret]' }) },
    ]);
  });

  it('as an error has none, and an error of others goes through as it is', async () => {
    const { adapter } = careless(() => Promise.reject(new Error(`${SECRET} at blue-whale`)));
    await expect(adapter.requestClosure(request, send)).rejects.toMatchObject({ message: '[secret] at [account]' });
    const lost = new Error('The claim is lost.');
    await expect(careless(() => Promise.reject(lost)).adapter.requestClosure(request, send)).rejects.toBe(lost);
  });

  it('has no secret in the word that a webhook brings', () => {
    const webhooks: ProviderWebhooks = {
      receive: () => Promise.resolve({ kind: 'verified', events: [] }),
      read: () => ({ kind: 'closed', account, at: 1, providerStatus: `closed with ${SECRET}` }),
    };
    const { adapter } = careless(reject, undefined, undefined, undefined, webhooks);
    const news = adapter.webhooks?.read({ id: 'one', type: 'two', payload: '{}' });
    expect(news).toMatchObject({ kind: 'closed', account, at: 1, providerStatus: expect.stringContaining('closed with') });
    expect(JSON.stringify(news)).not.toContain(SECRET);
  });
});
