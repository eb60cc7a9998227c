import { rmSync } from 'node:fs';
import { openSqliteStore } from '../../src/store/sqlite';
import { buildForChildren, hasSaid, linesOf, startStoreChild } from './child';
import { temporaryFolder } from './sqlite-harness';

const clock = { now: Date.now, monotonic: () => performance.now() };
const KILLS = 3;
/** Lines that the child has said when it is killed: far into its load, and never between two groups on purpose. */
const LINES = 1500;

describe('a process that is killed in the middle of many writes', () => {
  let dataDir: string;
  beforeAll(buildForChildren);
  beforeEach(() => {
    dataDir = temporaryFolder();
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('loses nothing that it acknowledged, kill after kill', async () => {
    const acknowledged = new Map<string, string>();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = startStoreChild('load', dataDir);
      try {
        await hasSaid(child, LINES);
      } finally {
        await child.kill();
      }
      for (const line of linesOf(child).slice(1)) {
        const [, id, status] = /^acknowledged (\S{36}) (REQUESTED|CLOSING)$/.exec(line) ?? [];
        if (id && status) acknowledged.set(id, status);
      }
      const store = await openSqliteStore({ dataDir, clock });
      const found = await store.closures('tenant-a', [...acknowledged.keys()]);
      const events = await store.events('tenant-a', [...acknowledged.keys()]);
      await store.dispose();
      const wanted = [...acknowledged.values()];
      const lost = found.filter((closure, index) => !closure || (wanted[index] === 'CLOSING' && closure.status !== 'CLOSING'));
      expect(lost).toEqual([]);
      // The history is of the same commit as the status.
      expect(events.map((history) => history.at(-1)!.to)).toEqual(found.map((closure) => closure!.status));
    }
    expect(acknowledged.size).toBeGreaterThan((KILLS * LINES) / 4);
  });
});
