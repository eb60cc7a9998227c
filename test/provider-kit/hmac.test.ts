import { hmacVerifies, type HmacRules } from '../../src/provider-kit/hmac';

/** RFC 4231, test case 2. */
const rules: HmacRules = { secret: 'Jefe', algorithm: 'sha256', encoding: 'hex' };
const SHA_256 = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
const SHA_512 =
  '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737';
const parts = ['what do ya ', Buffer.from('want for nothing?')];

describe('an HMAC', () => {
  it('verifies over its parts, as the RFC has it', () => {
    expect(hmacVerifies(parts, SHA_256, rules)).toBe(true);
    expect(hmacVerifies(parts, SHA_512, { ...rules, algorithm: 'sha512' })).toBe(true);
    expect(hmacVerifies(parts, Buffer.from(SHA_256, 'hex').toString('base64'), { ...rules, encoding: 'base64' })).toBe(true);
  });

  it.each(['', SHA_256.slice(1), `${SHA_256}0`, ` ${SHA_256}`, SHA_256.toUpperCase(), SHA_512, 'é'.repeat(64), SHA_256.replace('5', '4')])('does not verify as %j', (given) => {
    expect(hmacVerifies(parts, given, rules)).toBe(false);
  });

  it('is refused in a base64 that is not written as it would be', () => {
    const base64 = Buffer.from(SHA_256, 'hex').toString('base64');
    const sloppy = [base64.replace('=', ''), base64.replaceAll('/', '_').replaceAll('+', '-'), `${base64}\n`, base64.replace(/.=$/, (end) => (end === 'M=' ? 'N=' : 'M='))];
    for (const given of sloppy.filter((text) => text !== base64)) expect(hmacVerifies(parts, given, { ...rules, encoding: 'base64' })).toBe(false);
  });

  it('is another one with another secret', () => {
    expect(hmacVerifies(parts, SHA_256, { ...rules, secret: 'Jeff' })).toBe(false);
  });
});
