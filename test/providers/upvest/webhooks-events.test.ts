import { createHash, randomUUID } from 'node:crypto';
import { DRAFT_6 } from '../../../src/provider-kit/signatures';
import type { WebhookEvent, WebhookNews } from '../../../src/ports/provider';
import { closingReportEvent, webhookEvent } from '../../../providers/upvest/sandbox/webhook-events';
import { openPost, PATH, type Post } from './webhooks-support';

let post: Post;

beforeAll(async () => {
  post = await openPost();
});

afterAll(() => post.dispose());

async function received(content: readonly unknown[] | string | Buffer): Promise<WebhookEvent[]> {
  const receipt = await post.receive(post.signed(content));
  if (receipt.kind !== 'verified') throw new Error(receipt.reason);
  return receipt.events;
}

const unreadable = (payload: string): WebhookEvent => ({ id: createHash('sha256').update(payload).digest('hex'), type: 'unreadable', payload });

/** As the engine does: what was received is read later, from what was kept. */
async function read(event: unknown): Promise<WebhookNews> {
  const [kept] = await received([event]);
  if (!kept || !post.adapter.webhooks) throw new Error('Nothing was received.');
  return post.adapter.webhooks.read(kept);
}

describe('the body of a verified delivery', () => {
  const event = webhookEvent('ACCOUNT.CLOSED', { id: randomUUID(), status: 'CLOSED' });
  const kept = { id: event.id, type: event.type, payload: JSON.stringify(event) };

  it('may be one bare event', async () => {
    expect(await received(JSON.stringify(event))).toEqual([kept]);
  });

  it.each<[string, unknown]>([
    ['no id', { ...event, id: undefined }],
    ['an id that is a number', { ...event, id: 7 }],
    ['an empty id', { ...event, id: '' }],
    ['an endless id', { ...event, id: 'x'.repeat(129) }],
    ['an id with a control character', { ...event, id: 'a\u0000b' }],
    ['half a character for an id', { ...event, id: '\ud800' }],
    ['no type', { ...event, type: null }],
    ['no members', {}],
    ['null', null],
    ['text', 'event'],
    ['a list', [event]],
  ])('keeps an event with %s under its digest, and the others as they are', async (_what, odd) => {
    expect(await received([odd, event])).toEqual([unreadable(JSON.stringify(odd)), kept]);
    await expect(read(odd)).rejects.toThrow();
  });

  it('gives the same odd event the same id every time', async () => {
    const [first, second] = [await received([{ odd: 1 }]), await received([{ odd: 1 }, { odd: 2 }])];
    expect(second[0]).toEqual(first[0]);
    expect(second[1]?.id).not.toBe(first[0]?.id);
  });

  it.each([
    ['text', 'not JSON at all'],
    ['half a document', '{"payload":['],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
    ['lists in lists without end', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
  ])('that is %s is kept as one unreadable event', async (_what, content) => {
    const events = await received(content);
    expect(events).toEqual([unreadable(JSON.stringify(content.toString('utf8')))]);
    expect(() => post.adapter.webhooks?.read(events[0] ?? unreadable(''))).toThrow();
  });

  it('of another shape is kept as one unreadable event', async () => {
    expect(await received('{"payload":{"id":1}}')).toEqual([unreadable('{"payload":{"id":1}}')]);
    expect(await received('[]')).toEqual([unreadable('[]')]);
  });

  it('of no bytes at all is kept too, where it is signed', async () => {
    const headers = { digest: DRAFT_6.digest(Buffer.alloc(0)) };
    const delivery = post.signed('');
    expect(delivery.headers).toMatchObject(headers);
    expect(await post.receive(delivery)).toEqual({ kind: 'verified', events: [unreadable('""')] });
  });
});

describe.each([
  ['ACCOUNT', 'ACCOUNT'],
  ['ACCOUNT_GROUP', 'ACCOUNT_GROUP'],
] as const)('an event about an %s', (subject, kind) => {
  const id = randomUUID();
  const at = '2026-01-15T10:20:28.123456Z';
  const account = { provider: 'bank', kind, idType: 'UUID', id };

  it.each([
    ['CLOSING_INITIATED', 'CLOSING', 'closing'],
    ['CLOSING_INITIATED', 'ACTIVE', 'closing'],
    ['CLOSING_INITIATED', undefined, 'closing'],
    ['CLOSED', 'CLOSED', 'closed'],
    ['CLOSED', undefined, 'closed'],
    ['CLOSED', 'CLOSING', 'changed'],
    ['CLOSED', 'ACTIVE', 'changed'],
    ['ACTIVATED', 'ACTIVE', 'changed'],
    ['LOCKED', 'LOCKED', 'changed'],
    ['UPDATED', 'CLOSED', 'changed'],
    ['SOMETHING_NEW', 'ACTIVE', 'changed'],
  ])('of the type %s with the status %s means: %s', async (what, status, meaning) => {
    const event = webhookEvent(`${subject}.${what}`, { id, status }, { created_at: at });
    expect(await read(event)).toEqual({ kind: meaning, account, at: Date.parse('2026-01-15T10:20:28.123Z'), ...(meaning === 'closed' && { providerStatus: status }) });
  });

  it('names the account in lower case, and the moment with any offset', async () => {
    const event = webhookEvent(`${subject}.CLOSED`, { id: id.toUpperCase() }, { created_at: '2026-01-15T11:20:28+01:00' });
    expect(await read(event)).toEqual({ kind: 'closed', account, at: Date.parse('2026-01-15T10:20:28Z') });
  });

  it('that was created says nothing of a closing', async () => {
    expect(await read(webhookEvent(`${subject}.CREATED`, { id, status: 'ACTIVE' }))).toEqual({ kind: 'other' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['without an object', { object: undefined }],
    ['whose object is null', { object: null }],
    ['whose account has no id', { object: { status: 'CLOSED' } }],
    ['whose account has an id that is no UUID', { object: { id: '../accounts' } }],
    ['whose status is a number', { object: { id, status: 7 } }],
    ['without a time', { created_at: undefined }],
    ['with a time that is none', { created_at: 'yesterday' }],
  ])('%s cannot be read', async (_what, over) => {
    await expect(read(webhookEvent(`${subject}.CLOSED`, { id, status: 'CLOSED' }, over))).rejects.toThrow();
  });
});

describe('a report', () => {
  const id = randomUUID();
  const account = { provider: 'bank', kind: 'ACCOUNT', idType: 'UUID', id };

  it('of the type ACCOUNT_CLOSING belongs to its account', async () => {
    const reportId = randomUUID();
    const event = closingReportEvent(id, reportId);
    const { created_at: createdAt } = event.object as { created_at: string };
    expect(await read(event)).toEqual({ kind: 'report', account, report: { id: reportId, type: 'ACCOUNT_CLOSING', createdAt: Date.parse(createdAt) } });
  });

  it('of another type is nothing about a closing', async () => {
    expect(await read(webhookEvent('REPORT.CREATED', { id, type: 'QUARTERLY' }))).toEqual({ kind: 'other' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['no type', { type: undefined }],
    ['no id', { id: undefined }],
    ['no time', { created_at: undefined }],
    ['no account', { data: {} }],
    ['an account whose id is no UUID', { data: { account: { id: 'x' } } }],
  ])('with %s cannot be read', async (_what, over) => {
    const event = closingReportEvent(id);
    await expect(read({ ...event, object: { ...(event.object as object), ...over } })).rejects.toThrow();
  });
});

describe('any other event', () => {
  it.each(['USER.OFFBOARDED', 'ACCOUNT_LIQUIDATION.SETTLED', 'WITHDRAWAL.CONFIRMED', 'REPORT.SUBSTITUTED', 'ACCOUNTS.CLOSED', 'constructor.CLOSED', 'ACCOUNT', 'new'])(
    'of the type %s says nothing about a closing, whatever it holds',
    async (type) => {
      expect(await read(webhookEvent(type, null))).toEqual({ kind: 'other' });
    },
  );

  it('kept under another type than its own cannot be read', () => {
    const payload = JSON.stringify(webhookEvent('ACCOUNT.CLOSED', { id: randomUUID() }));
    expect(() => post.adapter.webhooks?.read({ id: 'x', type: 'USER.CREATED', payload })).toThrow('another type');
    expect(() => post.adapter.webhooks?.read({ id: 'x', type: 'ACCOUNT.CLOSED', payload: '{' })).toThrow();
  });

  it('is signed for the path of the subscriber', () => {
    expect(post.signed([]).path).toBe(PATH);
  });
});
