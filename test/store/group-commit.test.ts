import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { StoreClosed } from '../../src/store/errors';
import { type Database, openDurableDatabase } from '../../src/store/sqlite/database';
import { GroupCommit } from '../../src/store/sqlite/group-commit';
import { temporaryFolder } from './sqlite-harness';

/** A foreign key that is checked at the commit makes a commit fail for real. */
const TABLES = `
  CREATE TABLE word (text TEXT PRIMARY KEY);
  CREATE TABLE echo (text TEXT REFERENCES word (text) DEFERRABLE INITIALLY DEFERRED);
`;

describe('group commit', () => {
  let folder: string;
  let db: Database;
  let group: GroupCommit;
  const words = () => db.all('SELECT text FROM word ORDER BY text').map(({ text }) => text);
  const add = (text: string) =>
    group.run(() => {
      db.run('INSERT INTO word (text) VALUES (?)', [text]);
      return text;
    });
  const addEchoOfNothing = () => group.run(() => db.run("INSERT INTO echo (text) VALUES ('nothing')"));
  const settled = async (promises: Promise<unknown>[]) => (await Promise.allSettled(promises)).map(({ status }) => status);

  beforeEach(() => {
    folder = temporaryFolder();
    db = openDurableDatabase(join(folder, 'group.db'));
    db.exec(TABLES);
    group = new GroupCommit(db);
  });
  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  it('gives each caller what its own write gave', async () => {
    expect(await Promise.all([add('a'), add('b'), add('c')])).toEqual(['a', 'b', 'c']);
    expect(words()).toEqual(['a', 'b', 'c']);
  });

  it('undoes and rejects a write that throws alone, with what it did before', async () => {
    const poisoned = group.run(() => {
      db.run("INSERT INTO word (text) VALUES ('half')");
      throw new Error('poisoned');
    });
    const [first, second, third] = await Promise.allSettled([add('a'), poisoned, add('b')]);
    expect([first, third]).toEqual([{ status: 'fulfilled', value: 'a' }, { status: 'fulfilled', value: 'b' }]);
    expect(second).toMatchObject({ status: 'rejected', reason: { message: 'poisoned' } });
    expect(words()).toEqual(['a', 'b']);
  });

  it('undoes a write that breaks a constraint alone', async () => {
    expect(await settled([add('a'), add('a'), add('b')])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(words()).toEqual(['a', 'b']);
  });

  it('lets each write see those before it', async () => {
    const counts = [add('a'), group.run(() => words().length), add('b'), group.run(() => words().length)];
    expect(await Promise.all(counts)).toEqual(['a', 1, 'b', 2]);
  });

  it('rejects everybody when the commit fails, writes nothing, and goes on', async () => {
    expect(await settled([add('a'), addEchoOfNothing(), add('b')])).toEqual(['rejected', 'rejected', 'rejected']);
    expect(words()).toEqual([]);
    expect(await settled([add('a'), add('b')])).toEqual(['fulfilled', 'fulfilled']);
    expect(words()).toEqual(['a', 'b']);
  });

  it('rejects everybody when a write ends the transaction itself', async () => {
    const endsAll = group.run(() => {
      db.exec('ROLLBACK');
      throw new Error('disk I/O error');
    });
    for (const write of await Promise.allSettled([add('a'), endsAll, add('b')])) {
      expect(write).toMatchObject({ status: 'rejected', reason: { message: 'disk I/O error' } });
    }
    expect(words()).toEqual([]);
    expect(await settled([add('a')])).toEqual(['fulfilled']);
  });

  it('puts what comes while a group settles into the next one', async () => {
    const next = add('a').then(() => addEchoOfNothing());
    expect(await settled([next])).toEqual(['rejected']);
    expect(words()).toEqual(['a']);
  });

  it('commits what waits when it is closed, and takes nothing more', async () => {
    const waiting = add('a');
    group.close();
    expect(words()).toEqual(['a']);
    await expect(waiting).resolves.toBe('a');
    await expect(add('b')).rejects.toThrow(StoreClosed);
  });
});
