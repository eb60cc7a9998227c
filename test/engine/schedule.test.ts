import { assert, double, integer, nat, property } from 'fast-check';
import { dueAt, growingInterval } from '../../src/engine/schedule';
import { QUICK } from '../support/engine';

const settings = { ...QUICK, retryMinMs: 1_000, retryMaxMs: 900_000, pollMinMs: 60_000, pollMaxMs: 3_600_000 };
const NOW = 1_800_000_000_000;
const standing = (quietSteps: number, due: number | null = null) => ({ dueAt: due, quietSteps });

describe('intervals', () => {
  it('never leave their bounds, whatever the jitter and however long nothing happened', () => {
    assert(
      property(
        integer({ min: 1, max: 10 ** 7 }),
        integer({ min: 0, max: 10 ** 9 }),
        nat(),
        double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (min, more, quietSteps, fraction) => {
          const wait = growingInterval(min, min + more, quietSteps, fraction);
          expect(wait).toBeGreaterThanOrEqual(min);
          expect(wait).toBeLessThanOrEqual(min + more);
        },
      ),
    );
  });

  it('grow', () => {
    const waits = [0, 1, 2, 3, 20].map((quietSteps) => growingInterval(1_000, 900_000, quietSteps, 0));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 675_000]);
  });
});

describe('when a closure is due', () => {
  const due = (next: Parameters<typeof dueAt>[0], quietSteps = 0, fraction = 0, before: number | null = null) => {
    const at = dueAt(next, NOW, standing(quietSteps, before), fraction, settings);
    return at === null ? null : at - NOW;
  };

  it.each([
    ['never', due({ kind: 'never' }), null],
    ['now', due({ kind: 'now' }), 0],
    ['at a time', due({ kind: 'at', at: NOW + 5 }), 5],
    ['as before', due({ kind: 'asBefore' }, 3, 0, NOW + 7), 7],
    ['a first retry', due({ kind: 'retry' }), 1_000],
    ['a tenth retry', due({ kind: 'retry' }, 9), 512_000],
    ['a first poll', due({ kind: 'poll' }), 60_000],
    ['the longest poll', due({ kind: 'slow' }), 2_700_000],
    ['what the provider asked', due({ kind: 'retry', afterMs: 30_000 }), 30_000],
    ['what the provider asked, jittered', due({ kind: 'retry', afterMs: 30_000 }, 0, 0.5), 31_500],
    ['less than the shortest wait', due({ kind: 'retry', afterMs: 1 }), 1_000],
    ['at once, from a provider in trouble: backs off all the same', due({ kind: 'retry', afterMs: 0 }, 5), 32_000],
    ['a day', due({ kind: 'retry', afterMs: 86_400_000 }), 86_400_000],
    ['at the latest at a time', due({ kind: 'retry', by: NOW + 300 }, 9), 300],
    ['at the latest at a time that has passed', due({ kind: 'poll', by: NOW - 300 }), 0],
  ])('%s', (_, got, expected) => {
    expect(got).toBe(expected);
  });

  // What failed together must not come back together.
  it.each([
    ['a first retry', { kind: 'retry' }, 0, [1_000, 1_250, 1_500]],
    ['a tenth retry', { kind: 'retry' }, 9, [512_000, 640_000, 768_000]],
    ['a retry at its longest', { kind: 'retry' }, 30, [675_000, 787_500, 900_000]],
    ['a retry that the provider put off', { kind: 'retry', afterMs: 30_000 }, 0, [30_000, 31_500, 33_000]],
    ['a first poll', { kind: 'poll' }, 0, [60_000, 75_000, 90_000]],
    ['a poll at its longest', { kind: 'poll' }, 30, [2_700_000, 3_150_000, 3_600_000]],
    ['a slow poll', { kind: 'slow' }, 0, [2_700_000, 3_150_000, 3_600_000]],
  ] as const)('%s is spread over its whole interval by chance', (_, next, quietSteps, spread) => {
    expect([0, 0.5, 1].map((fraction) => due(next, quietSteps, fraction))).toEqual(spread);
  });

  it('chance counts in the second and every later retry and poll, and stays within its bounds', () => {
    for (const [kind, min, max] of [['retry', settings.retryMinMs, settings.retryMaxMs], ['poll', settings.pollMinMs, settings.pollMaxMs]] as const) {
      for (let quietSteps = 0; quietSteps < 40; quietSteps += 1) {
        const [early, late] = [0.2, 0.8].map((fraction) => due({ kind }, quietSteps, fraction)!) as [number, number];
        expect(early).toBeGreaterThan(min);
        expect(late).toBeGreaterThan(early);
        expect(late).toBeLessThan(max);
      }
    }
  });
});
