import { serverAudits, type Audit } from 'graphql-http';
import { startApi, type Api } from '../support/api';

/**
 * The audits of GraphQL over HTTP, https://graphql.github.io/graphql-over-http/draft/, that the server answers otherwise.
 * A warning is a SHOULD, a notice a MAY; an error would be a MUST, and there is none.
 */
const KNOWN: Readonly<Record<string, 'warn' | 'notice'>> = {
  '572B': 'warn',
  FDE2: 'warn',
  '7B9B': 'warn',
  '5A70': 'notice',
  D6D5: 'notice',
  '6A70': 'notice',
};

let url: string;
let api: Api;
beforeAll(async () => {
  api = await startApi();
  url = `${api.url}/graphql`;
});
afterAll(() => api.close());

const audits: Audit[] = serverAudits({ url: () => url, fetchFn: fetch });

test('there are as many audits as there were', () => {
  expect(audits).toHaveLength(61);
});

test.each(audits.map((audit) => [audit.id, audit.name, audit] as const))('%s %s', async (id, _name, audit) => {
  const result = await audit.fn();
  expect([result.status, 'reason' in result ? result.reason : '']).toEqual([KNOWN[id] ?? 'ok', KNOWN[id] ? expect.any(String) : '']);
});
