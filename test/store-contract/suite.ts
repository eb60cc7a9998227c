import { attemptContract } from './attempts';
import { auditContract } from './audit';
import { Called } from './called';
import { censusContract } from './census';
import { childrenContract } from './children';
import { claimContract } from './claims';
import { commitContract } from './commit';
import type { StoreHarness } from './harness';
import { historyContract } from './history';
import { identifierContract } from './identifiers';
import { inboxContract } from './inbox';
import { lifecycleContract } from './lifecycle';
import { listContract } from './list';
import { newsContract } from './news';
import { pruningContract } from './pruning';
import { quotaContract } from './quota';
import { recordContract } from './record';
import { tenantContract } from './tenants';
import { textContract } from './texts';
import { transitionContract } from './transitions';
import { wakingContract } from './waking';

/** What every ClosureStore must do, whatever it is built on. `open` gives an empty store. */
export function storeContract(name: string, { open }: { open(): Promise<StoreHarness> }): void {
  describe(`closure store contract: ${name}`, () => {
    const called = new Called();
    let harness: StoreHarness;
    beforeEach(async () => {
      harness = called.watch(await open());
    });
    afterEach(async () => {
      await harness.dispose();
    });

    const parts = [
      recordContract,
      commitContract,
      transitionContract,
      attemptContract,
      claimContract,
      identifierContract,
      childrenContract,
      wakingContract,
      inboxContract,
      pruningContract,
      censusContract,
      historyContract,
      listContract,
      quotaContract,
      tenantContract,
      newsContract,
      textContract,
      lifecycleContract,
      auditContract,
    ];
    for (const part of parts) part(() => harness);

    // The last one: it looks at what all of them did.
    it('has every method of the port called', () => {
      expect(called.missing()).toEqual([]);
    });
  });
}
