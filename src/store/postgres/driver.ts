import type { Row } from '../rows';
import { storable } from '../text';

/** What PostgreSQL is given here. */
export type SqlParam = string | number | null | readonly string[];

export type Query = (sql: string, params?: readonly SqlParam[]) => Promise<Row[]>;

/** The PostgreSQL client behind the store, so that it can be changed. */
export interface Driver {
  /**
   * One statement, in a transaction of its own.
   * @throws the database's error, with its SQLSTATE as `code`; any other error leaves open whether it was done
   */
  query: Query;
  /** Several statements, texts of many included, on one connection and with no limit on their time. */
  session<T>(use: (query: Query) => Promise<T>): Promise<T>;
  /**
   * Tells of every notification from the moment at which the promise resolves, and of each time after it that some may
   * have been missed.
   */
  listen(channels: readonly string[], heard: (channel: string, payload: string) => void, missed: () => void): Promise<void>;
  /** Lets go of the connections when their statements have ended. */
  close(): Promise<void>;
}

/** Values as the database takes them. */
export function storableParams(params: readonly SqlParam[]): SqlParam[] {
  return params.map((param) => (typeof param === 'string' ? storable(param) : Array.isArray(param) ? param.map(storable) : param));
}

/** SQLSTATE of an error of the database; undefined: it is not one. */
export function sqlState(error: unknown): string | undefined {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && severity !== undefined ? code : undefined;
}

/**
 * The statement lost against another one that ran at the same time, and nothing of it was done: serialization
 * failure, deadlock, lock not available (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
export const LOST_A_RACE: ReadonlySet<string> = new Set(['40001', '40P01', '55P03']);
