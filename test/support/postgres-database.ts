import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** A database that nobody else uses, for one test file. */
export interface TestDatabase {
  url: string;
  /** One or more statements, as the server's own user. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  /** Breaks whatever is connected to it, and drops it. */
  dispose(): Promise<void>;
}

/**
 * Makes a database on the server of the run.
 * @param of what is in it: a copy of another one, which nobody may be connected to. Default: nothing
 */
export async function createDatabase(server = process.env.TEST_DATABASE_URL ?? '', of?: TestDatabase): Promise<TestDatabase> {
  const name = `closures_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await once(server, `CREATE DATABASE ${name}${of ? ` TEMPLATE ${new URL(of.url).pathname.slice(1)}` : ''}`);
  return {
    url: url.href,
    sql: (text) => once(url.href, text),
    dispose: async () => void (await once(server, `DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

async function once(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
