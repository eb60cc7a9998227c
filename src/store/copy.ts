import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { StoreUnreachable } from './errors';
import type { Query } from './postgres/driver';
import { migrate as migratePostgres } from './postgres/migrate';
import { PgDriver } from './postgres/pg-driver';
import { prepareSession, STATEMENT_TIMEOUT_MS } from './postgres/session';
import type { Row } from './rows';
import { DATABASE_FILE } from './sqlite/data-folder';
import { type Database, openDurableDatabase, type SqlValue } from './sqlite/database';
import { lockFolder } from './sqlite/folder-lock';
import { migrate as migrateSqlite } from './sqlite/migrate';
import { markMoved, movedFile, unmarkMoved } from './sqlite/moved';

/** What is copied, in an order in which every row finds those that it refers to; `key` orders a table's rows. */
const TABLES: readonly { name: string; key: readonly string[]; columns: string }[] = [
  { name: 'closure', key: ['id'], columns: '*, NULL AS lease_until' },
  { name: 'closure_identifier', key: ['closure_id', 'ref'], columns: '*' },
  { name: 'attempt', key: ['closure_id', 'number'], columns: '*' },
  { name: 'closure_event', key: ['closure_id', 'seq'], columns: '*' },
  { name: 'closure_report', key: ['closure_id', 'id'], columns: '*' },
  { name: 'closure_child', key: ['parent_id', 'child_id'], columns: '*' },
  { name: 'audit_checkpoint', key: ['number'], columns: '*' },
  { name: 'audit_seal', key: ['checkpoint', 'closure_id'], columns: '*' },
  { name: 'webhook_event', key: ['position'], columns: '*, NULL AS lease_until' },
];
const PAGE = 500;
/** How often and for how long a transaction is asked after whose end was not heard, ms. Longer than an idle one is let live. */
const ASK_EVERY_MS = 200;
const ASK_FOR_MS = 2 * STATEMENT_TIMEOUT_MS;

/** The copy was not begun, or was undone. */
export class CopyRefused extends Error {
  constructor(why: string) {
    super(`Nothing was copied: ${why}`);
    this.name = 'CopyRefused';
  }
}

/** The answer to the commit was lost, and the database could not be asked for it again. The folder stays marked. */
export class CopyUnknown extends Error {
  constructor(dataDir: string, transaction: string, cause: unknown) {
    super(
      `Whether the closures were copied is not known (${messageOf(cause)}), and no gateway works on ${dataDir} until it is. Ask the database: ` +
        `SELECT pg_xact_status('${transaction}'). After "committed", start the gateway with DATABASE_URL. ` +
        `After "aborted", nothing was copied: remove ${movedFile(dataDir)}.`,
      { cause },
    );
    this.name = 'CopyUnknown';
  }
}

export interface CopyOptions {
  /** The data folder of a gateway that does not run. */
  dataDir: string;
  /** A PostgreSQL database without closures. */
  url: string;
  /** Epoch ms, for the notes. */
  now: number;
  /** Called with each table's rows when they are copied. */
  copied?(table: string, rows: number): void;
}

/**
 * Takes an embedded store to PostgreSQL, in one transaction. Afterwards the folder is marked, and no gateway works on
 * it any more: two that work on the same closures would ask the providers twice.
 * @throws CopyRefused when there is no store, the database has closures already, or it did not take the copy
 * @throws CopyUnknown when it cannot be told whether the copy is there
 * @throws StoreLocked while a gateway has the folder, and what opening either store throws
 */
export async function copyStore({ dataDir, url, now, copied = () => {} }: CopyOptions): Promise<void> {
  const file = join(dataDir, DATABASE_FILE);
  if (!existsSync(file)) throw new CopyRefused(`there is no store in ${dataDir}.`);
  const lock = lockFolder(dataDir, now);
  try {
    const source = openDurableDatabase(file);
    try {
      migrateSqlite(source);
      await copyFrom(source, { dataDir, url, now, copied });
    } finally {
      source.close();
    }
  } finally {
    lock.release();
  }
}

