import { retryAfterMs } from '../../src/provider-kit/retry-after';

const NOW = Date.parse('2026-01-15T10:20:30Z');
const DAY = 86_400_000;

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['1', 1_000],
    [' 120 ', 120_000],
    ['86400', DAY],
    ['86401', DAY],
    ['1000000000000', DAY],
    ['9'.repeat(400), DAY],
    ['Thu, 15 Jan 2026 10:21:30 GMT', 60_000],
    ['Thu, 15 Jan 2026 10:20:29 GMT', 0],
    ['Thu, 15 Jan 2099 10:20:30 GMT', DAY],
  ])('%s', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected);
  });

  it.each([undefined, '', 'soon', '-1', '1.5', '1e3', '0x10', 'NaN', 'Infinity', '2026-01-15T10:21:30Z', 'Thu, 99 Jan 2026 10:21:30 GMT', '1, 2'])(
    '%j says nothing',
    (value) => {
      expect(retryAfterMs(value, NOW)).toBeUndefined();
    },
  );
});
