import { setTimeout as wait } from 'node:timers/promises';
import { Client, type ClientConfig, Pool } from 'pg';
import type { Row } from '../rows';
import { ANSWER_TIMEOUT_MS, queryOn, settingsFor } from './connection';
import { type Driver, LOST_A_RACE, type Query, type SqlParam, sqlState } from './driver';
import { Listener } from './listener';

/** Connections of one process at most; one more listens. */
const MOST_CONNECTIONS = 10;
const IDLE_MS = 30_000;
const MOST_TRIES = 5;
const PAUSE_MS = 20;

/** SQLSTATEs that say that the server is going down or has just come up: its connections are of no use any more. */
const SERVER_STATE = /^(08|57P)/;

/** {@link Driver} on a bounded pool of `pg` connections to a server. */
export class PgDriver implements Driver {
  readonly #settings: ClientConfig;
  readonly #pool: Pool;
  readonly #listeners: Listener[] = [];

  /** @param prepare called with each new connection; what it throws is thrown to whoever asked for it */
  constructor(url: string, prepare: (query: Query) => Promise<void>) {
    this.#settings = settingsFor(url);
    this.#pool = new Pool({
      ...this.#settings,
      max: MOST_CONNECTIONS,
      idleTimeoutMillis: IDLE_MS,
      onConnect: (client) => prepare(queryOn(client, ANSWER_TIMEOUT_MS)),
    });
    // A connection that breaks tells whoever waits for its answer, and is replaced when the next one is asked for.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  readonly query: Query = async (sql, params = []) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#once(sql, params);
      } catch (error) {
        if (tries >= MOST_TRIES || !LOST_A_RACE.has(sqlState(error) ?? '')) throw error;
        await wait(PAUSE_MS * tries * Math.random());
      }
    }
  };

  async #once(sql: string, params: readonly SqlParam[]): Promise<Row[]> {
    const client = await this.#pool.connect();
    let broken = true;
    try {
      const rows = await queryOn(client, ANSWER_TIMEOUT_MS)(sql, params);
      broken = false;
      return rows;
    } catch (error) {
      const state = sqlState(error);
      broken = state === undefined || SERVER_STATE.test(state);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async session<T>(use: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      await client.query('SET statement_timeout = 0');
      return await use(queryOn(client));
    } finally {
      // It has settings of its own, and after an error perhaps a transaction.
      client.release(true);
    }
  }

  listen(channels: readonly string[], heard: (channel: string, payload: string) => void, missed: () => void): Promise<void> {
    const listener = new Listener((socket) => new Client({ ...this.#settings, stream: () => socket }), channels, heard, missed);
    this.#listeners.push(listener);
    return listener.first;
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await this.#pool.end();
  }
}
