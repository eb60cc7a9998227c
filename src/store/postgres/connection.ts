import { type Client, type ClientConfig, types } from 'pg';
import type { Row } from '../rows';
import { type Query, storableParams } from './driver';
import { STATEMENT_TIMEOUT_MS } from './session';

const CONNECT_TIMEOUT_MS = 5_000;
/** Later than the database's own limit: only a dead connection is given up here. */
export const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;

/** How every connection is made. */
export function settingsFor(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'account-closure-gateway',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // Every whole number here is below 2^53.
    types: { getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)) },
  };
}

/** Statements on one connection. Without a time-out they may take as long as they like. */
export function queryOn(client: Pick<Client, 'query'>, timeoutMs?: number): Query {
  return async (sql, params = []) => {
    const values = storableParams(params);
    // Without values, a text of several statements is allowed.
    const statement = { text: sql, ...(values.length > 0 && { values }), query_timeout: timeoutMs };
    return (await client.query<Row>(statement)).rows;
  };
}
