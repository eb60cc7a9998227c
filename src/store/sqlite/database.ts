import Driver = require('libsql');
import { StoreNotDurable } from '../errors';
import { storable } from '../text';

/** What SQLite takes and gives here; truth values are 0 and 1. */
export type SqlValue = string | number | null;
export type SqlRow = Record<string, SqlValue>;

/** PRAGMA synchronous: every commit waits until the disk has it. */
const FULL = 2;
/** How long SQLite waits, blocking, for a lock that somebody else's tool holds on the database, ms. */
export const BUSY_TIMEOUT_MS = 2000;
/** More than the gateway's own texts; the texts made for a list filter or for a set of columns are many in theory. */
const MOST_STATEMENTS = 500;

/**
 * The SQLite driver, behind this one file so that it can be changed. Every call is synchronous.
 * Statements are kept by their text and prepared again only after very many others.
 */
export class Database {
  readonly #driver: Driver.Database;
  readonly #statements = new Map<string, Driver.Statement>();

  constructor(path: string, busyTimeoutMs: number) {
    this.#driver = new Driver(path, { timeout: busyTimeoutMs });
  }

  /**
   * All rows. The driver's `get` is not used: it leaves its statement, and with it a view of the past, open.
   * @throws the driver's error, with a `code` such as SQLITE_BUSY or SQLITE_CONSTRAINT_UNIQUE
   */
  all(sql: string, params: readonly SqlValue[] = []): SqlRow[] {
    return this.#statement(sql).all(storableParams(params)) as SqlRow[];
  }

  /** @returns how many rows were changed */
  run(sql: string, params: readonly SqlValue[] = []): number {
    return this.#statement(sql).run(storableParams(params)).changes;
  }

  /** One or more statements without parameters. */
  exec(sql: string): void {
    this.#driver.exec(sql);
  }

  get inTransaction(): boolean {
    return this.#driver.inTransaction;
  }

  /** The driver lets go of the files when the last statement is collected; locks are only held in a transaction. */
  close(): void {
    this.#statements.clear();
    this.#driver.close();
  }

  #statement(sql: string): Driver.Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= MOST_STATEMENTS) this.#statements.clear();
    const statement = this.#driver.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function storableParams(params: readonly SqlValue[]): SqlValue[] {
  return params.map((param) => (typeof param === 'string' ? storable(param) : param));
}

/**
 * Opens a database for durable work. The settings are made at every open: SQLite keeps only the journal mode in
 * the file, and a build's default for a reopened WAL file may be weaker (https://sqlite.org/pragma.html#pragma_synchronous).
 * @throws StoreNotDurable when a setting did not hold
 */
export function openDurableDatabase(path: string): Database {
  const db = new Database(path, BUSY_TIMEOUT_MS);
  try {
    db.all('PRAGMA journal_mode = WAL');
    db.all('PRAGMA synchronous = FULL');
    db.all('PRAGMA foreign_keys = ON');
    // Only macOS has a weaker and a stronger way to sync, and takes the weaker unless told.
    db.all('PRAGMA fullfsync = ON');
    db.all('PRAGMA checkpoint_fullfsync = ON');
    assertDurable(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Asks the database itself whether its settings are those of a durable store.
 * @throws StoreNotDurable naming the setting
 */
export function assertDurable(db: Database): void {
  assertPragma(db, 'journal_mode', 'wal');
  assertPragma(db, 'synchronous', String(FULL));
  assertPragma(db, 'foreign_keys', '1');
}

function assertPragma(db: Database, name: string, wanted: string): void {
  const found = String(db.all(`PRAGMA ${name}`)[0]?.[name]);
  if (found !== wanted) throw new StoreNotDurable(`PRAGMA ${name}`, wanted, found);
}
