import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { WebhookDelivery } from '../../../src/ports/provider';
import { webhookEvent } from '../../../providers/upvest/sandbox/webhook-events';
import { nowSeconds, openPost, type Post } from './webhooks-support';

/** Every delivery that differs from a signed one in a single bit is refused, and judging it never fails. */

let post: Post;
let good: WebhookDelivery;

beforeAll(async () => {
  post = await openPost();
  good = signed();
});

/** The flips are not refused because time has passed. */
afterEach(async () => {
  expect(await post.receive(good)).toMatchObject({ kind: 'verified' });
});

afterAll(() => post.dispose());

function signed(): WebhookDelivery {
  const event = webhookEvent('ACCOUNT.CLOSED', { id: randomUUID(), status: 'CLOSED', name: 'My account', account_number: 1 });
  return post.signed([event], { expires: nowSeconds() + 600 });
}

function* flipsOf(bytes: Buffer): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    yield flipped;
  }
}

/** How many were judged, and which were not refused. */
async function judged(deliveries: Iterable<WebhookDelivery>): Promise<{ tried: number; notRefused: WebhookDelivery[] }> {
  const notRefused: WebhookDelivery[] = [];
  let tried = 0;
  for (const delivery of deliveries) {
    tried += 1;
    // Judging takes no turn of the event loop, and sockets need one now and then.
    if (tried % 50 === 0) await setImmediate();
    if ((await post.receive(delivery)).kind !== 'refused') notRefused.push(delivery);
  }
  return { tried, notRefused };
}

function* withField(name: string, values: Iterable<string>): Generator<WebhookDelivery> {
  for (const value of values) yield { ...good, headers: { ...good.headers, [name]: value } };
}

function* texts(text: string): Generator<string> {
  for (const flipped of flipsOf(Buffer.from(text, 'latin1'))) yield flipped.toString('latin1');
}

const field = (name: string): string => good.headers[name] ?? '';
const signatureText = (): string => /^sig1=:(.+):$/.exec(field('signature'))?.[1] ?? '';

describe('one flipped bit', () => {
  it('of the body', async () => {
    const bodies = [...flipsOf(good.body)].map((body) => ({ ...good, body }));
    expect(await judged(bodies)).toEqual({ tried: good.body.length * 8, notRefused: [] });
    expect(good.body.length * 8).toBeGreaterThan(2_000);
  });

  it('of the signature\'s bytes', async () => {
    const bytes = Buffer.from(signatureText(), 'base64');
    const values = [...flipsOf(bytes)].map((flipped) => `sig1=:${flipped.toString('base64')}:`);
    expect(await judged(withField('signature', values))).toEqual({ tried: bytes.length * 8, notRefused: [] });
    expect(bytes.length * 8).toBeGreaterThan(1_000);
  });

  it('of the signature\'s text, so that no other base64 stands for the same bytes', async () => {
    const text = field('signature');
    expect(await judged(withField('signature', texts(text)))).toEqual({ tried: text.length * 8, notRefused: [] });
    expect(text.length * 8).toBeGreaterThan(1_500);
  });

  it.each(['signature-input', 'digest'])('of the field %s', async (name) => {
    const text = field(name);
    const { tried, notRefused } = await judged(withField(name, texts(text)));
    expect(tried).toBe(text.length * 8);
    expect(notRefused).toEqual([]);
  });

  it('of the path', async () => {
    const paths = [...texts(good.path)].map((path) => ({ ...good, path }));
    expect(await judged(paths)).toEqual({ tried: good.path.length * 8, notRefused: [] });
  });
});

describe('another text of the same signature', () => {
  it.each([
    ['with loose final bits', (text: string) => text.replace(/(.)(=*)$/, (_all, last: string, pad: string) => `${nextLetter(last)}${pad}`)],
    ['without its padding', (text: string) => text.replace(/=+$/, '')],
    ['with more padding', (text: string) => `${text}=`],
    ['in the alphabet for URLs', (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')],
    ['with a space in it', (text: string) => `${text.slice(0, 8)} ${text.slice(8)}`],
  ])('%s is refused', async (_what, change) => {
    // ECDSA signatures differ each time: one is wanted that has padding and both letters that the alphabets differ in.
    for (let look = 0; look < 500 && !/^(?=.*\+)(?=.*\/).*=$/.test(signatureText()); look += 1) good = signed();
    const other = change(signatureText());
    expect(other).not.toBe(signatureText());
    expect(await judged(withField('signature', [`sig1=:${other}:`]))).toEqual({ tried: 1, notRefused: [] });
  });

  it('given twice is refused', async () => {
    const twice = `${field('signature')}, ${field('signature')}`;
    expect(await judged(withField('signature', [twice]))).toEqual({ tried: 1, notRefused: [] });
  });
});

function nextLetter(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet.charAt(alphabet.indexOf(letter) ^ 1);
}
