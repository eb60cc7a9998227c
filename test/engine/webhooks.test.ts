import type { CloseOutcome } from '../../src/domain/outcome';
import { createEngine } from '../../src/engine';
import type { ConfiguredProvider, WebhookNews } from '../../src/ports/provider';
import { CALLER, type EngineHarness, startEngine } from '../support/engine';
import { ScriptedProvider, seen } from '../support/scripted-provider';

const LOST: CloseOutcome = { kind: 'unknown', detail: 'The connection broke.' };
const account = { provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: 'acc-1' } as const;

let harness: EngineHarness;
let bank: ScriptedProvider;
let providers: ConfiguredProvider[];
let counter = 0;

async function start(settings: Parameters<typeof startEngine>[1] = {}, visibilityLagMs = 40) {
  bank = new ScriptedProvider({ outcomeSources: ['RESPONSE', 'POLL', 'WEBHOOK'], visibilityLagMs });
  providers = [bank.configured()];
  harness = await startEngine(providers, { pollMinMs: 60_000, pollMaxMs: 60_000, ...settings });
}

afterEach(() => harness.dispose());

function event(news: WebhookNews, id?: string) {
  counter += 1;
  return { id: id ?? `event-${counter}`, news };
}

function delivery(events: { id: string; news: unknown }[], headers: Record<string, string> = { signature: 'good' }) {
  return { method: 'POST', path: '/webhooks/bank', query: '', headers, body: Buffer.from(JSON.stringify(events)) };
}

function deliver(...given: Parameters<typeof delivery>) {
  return harness.engine.receiveWebhook('bank', delivery(...given));
}

const closing = (at = Date.now()): WebhookNews => ({ kind: 'closing', account, at });
const closed = (at = Date.now()): WebhookNews => ({ kind: 'closed', account, at });
const changed = (at = Date.now()): WebhookNews => ({ kind: 'changed', account, at });
const report = (id = 'report-1'): WebhookNews => ({ kind: 'report', account, report: { id, type: 'ACCOUNT_CLOSING', createdAt: 1_700_000_000_000 } });

async function close(): Promise<string> {
  const { closure } = await harness.close();
  if (!closure) throw new Error('Nothing was recorded.');
  return closure.id;
}

async function all() {
  return harness.store.list('default', {}, 100, null);
}

