import { createEngine, type Engine } from '../../src/engine';
import type { Closure } from '../../src/domain/closure';
import { closureRecord, firstEvent } from '../support/closure-record';
import { CALLER, type EngineHarness, freshKey, startEngine } from '../support/engine';
import { ScriptedProvider, seen } from '../support/scripted-provider';
import { watchStore } from '../support/watched-store';

const DAY_MS = 86_400_000;

let harness: EngineHarness;
let bank: ScriptedProvider;
let later: Engine | undefined;

beforeEach(async () => {
  bank = new ScriptedProvider({ outcomeSources: ['RESPONSE', 'POLL', 'WEBHOOK'] });
  bank.answers = [{ kind: 'closed' }];
  bank.states = [seen('CLOSED')];
  harness = await startEngine([bank.configured()]);
});
afterEach(async () => {
  await later?.drain();
  later = undefined;
  await harness.dispose();
});

/** The gateway as it is started again when so many days have passed. */
async function startAgainAfter(days: number): Promise<Engine> {
  await harness.engine.drain();
  await later?.drain();
  const clock = { now: () => Date.now() + days * DAY_MS, monotonic: () => performance.now() };
  later = createEngine({ ...harness.parts, clock });
  later.start();
  return later;
}

async function eventually(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 5));
}

function ask(engine: Engine, idempotencyKey: string, id = 'acc-1') {
  return engine.service.closeAccount(CALLER, {
    idempotencyKey,
    account: { provider: 'bank', kind: 'ACCOUNT', id },
    reason: 'CUSTOMER_REQUEST',
    initiator: 'HOLDER',
    announceOnly: false,
    liquidatePositions: false,
    includeAccounts: false,
  });
}

async function closed(idempotencyKey: string, id?: string): Promise<Closure> {
  const { closure } = await ask(harness.engine, idempotencyKey, id);
  // Of many at once the later ones wait for their turn.
  return harness.until(closure!.id, 'CLOSED');
}

function deliver(engine: Engine, id: string, news: unknown) {
  const body = Buffer.from(JSON.stringify([{ id, news }]));
  return engine.receiveWebhook('bank', { method: 'POST', path: '/webhooks/bank', query: '', headers: { signature: 'good' }, body });
}

describe('an idempotency key', () => {
  it('replays its closure for 90 days after the end of that', async () => {
    const key = freshKey();
    const closure = await closed(key);
    const engine = await startAgainAfter(89);
    await engine.drain();
    expect(await ask(engine, key)).toMatchObject({ replayed: true, closure: { id: closure.id, status: 'CLOSED' } });
  });

  it('is free after that, and a new request does not close again what is closed', async () => {
    const key = freshKey();
    const closure = await closed(key);
    const engine = await startAgainAfter(91);
    await eventually(async () => (await harness.stored(closure.id)).idempotencyKey === null);
    expect(await ask(engine, key)).toMatchObject({ replayed: false, closure: { id: closure.id }, error: { code: 'ACCOUNT_ALREADY_CLOSED' } });
    expect(bank.sent).toHaveLength(1);
    expect(await ask(engine, key, 'acc-2')).toMatchObject({ replayed: false, closure: { status: 'CLOSED', idempotencyKey: key } });
  });

  it('of a closure without an end is kept, however old it is', async () => {
    bank.answers = [{ kind: 'accepted' }];
    bank.states = [seen('CLOSING')];
    const key = freshKey();
    const { closure } = await harness.close({ idempotencyKey: key });
    bank.answers = [{ kind: 'closed' }];
    const ended = await closed(freshKey(), 'acc-2');
    const engine = await startAgainAfter(400);
    await eventually(async () => (await harness.stored(ended.id)).idempotencyKey === null);
    expect(await ask(engine, key)).toMatchObject({ replayed: true, closure: { id: closure?.id } });
  });

  it('goes even where there are more than one batch holds', async () => {
    const closures = Array.from({ length: 500 }, () => closureRecord({ status: 'REJECTED' }));
    await Promise.all(closures.map((closure) => harness.store.record(closure, firstEvent(closure), 1)));
    await startAgainAfter(91);
    await eventually(async () => {
      const stored = await harness.store.closures(CALLER.tenant, closures.map(({ id }) => id));
      return stored.every((closure) => closure?.idempotencyKey === null);
    });
  });
});

describe('a webhook event', () => {
  const report = (id: string) => ({ kind: 'report', account: { provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: 'acc-1' }, report: { id, type: 'STATEMENT', createdAt: 1 } });

  it('that was applied goes after its retention, one that could not be read later, and neither undoes anything', async () => {
    const { id } = await closed(freshKey());
    await deliver(harness.engine, 'applied', report('report-1'));
    await deliver(harness.engine, 'unreadable', {});
    await eventually(async () => (await harness.store.reports([id]))[0]?.length === 1);
    const counts: { keys: number; events: number }[] = [];
    harness.parts.telemetry.pruned = (count) => void counts.push(count);

    for (const days of [29, 31, 89, 91]) {
      await startAgainAfter(days);
      await eventually(async () => counts.length > 0 && counts.length === [29, 31, 89, 91].indexOf(days) + 1);
    }
    expect(counts.map(({ events }) => events)).toEqual([0, 1, 0, 1]);
    expect((await harness.store.reports([id]))[0]).toHaveLength(1);
  });
});

describe('pruning', () => {
  it('that the store refuses is an alarm, and the gateway works on', async () => {
    await harness.engine.drain();
    const watched = watchStore(harness.store);
    watched.fail('prune', new Error('The disk is full.'));
    later = createEngine({ ...harness.parts, store: watched.store });
    later.start();
    await eventually(async () => harness.alarms.some(({ what }) => what.includes('pruned')));
    expect(await ask(later, freshKey())).toMatchObject({ closure: { status: 'CLOSED' } });
  });
});
