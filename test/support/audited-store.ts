import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, types } from 'pg';
import { auditCommand, type Status } from '../../scripts/audit-command';
import type { Closure } from '../../src/domain/closure';
import type { ClosureStore } from '../../src/ports/store';
import { openPostgresStore } from '../../src/store/postgres';
import { openSqliteStore } from '../../src/store/sqlite';
import { Database, type SqlValue } from '../../src/store/sqlite/database';
import { type AuditKey, auditKey } from './audit';
import { createDatabase } from './postgres-database';
import { sampleClosure, sampleEvent } from './sample-closure';

/** The tables of a store, for somebody who may do anything to them; "?" stands for a value. */
export interface Tables {
  all(sql: string, values?: readonly SqlValue[]): Promise<Record<string, SqlValue>[]>;
}

/** A store whose history is sealed by several checkpoints, but for its end, and which nobody has open. */
export interface AuditedStore {
  /** For files of the test's own. */
  folder: string;
  key: AuditKey;
  keyFile: string;
  /** The newest checkpoint, as the command exported it. */
  checkpointFile: string;
  /** Entries newer than that. */
  unsealed: number;
  /** Runs the command, with the options that name the store, on a copy that `change` was made to; foreign keys do not keep it from anything. */
  onCopy(change: (db: Tables) => Promise<unknown>, args: (from: string[]) => string[]): Promise<{ status: Status; lines: string[] }>;
  dispose(): Promise<void>;
}

/** Values as the embedded store has them: whole numbers as numbers, none is too long for that, and flags as 0 and 1. */
const parserOf = ((oid: number, format?: 'text') => {
  if (oid === types.builtins.INT8) return Number;
  return oid === types.builtins.BOOL ? (text: string) => Number(text === 't') : types.getTypeParser(oid, format);
}) as typeof types.getTypeParser;

function numbered(sql: string): string {
  let number = 0;
  return sql.replaceAll('?', () => `$${(number += 1)}`);
}

const CLOSURES = 30;
const PATH = ['REQUESTED', 'UNCONFIRMED', 'REQUESTED', 'CLOSING', 'CLOSED'] as const;

export async function run(...args: string[]): Promise<{ status: Status; lines: string[] }> {
  const lines: string[] = [];
  return { status: await auditCommand(args, (line) => void lines.push(line)), lines };
}

export async function auditedStore(): Promise<AuditedStore> {
  const folder = mkdtempSync(join(tmpdir(), 'closure-audit-'));
  const dataDir = join(folder, 'data');
  const store = await openSqliteStore({ dataDir, clock: { now: Date.now, monotonic: () => performance.now() } });
  let copies = 0;
  return {
    ...(await filled(store, folder, ['--data', dataDir])),
    async onCopy(change, args) {
      const copy = join(folder, `copy-${(copies += 1)}`);
      mkdirSync(copy);
      // The driver may not have moved the log's pages into the database yet.
      for (const file of ['gateway.db', 'gateway.db-wal']) if (existsSync(join(dataDir, file))) copyFileSync(join(dataDir, file), join(copy, file));
      const db = new Database(join(copy, 'gateway.db'), 0);
      try {
        db.exec('PRAGMA foreign_keys = OFF');
        await change({ all: async (sql, values) => db.all(sql, [...(values ?? [])]) }).finally(() => db.close());
        return await run(...args(['--data', copy]));
      } finally {
        rmSync(copy, { recursive: true });
      }
    },
    dispose: async () => rmSync(folder, { recursive: true }),
  };
}

/** The same in a database of its own, on the server of the run. */
export async function auditedDatabase(): Promise<AuditedStore> {
  const folder = mkdtempSync(join(tmpdir(), 'closure-audit-'));
  const database = await createDatabase();
  const { store } = await openPostgresStore(database.url);
  return {
    ...(await filled(store, folder, ['--from', database.url])),
    async onCopy(change, args) {
      const copy = await createDatabase(undefined, database);
      const client = new Client({ connectionString: copy.url, types: { getTypeParser: parserOf } });
      try {
        await client.connect();
        await client.query('SET session_replication_role = replica');
        const all: Tables['all'] = async (sql, values) => (await client.query<Record<string, SqlValue>>(numbered(sql), [...(values ?? [])])).rows;
        await change({ all }).finally(() => client.end());
        return await run(...args(['--from', copy.url]));
      } finally {
        await copy.dispose();
      }
    },
    async dispose() {
      await database.dispose();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Fills a store, and disposes it. */
async function filled(store: ClosureStore, folder: string, from: string[]): Promise<Omit<AuditedStore, 'onCopy' | 'dispose'>> {
  const key = auditKey();
  const keyFile = join(folder, 'audit.pub');
  const checkpointFile = join(folder, 'checkpoint.json');
  writeFileSync(keyFile, key.publicPem);
  const unsealed = await fill(store, key);
  await run('checkpoint', ...from, '--out', checkpointFile);
  return { folder, key, keyFile, checkpointFile, unsealed };
}

/**
 * Closures of every age: some moved after a checkpoint, and the last moves are in none.
 * @returns how many entries no checkpoint has
 */
async function fill(store: ClosureStore, key: AuditKey): Promise<number> {
  const live: Closure[] = [];
  const moves = new Map<number, number>();
  let unsealed = 0;
  const seal = async () => {
    await store.sealCheckpoint(100, key.signer);
    unsealed = 0;
  };
  const record = async (reasonText: string | null) => {
    const closure = sampleClosure({ reasonText });
    await store.record(closure, sampleEvent(), 0);
    unsealed += 1;
    live.push(closure);
  };
  const move = async (index: number) => {
    const moved = (moves.get(index) ?? 0) + 1;
    const [from, to] = [PATH[moved - 1]!, PATH[moved]!];
    const { id, version } = live[index]!;
    const evidence = index % 2 === 0 ? { httpStatus: 204, providerErrors: [{ code: 'X', message: 'ä' }] } : undefined;
    const event = sampleEvent({ from, to, cause: 'RESPONSE', detail: `move of ${index}`, providerRequestId: `r-${index}`, actor: null, evidence });
    live[index] = (await store.commit({ id, guard: { version }, set: { status: to }, visible: true, event, lease: 'release' }))!;
    moves.set(index, moved);
    unsealed += 1;
  };
  for (let index = 0; index < CLOSURES; index += 1) {
    await record(index % 3 === 0 ? 'moves away' : null);
    if (index % 2 === 0) await move(index);
    if (index % 6 === 5) await seal();
    if (index % 6 === 0 && index > 0) await move(index - 6);
  }
  for (let index = 0; index < CLOSURES; index += 2) await move(index);
  await seal();
  for (let index = 0; index < CLOSURES; index += 5) await move(index);
  await record(null);
  await store.dispose();
  return unsealed;
}