/** Everything that was kept is applied. */
async function applied(): Promise<void> {
  while ((await harness.store.census(1)).inbox.count > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The same, and nothing is under way any more. What is kept while the engine ends is left to the next one. */
async function settled(): Promise<void> {
  await applied();
  await harness.engine.drain();
}

describe('deliveries', () => {
  it('that do not verify change nothing', async () => {
    await start();
    const id = await close();
    expect(await deliver([event(closed())], { signature: 'bad' })).toBe('refused');
    expect(await deliver([event(closed())], { signature: 'good', keys: 'lost' })).toBe('unavailable');
    expect(await harness.engine.receiveWebhook('nobank', { method: 'POST', path: '/', query: '', headers: {}, body: Buffer.alloc(0) })).toBe('unknown');
    await settled();
    expect(await harness.stored(id)).toMatchObject({ status: 'CLOSING' });
  });

  it('are answered once they are kept, and fail where they are not', async () => {
    await start();
    const { store } = harness;
    let fails: (error: Error) => void = () => {};
    store.keepEvents = () => new Promise((_resolve, reject) => (fails = reject));
    let answered = false;
    const answer = deliver([event(closed())]).finally(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(answered).toBe(false);
    fails(new Error('The disk is full.'));
    await expect(answer).rejects.toThrow('The disk is full.');
  });

  it('that come while others are applied are applied right after them, and not at the next look', async () => {
    await start();
    const id = await close();
    const { read } = bank.webhooks;
    const second: Promise<unknown>[] = [];
    bank.webhooks.read = (kept) => {
      if (second.length === 0) second.push(deliver([event(closed())]));
      return read(kept);
    };
    await deliver([event(closing())]);
    await harness.until(id, 'CLOSED');
    expect(await Promise.all(second)).toEqual(['kept']);
  }, 4_000);

  it('settle a closing account, with the cause in its history', async () => {
    await start();
    const id = await close();
    expect(await deliver([event(closing()), event(closed())])).toBe('kept');
    await harness.until(id, 'CLOSED');
    expect((await harness.history(id)).map(({ to, cause }) => `${to} by ${cause}`)).toEqual(['REQUESTED by REQUEST', 'CLOSING by RESPONSE', 'CLOSED by WEBHOOK']);
  });

  it('leave the word of the provider beside its status, and none of a closing account without what was read with it', async () => {
    await start();
    const id = await close();
    const word = async (): Promise<unknown> => [(await harness.stored(id)).status, (await harness.stored(id)).providerStatus];
    await deliver([event({ kind: 'closing', account, at: Date.now(), providerStatus: 'CLOSING_FOR_AML' })]);
    await applied();
    expect(await word()).toEqual(['CLOSING', null]);
    await deliver([event({ kind: 'closed', account, at: Date.now(), providerStatus: 'GONE' })]);
    await harness.until(id, 'CLOSED');
    expect(await word()).toEqual(['CLOSED', 'GONE']);
    expect((await harness.history(id)).at(-1)).toMatchObject({ evidence: { providerStatus: 'GONE', webhookEventId: expect.any(String) } });
  });

  it('one event delivered 100 times at once makes one transition', async () => {
    await start();
    const id = await close();
    const one = event(closed());
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => deliver([one]))))).toEqual(new Set(['kept']));
    await settled();
    expect(await harness.path(id)).toBe('REQUESTED CLOSING CLOSED');
  });

  it('of unknown accounts, unknown kinds and poison are kept and hold nothing up', async () => {
    await start();
    const id = await close();
    const elsewhere = { ...account, id: 'acc-2' };
    await deliver([event({ kind: 'closed', account: elsewhere, at: 1 }), { id: 'poison', news: {} }, event({ kind: 'other' }), event(closed())]);
    await harness.until(id, 'CLOSED');
    expect(harness.alarms).toEqual([expect.objectContaining({ what: 'a webhook event cannot be read' })]);
    expect(await all()).toHaveLength(1);
  });

  it('of which one cannot be applied are applied but for that one, which is tried again', async () => {
    // A claim on an event would outlast the test.
    await start({ providerTimeoutMs: 120_000 });
    const id = await close();
    const { store } = harness;
    const settleEvent = store.settleEvent.bind(store);
    let isInTrouble = true;
    store.settleEvent = async (...settling) => {
      if (isInTrouble && settling[1] === 'in trouble') throw new Error('As the test has it.');
      await settleEvent(...settling);
    };
    await deliver([event(report(), 'in trouble'), event(closed())]);
    await harness.until(id, 'CLOSED');
    while ((await store.census(10)).inbox.count > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(harness.alarms).toEqual([expect.objectContaining({ what: 'kept webhooks could not be applied' })]);
    isInTrouble = false;
    while ((await store.census(10)).inbox.count > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('move every closure of the account in the tenants of the provider, and in no other one', async () => {
    await start();
    const closures = await Promise.all(['a', 'b', 'c'].map(async (tenant) => (await harness.close({}, { ...CALLER, tenant })).closure!));
    const now = async () => (await Promise.all(closures.map(({ tenant, id }) => harness.store.closures(tenant, [id])))).flat();
    const before = await now();
    expect(before.map((closure) => closure?.status)).toEqual(['CLOSING', 'CLOSING', 'CLOSING']);
    // Tenant c has lost the provider since.
    providers[0] = { ...bank.configured(), tenants: new Set(['a', 'b']) };
    await deliver([event(closed())]);
    await settled();
    const [a, b, c] = await now();
    expect([a?.status, b?.status]).toEqual(['CLOSED', 'CLOSED']);
    expect(c).toEqual(before[2]);
  });

  it('kept before a restart are applied after it', async () => {
    await start();
    const id = await close();
    await settled();
    await harness.store.keepEvents('bank', [{ id: 'kept', type: 'NEWS', payload: JSON.stringify(closed()) }], Date.now());
    const restarted = createEngine(harness.parts);
    restarted.start();
    await harness.until(id, 'CLOSED');
    await restarted.drain();
    expect(await harness.store.claimEvents(10, 1_000)).toEqual([]);
  });
});

describe('what news makes of a closure', () => {
  it('in doubt: closed settles it, and what follows is late evidence', async () => {
    await start({ retryMinMs: 60_000, retryMaxMs: 60_000 });
    bank.answers = [LOST];
    const id = await close();
    await deliver([event(closed())]);
    await harness.until(id, 'CLOSED');
    expect(await harness.path(id)).toBe('REQUESTED UNCONFIRMED CLOSED');
  });

  it('being sent: a webhook that overtakes the answer settles it', async () => {
    await start({ closeWaitMs: 20 });
    let letGo: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    bank.answers = [() => gate.then((): CloseOutcome => ({ kind: 'accepted' }))];
    const id = await close();
    await deliver([event(closing()), event(closed())]);
    await harness.until(id, 'CLOSED');
    letGo();
    await settled();
    expect(await harness.path(id)).toBe('REQUESTED CLOSING CLOSED');
    expect(await harness.store.attempts(id)).toMatchObject([{ effect: 'ACCEPTED' }]);
  });

  it('before any request of ours: closed counts as closed already', async () => {
    await start();
    bank.answers = [{ kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: 'x', retryAfterMs: 60_000 }];
    const id = await close();
    await deliver([event(closed())]);
    await harness.until(id, 'REJECTED');
    expect(await harness.stored(id)).toMatchObject({ error: { code: 'ACCOUNT_ALREADY_CLOSED' } });
  });

  it('that found the account closed already: nothing more, however late the beginning is told', async () => {
    await start();
    bank.answers = [{ kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: 'x', retryAfterMs: 60_000 }];
    const id = await close();
    const begun = Date.now() - 1;
    await deliver([event(closed())]);
    await harness.until(id, 'REJECTED');
    await deliver([event(closing(begun))]);
    await settled();
    expect(await all()).toHaveLength(1);
  });

  it('before any request of ours: closing is adopted', async () => {
    await start();
    bank.answers = [{ kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: 'x', retryAfterMs: 60_000 }];
    const id = await close();
    await deliver([event(closing())]);
    await harness.until(id, 'CLOSING');
    expect(bank.sent).toHaveLength(1);
  });

  it('a webhook never reopens: it triggers a read', async () => {
    await start({ reopenGraceMs: 1 });
    bank.answers = [{ kind: 'closed' }];
    bank.states = [seen('CLOSED')];
    const id = await close();
    await new Promise((resolve) => setTimeout(resolve, 60));
    await deliver([event(changed())]);
    while (bank.reads === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await settled();
    expect(await harness.stored(id)).toMatchObject({ status: 'CLOSED', dueAt: null });
  });

  it('what happened before it was asked for may be an earlier closing: it makes it read, and settles nothing', async () => {
    await start({ reopenGraceMs: 1 });
    const before = Date.now();
    bank.answers = [{ kind: 'closed' }, { kind: 'accepted' }];
    const first = await close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const again = await close();
    expect([(await harness.stored(first)).status, (await harness.stored(again)).status]).toEqual(['REOPENED', 'CLOSING']);
    const { reads } = bank;
    await deliver([event(closed(before))]);
    while (bank.reads === reads) await new Promise((resolve) => setTimeout(resolve, 5));
    await settled();
    expect(await harness.stored(again)).toMatchObject({ status: 'CLOSING', closingSeenAt: null });
  });

  it('the beginning of a closing that failed is none of the next request', async () => {
    await start({ pollMinMs: 5, pollMaxMs: 10 });
    const begun = Date.now();
    bank.states = [seen('CLOSING'), seen('CLOSING'), seen('OPEN')];
    await harness.until(await close(), 'FAILED');
    await new Promise((resolve) => setTimeout(resolve, 100));
    bank.answers = [{ kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: 'x', retryAfterMs: 60_000 }];
    const id = await close();
    await deliver([event(closing(begun))]);
    await applied();
    expect(await harness.stored(id)).toMatchObject({ status: 'REQUESTED', closingSeenAt: null });
  });

  it('however old, settles the only closing that there was', async () => {
    await start();
    const id = await close();
    await deliver([event(closed(1))]);
    expect(await harness.until(id, 'CLOSED')).toMatchObject({ closedAt: expect.any(Number) });
  });

  it('news of a closing account makes it read at once', async () => {
    await start();
    bank.states = [seen('CLOSED')];
    const id = await close();
    await deliver([event(changed())]);
    await harness.until(id, 'CLOSED');
  });

  describe('nothing, not even a write,', () => {
    const OUTAGE: CloseOutcome = { kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: 'x', retryAfterMs: 60_000 };

    async function leaves(id: string, ...news: WebhookNews[]): Promise<void> {
      const before = await harness.stored(id);
      await deliver(news.map((one) => event(one)));
      await applied();
      expect(await harness.stored(id)).toEqual(before);
    }

    it('where only an announcement was asked for', async () => {
      await start();
      bank.answers = [OUTAGE];
      const { closure } = await harness.close({ announceOnly: true });
      await leaves(closure!.id, closing(), closed(), changed());
    });

    it('where the provider has put a request off: it is not sent sooner for news of something else', async () => {
      await start();
      bank.answers = [OUTAGE];
      await leaves(await close(), changed());
    });

    it('where the beginning is told again', async () => {
      await start();
      bank.states = [seen('CLOSING')];
      const id = await close();
      await deliver([event(closing())]);
      while ((await harness.stored(id)).closingSeenAt === null) await new Promise((resolve) => setTimeout(resolve, 5));
      await leaves(id, closing());
    });
  });

  it('a poll and a webhook that race make one transition', async () => {
    await start({ pollMinMs: 1, pollMaxMs: 2 });
    for (let round = 0; round < 20; round += 1) {
      bank.states = [seen('CLOSING'), seen('CLOSING'), seen('CLOSED')];
      const id = `acc-race-${round}`;
      const { closure } = await harness.close({ account: { provider: 'bank', kind: 'ACCOUNT', id } });
      await deliver([event({ kind: 'closed', account: { ...account, id }, at: Date.now() })]);
      await harness.until(closure?.id ?? '', 'CLOSED');
      expect((await harness.history(closure?.id ?? '')).filter(({ to }) => to === 'CLOSED')).toHaveLength(1);
    }
  });

  it('a report attaches once, also after the end, and is a new version', async () => {
    await start();
    const id = await close();
    await deliver([event(closed())]);
    const { version } = await harness.until(id, 'CLOSED');
    await deliver([event(report())]);
    while ((await harness.stored(id)).version === version) await new Promise((resolve) => setTimeout(resolve, 5));
    const restarted = createEngine(harness.parts);
    await restarted.receiveWebhook('bank', delivery([event(report())]));
    await restarted.drain();
    expect((await harness.store.reports(CALLER.tenant, [id]))[0]).toEqual([{ id: 'report-1', type: 'ACCOUNT_CLOSING', createdAt: 1_700_000_000_000 }]);
    expect((await harness.stored(id)).version).toBe(version + 1);
  });
});

describe('a closing that the provider starts by itself', () => {
  async function refusedOnce(settings: Parameters<typeof start>[0] = {}): Promise<string> {
    await start(settings);
    bank.answers = [{ kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: 'x' }];
    return close();
  }

  it('on an account that is known here becomes a closure of its own', async () => {
    const refused = await refusedOnce();
    await deliver([event(closing(Date.now() + 1_000))]);
    await settled();
    const [own, old] = await all();
    expect(old?.id).toBe(refused);
    expect(own).toMatchObject({ status: 'CLOSING', initiator: 'PROVIDER', reason: 'PROVIDER_DECISION', idempotencyKey: null, attempts: 0 });
    expect(await harness.history(own?.id ?? '')).toMatchObject([{ from: null, to: 'CLOSING', cause: 'WEBHOOK', evidence: { webhookEventId: expect.any(String) } }]);
    expect(await harness.engine.service.newestByRef(CALLER, ['bank:ACCOUNT:PROVIDER_ID:acc-1'])).toMatchObject([{ id: own?.id }]);
  });

  it.each(['CLOSED', 'FAILED'] as const)('is read like any other, until it is %s', async (end) => {
    await refusedOnce({ pollMinMs: 10, pollMaxMs: 20 });
    bank.states = [seen(end === 'CLOSED' ? 'CLOSED' : 'OPEN')];
    await deliver([event(closing(Date.now() + 1_000))]);
    while ((await all()).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const { id } = (await all())[0]!;
    await harness.until(id, end);
    expect((await harness.history(id)).map(({ to, cause }) => `${to} by ${cause}`)).toEqual(['CLOSING by WEBHOOK', `${end} by POLL`]);
  });

  it('is nobody\'s to withdraw here, whatever became of it', async () => {
    await refusedOnce({ pollMinMs: 5, pollMaxMs: 10, reconcileHorizonMs: 150 });
    bank.states = [seen('NOT_FOUND')];
    await deliver([event(closing(Date.now() + 1_000))]);
    while ((await all()).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const { id } = (await all())[0]!;
    await harness.until(id, 'NEEDS_REVIEW');
    const { closure, error } = await harness.engine.service.cancelClosure(CALLER, id);
    expect([closure?.status, error?.code]).toEqual(['NEEDS_REVIEW', 'CLOSURE_NOT_CANCELLABLE']);
  });

  it('is closed by its end, however late both are told', async () => {
    await refusedOnce();
    const { requestedAt } = (await all())[0]!;
    await new Promise((resolve) => setTimeout(resolve, 60));
    await deliver([event(closing(requestedAt)), event(closed(requestedAt))]);
    await settled();
    expect((await all()).map(({ status }) => status)).toEqual(['CLOSED', 'REJECTED']);
  });

  it('before the request that it refused, and that reads did not show yet, becomes one too', async () => {
    await start({}, 10_000);
    const begun = Date.now();
    bank.answers = [{ kind: 'conflict', documented: true }];
    bank.states = [seen('OPEN')];
    const { error } = await harness.close();
    expect(error?.code).toBe('ACCOUNT_STATE_CONFLICT');
    await deliver([event(closing(begun))]);
    await settled();
    expect((await all()).map(({ status, initiator }) => [status, initiator])).toEqual([
      ['CLOSING', 'PROVIDER'],
      ['REJECTED', 'HOLDER'],
    ]);
  });

  it('that ended before it was told of is one closure, whichever process hears of which event', async () => {
    await refusedOnce();
    const { store } = harness;
    const record = store.record.bind(store);
    const other = createEngine(harness.parts);
    store.record = async (...recording) => {
      store.record = record;
      await other.receiveWebhook('bank', delivery([event(closed(Date.now() + 2_000))]));
      await other.drain();
      return record(...recording);
    };
    await deliver([event(closing(Date.now() + 1_000))]);
    await settled();
    expect((await all()).map(({ status }) => status)).toEqual(['CLOSED', 'REJECTED']);
  });

  it('news from before the refusal makes nothing', async () => {
    await refusedOnce();
    await deliver([event(closing(1)), event(closed(2))]);
    await settled();
    expect(await all()).toHaveLength(1);
  });
});

describe('the order in which events arrive', () => {
  function permutations<Item>(items: Item[]): Item[][] {
    if (items.length <= 1) return [items];
    return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
  }

  it('all 720 orders of six events end in one state', async () => {
    await start();
    const kinds = [closing(), closed(), report('r1'), report('r2'), changed(), closing()];
    // Reads know nothing of it: what settles a closure here is an event.
    bank.states = [{ ok: false, code: 'PROVIDER_UNAVAILABLE', message: 'Out of service.' }];
    const orders = permutations(kinds);
    expect(orders).toHaveLength(720);
    const ends = new Set<string>();
    const ids = await Promise.all(
      orders.map(async (order, index) => {
        const id = `acc-order-${index}`;
        const { closure } = await harness.close({ account: { provider: 'bank', kind: 'ACCOUNT', id } });
        for (const news of order) await deliver([event({ ...news, account: { ...account, id } } as WebhookNews)]);
        return closure?.id ?? '';
      }),
    );
    for (const id of ids) {
      await harness.until(id, 'CLOSED');
      while ((await harness.store.reports(CALLER.tenant, [id]))[0]?.length !== 2) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await settled();
    for (const id of ids) {
      const { status, error } = await harness.stored(id);
      const reports = (await harness.store.reports(CALLER.tenant, [id]))[0]?.map((one) => one.id);
      const closedBy = (await harness.history(id)).filter(({ to }) => to === 'CLOSED').map(({ cause }) => cause);
      ends.add(JSON.stringify({ status, error, reports, closedBy }));
    }
    expect([...ends]).toEqual([JSON.stringify({ status: 'CLOSED', error: null, reports: ['r1', 'r2'], closedBy: ['WEBHOOK'] })]);
    expect(await harness.store.list('default', {}, 2_000, null)).toHaveLength(720);
  }, 300_000);
});
