import type { ClosureStore } from '../../src/ports/store';
import { openPostgresStore } from '../../src/store/postgres';
import { byWorker, LEASE_MS } from '../store-contract/harness';
import { createDatabase, type TestDatabase } from '../support/postgres-database';
import { sampleClosure, sampleEvent, sampleMark } from '../support/sample-closure';

/** What the database undoes because something else ran at the same time: serialization failure and deadlock. */
const CODES = ['40001', '40P01'] as const;
const OTHERS = 10;
const ALWAYS = 1_000_000;
/** What is undone, among others that are not. */
const UNLUCKY = 'unlucky';

/** Something is undone the first so many times; a sequence alone remembers what was undone. */
const lost = (code: string, times: number) => `
  CREATE SEQUENCE tries;
  CREATE FUNCTION lost() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('tries') <= ${times} THEN RAISE EXCEPTION USING ERRCODE = '${code}', MESSAGE = 'lost against another one'; END IF;
    RETURN true;
  END $$;
  CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM lost(); RETURN NULL; END $$;`;

/** The end of a write: by then its other rows are written. */
const AT_THE_LINE = `CREATE TRIGGER trouble AFTER INSERT ON closure_event FOR EACH ROW WHEN (NEW.detail = '${UNLUCKY}') EXECUTE FUNCTION lose();`;
/** The commit of a whole group. */
const AT_THE_COMMIT = `
  CREATE CONSTRAINT TRIGGER trouble AFTER INSERT ON closure_event DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.detail = '${UNLUCKY}') EXECUTE FUNCTION lose();`;
const AT_A_CLAIM = 'CREATE TRIGGER trouble AFTER UPDATE ON closure FOR EACH ROW WHEN (NEW.fence > OLD.fence) EXECUTE FUNCTION lose();';
const AT_A_READ = 'ALTER TABLE closure RENAME TO closure_kept; CREATE VIEW closure AS SELECT * FROM closure_kept WHERE lost();';

let database: TestDatabase;
let store: ClosureStore;
beforeEach(async () => {
  database = await createDatabase();
  ({ store } = await openPostgresStore(database.url));
});
afterEach(async () => {
  await store.dispose();
  await database.dispose();
});

const trouble = (where: string, code: string, times: number) => database.sql(lost(code, times) + where);
const noTrouble = () => database.sql('DROP TRIGGER trouble ON closure_event');

async function tries(): Promise<number> {
  const [row] = await database.sql('SELECT CASE WHEN is_called THEN last_value ELSE 0 END::int AS tries FROM tries');
  return Number(row?.tries);
}

async function rows(): Promise<Record<string, unknown> | undefined> {
  const [counts] = await database.sql(
    `SELECT (SELECT count(*) FROM closure)::int AS closures, (SELECT count(*) FROM closure_identifier)::int AS names,
       (SELECT count(*) FROM closure_event)::int AS lines, (SELECT count(*) FROM attempt)::int AS attempts`,
  );
  return counts;
}

const record = (closure = sampleClosure(), detail: string | null = null) => store.record(closure, sampleEvent({ detail }), LEASE_MS);

async function recorded() {
  const result = await record(sampleClosure({ dueAt: 1 }));
  if (result.kind !== 'recorded') throw new Error(result.kind);
  return result.closure;
}

type Recorded = Awaited<ReturnType<typeof recorded>>;

/** A write that changes something in every table, and that is a second one where it is made twice. */
const mark = (closure: Recorded, detail: string | null = null) =>
  store.commit(byWorker(closure, { mark: sampleMark(1), event: sampleEvent({ from: 'REQUESTED', detail }), set: { quietSteps: closure.quietSteps + 1 } }));

/** One unlucky write in the middle of others; all of them wait in the same turn and share a commit. */
const amongOthers = <T>(others: () => Promise<T>, unlucky: () => Promise<T>): Promise<T>[] =>
  Array.from({ length: OTHERS + 1 }, (_, index) => (index === OTHERS / 2 ? unlucky() : others()));

