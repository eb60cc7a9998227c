import * as fc from 'fast-check';
import { historyArbitrary, live } from './history';

/** With HISTORIES in the environment it lives through so many; a failure prints its seed and its shortest form. */
const HISTORIES = Number(process.env.HISTORIES ?? 200);

describe('the real engine on the real store', () => {
  afterAll(() => jest.restoreAllMocks());

  it('keeps its promises through random histories', async () => {
    await fc.assert(fc.asyncProperty(historyArbitrary, live), { numRuns: HISTORIES });
  }, 3_600_000);
});
