import * as fc from 'fast-check';
import { live } from './history';
import { historyArbitrary } from './steps';
import { Tally } from './tally';

/** With HISTORIES in the environment it lives through so many, and says how often what happened in them. */
const HISTORIES = Number(process.env.HISTORIES ?? 200);
/** A failure prints the seed. With SEED in the environment the same histories are lived again, and the one that fails is made short, for minutes. */
const SEED = process.env.SEED === undefined ? undefined : Number(process.env.SEED);

/** Fewer kinds than these mean that the histories do not go where promises could break. */
const REACHED = [
  'became CANCELLED by REQUEST',
  'became CLOSED by OPERATOR',
  'became CLOSED by POLL',
  'became CLOSED by WEBHOOK',
  'became CLOSING by RESPONSE',
  'became FAILED by OPERATOR',
  'became NEEDS_REVIEW by POLL',
  'became REOPENED by POLL',
  'became REQUESTED by OPERATOR',
  'became UNCONFIRMED by RESPONSE',
  'crash with a request under way',
  'close outside',
  'refresh: done',
  'cancel: refused',
  'webhook: changed',
];

describe('the real engine on the real store', () => {
  const tally = new Tally();
  afterAll(() => {
    jest.restoreAllMocks();
    if (process.env.HISTORIES) process.stdout.write(`${HISTORIES} histories:\n${String(tally)}\n`);
  });

  it('keeps its promises through random histories', async () => {
    const property = fc.asyncProperty(historyArbitrary, (history) => live(history, tally));
    await fc.assert(property, { numRuns: HISTORIES, ...(SEED === undefined ? { endOnFailure: true } : { seed: SEED }) });
  }, 3_600_000);

  it('and the histories go through whatever may happen', () => {
    expect(REACHED.filter((what) => tally.of(what) === 0)).toEqual([]);
  });
});
