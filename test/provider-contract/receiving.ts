import type { AccountRef } from '../../src/domain/account';
import type { WebhookDelivery, WebhookEvent, WebhookNews, WebhookReceipt } from '../../src/ports/provider';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import { type Bench, openBench } from './bench';
import type { ContractWebhooks, ProviderContract } from './contract';

/** Longer ago than any provider lets a signature be good for, ms. */
const LONG_AGO_MS = 24 * 3_600_000;
/** What is verified and cannot be read: kept for inspection, not sent for ever. */
const POISON = ['', 'no JSON', '{"id"', 'null', '[]', '[null]', '{}', '{"id":1,"type":{}}', '{"payload":[7]}', `{"id":"${'x'.repeat(10_000)}","type":"y"}`];
/** What an index and a log have room for, characters. */
const LONGEST_NAME = 256;

/** Deliveries: believed only as they were signed, told apart by what they are, and read for what they say. */
export function receiving<Sandbox extends RunningSandbox>(contract: ProviderContract<Sandbox>, { sign, events, timed }: ContractWebhooks<Sandbox>): void {
  let bench: Bench<Sandbox>;
  let account: AccountRef;
  beforeAll(async () => {
    bench = await openBench(contract);
    account = bench.account();
  });
  afterAll(() => bench.dispose());

  function receive(delivery: WebhookDelivery, by = bench): Promise<WebhookReceipt> {
    if (!by.adapter.webhooks) throw new Error('The adapter has no webhooks.');
    return by.adapter.webhooks.receive(delivery);
  }
  async function eventsOf(delivery: WebhookDelivery) {
    const receipt = await receive(delivery);
    if (receipt.kind !== 'verified') throw new Error(`The delivery was ${receipt.kind}: ${receipt.reason}`);
    return receipt.events;
  }
  /** What an event says; one that cannot be read says nothing. */
  function said(event: WebhookEvent): WebhookNews | undefined {
    try {
      return bench.adapter.webhooks?.read(event);
    } catch {
      return { kind: 'other' };
    }
  }
  const bodyOf = (index = 0): Buffer => Buffer.from(events[index]?.body(account) ?? '');

  it('have events to look at', () => expect(events.length).toBeGreaterThan(0));

  it.each(events)('$name says $news of the account, named as a caller names it', async ({ body, news }) => {
    const [event, ...others] = await eventsOf(sign(bench.sandbox, Buffer.from(body(account))));
    expect(others).toEqual([]);
    expect(event && bench.adapter.webhooks?.read(event)).toMatchObject({ kind: news, account, at: expect.any(Number) });
  });

  it('of one event have its id each time, and two events have two', async () => {
    const [body, other] = [bodyOf(), bodyOf()];
    const ids = [body, body, other].map(async (each) => (await eventsOf(sign(bench.sandbox, each))).map(({ id }) => id));
    const [first, again, second] = await Promise.all(ids);
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
  });

  it('are refused with any byte of the body changed, added or left out', async () => {
    const good = sign(bench.sandbox, bodyOf());
    const changed = [...good.body.keys()].map((index) => {
      const body = Buffer.from(good.body);
      body.writeUInt8(body.readUInt8(index) ^ 1, index);
      return body;
    });
    const receipts = await Promise.all([...changed, good.body.subarray(1), Buffer.concat([good.body, Buffer.from(' ')]), Buffer.alloc(0)].map((body) => receive({ ...good, body })));
    expect(receipts.filter(({ kind }) => kind !== 'refused')).toEqual([]);
    expect(await receive(good)).toMatchObject({ kind: 'verified' });
  });

  it('are refused without the signature, or with that of another delivery', async () => {
    const good = sign(bench.sandbox, bodyOf());
    const other = sign(bench.sandbox, bodyOf());
    for (const headers of [{}, { ...good.headers, ...other.headers }]) expect(await receive({ ...good, headers })).toMatchObject({ kind: 'refused' });
  });

  it('are refused that somebody else signed', async () => {
    const stranger = await contract.startSandbox();
    const forged = sign(stranger, bodyOf());
    await stranger.dispose();
    expect(await receive(forged)).toMatchObject({ kind: 'refused' });
  });

  if (timed) {
    it.each([LONG_AGO_MS, -LONG_AGO_MS])('are refused %i ms from when they were signed', async (later) => {
      const delivery = sign(bench.sandbox, bodyOf());
      const elsewhen = await openBench({ ...contract, startSandbox: () => Promise.resolve(bench.sandbox) }, { clock: { now: () => Date.now() + later, monotonic: () => performance.now() } });
      const receipt = await receive(delivery, elsewhen);
      await elsewhen.adapter.dispose();
      expect(receipt).toMatchObject({ kind: 'refused' });
    });
  }

  it.each(POISON)('that are signed and cannot be read are kept, and say nothing of a closing: %s', async (text) => {
    for (const event of await eventsOf(sign(bench.sandbox, Buffer.from(text)))) {
      expect(event.id.length).toBeGreaterThan(0);
      expect(Math.max(event.id.length, event.type.length)).toBeLessThanOrEqual(LONGEST_NAME);
      expect(() => JSON.parse(event.payload) as unknown).not.toThrow();
      expect(said(event)).toEqual({ kind: 'other' });
    }
  });

  it('are refused with a reason that repeats nothing of theirs', async () => {
    const { headers, ...delivery } = sign(bench.sandbox, bodyOf());
    const shouted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `${value}canary`]));
    const receipts = await Promise.all([{}, shouted].map((given) => receive({ ...delivery, headers: given, body: Buffer.from('canary') })));
    expect(receipts.map(({ kind }) => kind)).toEqual(['refused', 'refused']);
    expect(JSON.stringify(receipts)).not.toMatch(new RegExp(`canary|${account.id}`));
  });
}
