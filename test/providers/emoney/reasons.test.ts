import { CLOSURE_REASONS, isSensitive } from '../../../src/domain/reason';
import { REASON_MAX_LENGTH, REASON_PATTERN, reasonSent } from '../../../providers/emoney/mapping';
import { type Bench, freshAccount, openBench } from './support';

/** The pattern as the provider's page has it. */
const DOCUMENTED = /^[a-zA-Z_0-9_@./#&+-_ '""]*$/;

describe('the text of a reason', () => {
  it.each(CLOSURE_REASONS)('for %s is one that the provider takes', (reason) => {
    const { text } = reasonSent(reason, null);
    expect(text).not.toBe('');
    expect(text).toMatch(DOCUMENTED);
    expect(text.length).toBeLessThanOrEqual(REASON_MAX_LENGTH);
  });

  it('is the caller\'s own where there is one', () => {
    expect(reasonSent('OTHER', 'Moved abroad')).toEqual({ text: 'Moved abroad', mapping: 'EXACT' });
    expect(reasonSent('CUSTOMER_REQUEST', '')).toEqual({ text: 'Customer request', mapping: 'EXACT' });
  });

  it('is the same neutral phrase for every sensitive reason, whatever the caller wrote', () => {
    const sensitive = CLOSURE_REASONS.filter(isSensitive);
    const sent = sensitive.flatMap((reason) => [reasonSent(reason, null), reasonSent(reason, 'Stolen passport')]);
    expect(new Set(sent.map(({ text }) => text)).size).toBe(1);
    expect(sent[0]?.text).not.toMatch(/fraud|theft|crime|sanction|risk|stolen/i);
    expect(sent.every(({ mapping }) => mapping === 'LOSSY')).toBe(true);
    expect(CLOSURE_REASONS.filter((reason) => reasonSent(reason, null).mapping === 'EXACT')).toHaveLength(CLOSURE_REASONS.length - sensitive.length);
  });
});

describe('the characters of a reason text', () => {
  it('are those of the documented pattern, character by character', () => {
    for (let code = 0; code <= 0x24f; code += 1) {
      const char = String.fromCharCode(code);
      expect([code, REASON_PATTERN.test(char)]).toEqual([code, DOCUMENTED.test(char)]);
    }
  });

  it('end where the text ends', () => {
    expect(REASON_PATTERN.test('fine\n')).toBe(false);
    expect(REASON_PATTERN.test('')).toBe(true);
  });
});

describe('a close', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench({ DEVICE: 'Gateway' });
  });
  afterAll(() => bench.dispose());

  it('declares its rules for text', () => {
    for (const kind of bench.adapter.capabilities.kinds) {
      expect(kind).toMatchObject({ reasonMode: 'TEXT', reasonText: { maxLength: 255, pattern: REASON_PATTERN }, announceOnly: false, liquidatePositions: false });
    }
  });

  it.each([...CLOSURE_REASONS])('with reason %s is taken by the provider and mapped as declared', async (reason) => {
    const wanted = freshAccount();
    expect(await bench.close(wanted, { reason })).toMatchObject({ kind: 'closed' });
    expect(bench.adapter.mapReason({ account: wanted, reason, reasonText: null, announceOnly: false })).toBe(isSensitive(reason) ? 'LOSSY' : 'EXACT');
  });

  it('with a text that uses every documented character and the full length is taken', async () => {
    const all = Array.from({ length: 0x7f }, (_, code) => String.fromCharCode(code)).filter((char) => DOCUMENTED.test(char)).join('');
    expect(await bench.close(freshAccount(), { reasonText: all.repeat(4).slice(0, 255) })).toMatchObject({ kind: 'closed' });
  });

  it.each(['Größe', 'a'.repeat(256), 'line\nbreak', '100 %'])('would be refused by the provider with %j', async (reasonText) => {
    expect(await bench.close(freshAccount(), { reasonText })).toMatchObject({ kind: 'rejected', code: 'PROVIDER_REJECTED_REQUEST', httpStatus: 400 });
  });
});