describe.each(CODES)('what the database undoes with %s', (code) => {
  it('is recorded when it is made again', async () => {
    await trouble(AT_THE_LINE, code, 1);
    expect((await record(sampleClosure(), UNLUCKY)).kind).toBe('recorded');
    expect(await tries()).toBe(2);
    expect(await rows()).toEqual({ closures: 1, names: 1, lines: 1, attempts: 0 });
  });

  it('is changed when it is made again', async () => {
    const closure = await recorded();
    await trouble(AT_THE_LINE, code, 1);
    expect(await mark(closure, UNLUCKY)).toMatchObject({ version: closure.version + 1, quietSteps: 1 });
    expect(await tries()).toBe(2);
    expect(await rows()).toEqual({ closures: 1, names: 1, lines: 2, attempts: 1 });
  });

  it.each([
    ['is one write of a group', AT_THE_LINE],
    ['is the commit of a group', AT_THE_COMMIT],
  ])('is made again where it %s, and every write of the group is made once', async (_, where) => {
    const closures = await Promise.all(Array.from({ length: OTHERS + 1 }, recorded));
    await trouble(where, code, 1);
    const left = [...closures];
    const changed = await Promise.all(amongOthers(() => mark(left.pop()!), () => mark(left.pop()!, UNLUCKY)));
    expect(changed.map((closure) => [closure?.version, closure?.quietSteps])).toEqual(closures.map(({ version }) => [version + 1, 1]));
    expect(await tries()).toBe(2);
    const kinds = (await Promise.all(amongOthers(() => record(), () => record(sampleClosure(), UNLUCKY)))).map(({ kind }) => kind);
    expect(kinds).toEqual(closures.map(() => 'recorded'));
    const count = closures.length;
    expect(await rows()).toEqual({ closures: 2 * count, names: 2 * count, lines: 3 * count, attempts: count });
  });

  it('is claimed when it is made again, and once', async () => {
    const closure = await recorded();
    await store.commit(byWorker(closure, { lease: 'release', visible: false }));
    const [before] = await store.closures(closure.tenant, [closure.id]);
    await trouble(AT_A_CLAIM, code, 1);
    const claimed = await store.claimDue(10, LEASE_MS);
    expect(claimed.map(({ closure: { id, fence } }) => [id, fence])).toEqual([[closure.id, before!.fence + 1]]);
    expect(await tries()).toBe(2);
  });

  it('is read when it is made again', async () => {
    const closure = await recorded();
    await trouble(AT_A_READ, code, 1);
    expect(await store.closures(closure.tenant, [closure.id])).toEqual([closure]);
    expect(await tries()).toBe(2);
  });
});

describe.each(CODES)('what the database always undoes with %s', (code) => {
  it('fails after a few tries, with nothing of it done, and is recorded once the trouble is over', async () => {
    await trouble(AT_THE_LINE, code, ALWAYS);
    const closure = sampleClosure();
    await expect(record(closure, UNLUCKY)).rejects.toMatchObject({ code });
    expect(await tries()).toBeGreaterThan(2);
    expect(await rows()).toEqual({ closures: 0, names: 0, lines: 0, attempts: 0 });
    await noTrouble();
    expect((await record(closure, UNLUCKY)).kind).toBe('recorded');
  });

  it('fails alone among the writes of its group', async () => {
    const closures = await Promise.all(Array.from({ length: OTHERS + 1 }, recorded));
    const unlucky = closures[0]!;
    const left = closures.slice(1);
    await trouble(AT_THE_LINE, code, ALWAYS);
    const writes = await Promise.allSettled(amongOthers(() => mark(left.pop()!), () => mark(unlucky, UNLUCKY)));
    expect(writes.filter(({ status }) => status === 'rejected')).toEqual([{ status: 'rejected', reason: expect.objectContaining({ code }) }]);
    expect(await rows()).toEqual({ closures: OTHERS + 1, names: OTHERS + 1, lines: 2 * OTHERS + 1, attempts: OTHERS });
    const [still, ...others] = await store.closures(unlucky.tenant, closures.map(({ id }) => id));
    expect(still).toEqual(unlucky);
    expect(others.map((closure) => closure?.version)).toEqual(others.map(() => unlucky.version + 1));
    await noTrouble();
    expect(await mark(unlucky, UNLUCKY)).toMatchObject({ version: unlucky.version + 1, quietSteps: 1 });
  });

  it('fails with its whole group where it is the commit, with nothing of any write done', async () => {
    await trouble(AT_THE_COMMIT, code, ALWAYS);
    const closures = Array.from({ length: OTHERS + 1 }, () => sampleClosure());
    const left = [...closures];
    const writes = await Promise.allSettled(amongOthers(() => record(left.pop()), () => record(left.pop(), UNLUCKY)));
    expect(writes).toEqual(closures.map(() => ({ status: 'rejected', reason: expect.objectContaining({ code }) })));
    expect(await tries()).toBeGreaterThan(2);
    expect(await rows()).toEqual({ closures: 0, names: 0, lines: 0, attempts: 0 });
    await noTrouble();
    expect((await Promise.all(closures.map((closure) => record(closure, UNLUCKY)))).map(({ kind }) => kind)).toEqual(closures.map(() => 'recorded'));
  });

  it('fails after a few tries where it is a read', async () => {
    const closure = await recorded();
    await trouble(AT_A_READ, code, ALWAYS);
    await expect(store.closures(closure.tenant, [closure.id])).rejects.toMatchObject({ code });
    expect(await tries()).toBeGreaterThan(2);
  });
});