async function copyFrom(source: Database, { dataDir, url, now, copied }: Required<CopyOptions>): Promise<void> {
  const driver = new PgDriver(url, prepareSession);
  try {
    await migratePostgres(driver).catch((error: unknown) => {
      throw StoreUnreachable.because(error);
    });
    await driver.session(async (query) => {
      await query('BEGIN');
      // A gateway that runs there already could write between the look and the copy.
      await query('LOCK TABLE closure, webhook_event IN EXCLUSIVE MODE');
      const [found] = await query('SELECT EXISTS (SELECT FROM closure) OR EXISTS (SELECT FROM webhook_event) AS something');
      if (found?.something) throw new CopyRefused('the database has closures or webhook events already.');
      for (const table of TABLES) copied(table.name, await copyTable(source, query, table));
      const [begun] = await query('SELECT pg_current_xact_id()::text AS transaction');
      markMoved(dataDir, now);
      try {
        await query('COMMIT');
      } catch (error) {
        await assertCommitted(driver.query, String(begun?.transaction), dataDir, error);
      }
    });
    // Without statistics, the first minutes would be slow.
    await driver.session((query) => query(`ANALYZE ${TABLES.map(({ name }) => name).join(', ')}`));
  } finally {
    await driver.close();
  }
}

/**
 * The commit failed, or only its answer was lost: the database knows which. Only where nothing was copied is the folder
 * given back.
 * @throws CopyRefused, CopyUnknown
 */
async function assertCommitted(query: Query, transaction: string, dataDir: string, cause: unknown): Promise<void> {
  const outcome = await outcomeOf(query, transaction).catch(() => 'unknown');
  if (outcome === 'committed') return;
  if (outcome !== 'aborted') throw new CopyUnknown(dataDir, transaction, cause);
  unmarkMoved(dataDir);
  throw new CopyRefused(`the database did not take it (${messageOf(cause)}).`);
}

/** See pg_xact_status, https://www.postgresql.org/docs/current/functions-info.html. The server may not have noticed yet that its client is gone. */
async function outcomeOf(query: Query, transaction: string): Promise<unknown> {
  const until = performance.now() + ASK_FOR_MS;
  for (;;) {
    const [row] = await query('SELECT pg_xact_status($1::xid8) AS outcome', [transaction]);
    if (row?.outcome !== 'in progress' || performance.now() > until) return row?.outcome;
    await wait(ASK_EVERY_MS);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @returns how many rows both stores have */
async function copyTable(source: Database, query: Query, { name, key, columns }: (typeof TABLES)[number]): Promise<number> {
  const order = key.join(', ');
  // The embedded store orders webhook events by the row's own number.
  const from = name === 'webhook_event' ? '(SELECT *, rowid AS position FROM webhook_event)' : name;
  const after = `WHERE (${order}) > (${key.map(() => '?').join(', ')})`;
  let last: Row | undefined;
  do {
    const behind = last;
    const rows = source.all(
      `SELECT ${columns} FROM ${from} ${behind ? after : ''} ORDER BY ${order} LIMIT ${PAGE}`,
      behind ? key.map((column) => behind[column] as SqlValue) : [],
    );
    if (rows.length > 0) await query(`INSERT INTO ${name} SELECT * FROM jsonb_populate_recordset(NULL::${name}, $1)`, [JSON.stringify(rows)]);
    last = rows.length === PAGE ? rows.at(-1) : undefined;
  } while (last);
  const wanted = Number(source.all(`SELECT count(*) AS rows FROM ${name}`)[0]?.rows);
  const [there] = await query(`SELECT count(*) AS rows FROM ${name}`);
  if (there?.rows !== wanted) throw new CopyRefused(`${name} has ${wanted} rows here and ${String(there?.rows)} there.`);
  return wanted;
}
