import { parseDecimal, parseJsonNumbersAsText } from '../../src/provider-kit/decimal';

describe('amounts', () => {
  it.each([
    ['99.99', 1, '99.99'],
    ['0.00', 0, '0.00'],
    ['-0', 0, '0'],
    ['+007.50', 1, '7.50'],
    ['-12345678901234567890.01', -1, '-12345678901234567890.01'],
    ['0.000000000000000001', 1, '0.000000000000000001'],
  ])('%s is read exactly', (text, sign, exact) => {
    expect(parseDecimal(text)).toEqual({ sign, text: exact });
  });

  it.each(['', '-', '.5', '5.', '1e3', '1,000.00', '0x10', 'NaN', ' 1', '1\n', '9'.repeat(31)])('%j is no amount', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });
});

describe('JSON with numbers as text', () => {
  it('keeps the digits of numbers and leaves strings alone', () => {
    const json = '{"a":12345678901234567.89,"b":[-1,2e5],"c":"7 \\" 8","9":"\\\\","d":true,"e":null}';
    expect(parseJsonNumbersAsText(json)).toEqual({ a: '12345678901234567.89', b: ['-1', '2e5'], c: '7 " 8', 9: '\\', d: true, e: null });
  });

  it.each(['{"a":01}', '{"a":1.}', '{a:1}', '{"a":1', '', '{"a":-}', '[1 2]'])('refuses %j as JSON itself does', (json) => {
    expect(() => parseJsonNumbersAsText(json)).toThrow(SyntaxError);
  });
});
