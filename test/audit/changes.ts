import type { AuditedStore } from '../support/audited-store';
import { chance, tamper, type Tampered } from './tampering';

const CHANGES = 100;
const SEED = 20_260_731;

/** What the verifier promises of changes by somebody who has the whole store. */
export function findsEveryChange(open: () => Promise<AuditedStore>): void {
  let store: AuditedStore;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.dispose());

  const verify = (from: string[]) => ['verify', ...from, '--key', store.keyFile, '--checkpoint', store.checkpointFile];

  it(`of ${CHANGES} random changes and deletions older than the checkpoint, the verifier finds every one, and says where`, async () => {
    const random = chance(SEED);
    const missed: unknown[] = [];
    const kinds = new Set<string>();
    for (let change = 0; change < CHANGES; change += 1) {
      let done: Tampered | undefined;
      const { status, lines } = await store.onCopy(async (db) => {
        done = await tamper(db, random);
      }, verify);
      kinds.add(done!.what.replaceAll(/[\d:].*/gs, ''));
      const told = lines.filter((line) => line.startsWith('WRONG'));
      if (status !== 1 || !told.some((line) => line.includes(done!.where))) missed.push({ ...done, status, lines });
    }
    expect(missed).toEqual([]);
    // The dice reached most columns and every kind of deletion.
    expect(kinds.size).toBeGreaterThan(30);
  }, 180_000);

  it('nothing is found in a store that nobody touched', async () => {
    const { status, lines } = await store.onCopy(async () => {}, verify);
    expect(lines.filter((line) => line.startsWith('WRONG'))).toEqual([]);
    expect(lines.at(-1)).toBe('Nothing is wrong.');
    expect(store.unsealed).toBeGreaterThan(0);
    expect(lines.join('\n')).toContain(`Not sealed yet: ${store.unsealed} entries`);
    expect(status).toBe(0);
  });
}
