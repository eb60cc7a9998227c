import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxAnswer } from '../../../src/provider-kit/sandbox-faults';
import { errorRows } from '../../../providers/upvest/errors';
import { account, closeRequest, openPair, type Pair, send } from './support';

interface Fixture extends SandboxAnswer {
  page: 'account' | 'account-group';
  headers: Record<string, string>;
  body: string;
  source: string;
}

const FOLDER = join(__dirname, '../../../providers/upvest/fixtures');
/** Those of the two closing pages. */
const files = readdirSync(FOLDER).filter((file) => file.startsWith('account'));
const fixtures = files.map((file): [string, Fixture] => [file, JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Fixture]);

const typeOf = ({ body }: Fixture): string | undefined => (body ? (JSON.parse(body) as { type: string }).type : undefined);
const rowOf = (fixture: Fixture) => errorRows.find((row) => row.status === fixture.status && row.word === typeOf(fixture));

let pair: Pair;

beforeAll(async () => {
  pair = await openPair();
});

afterAll(() => pair.dispose());

describe('documented answers', () => {
  it.each(fixtures)('%s means what the table says', async (_file, fixture) => {
    const request = closeRequest({ account: account(undefined, fixture.page === 'account' ? 'ACCOUNT' : 'ACCOUNT_GROUP') });
    pair.sandbox.script(request.account.id, 'close', [{ status: fixture.status, headers: fixture.headers, body: fixture.body }]);
    const outcome = await pair.adapter.requestClosure(request, send);
    expect(outcome).toMatchObject({
      ...(fixture.status === 202 ? { kind: 'accepted' } : rowOf(fixture)?.meaning),
      httpStatus: fixture.status,
      requestId: fixture.headers['upvest-request-id'],
    });
    expect(pair.unmapped).toEqual([]);
  });

  it.each(errorRows.map((row) => [row.status, row.word] as const))('%i %s has a fixture', (status, word) => {
    expect(fixtures.some(([, fixture]) => fixture.status === status && typeOf(fixture) === word)).toBe(true);
  });

  it('name the provider\'s page that has them', () => {
    for (const [, { source }] of fixtures) expect(source).toMatch(/^https:\/\/docs\.upvest\.co\/api\//);
  });

  it('are either success or a row of the table', () => {
    expect(fixtures.filter(([, fixture]) => fixture.status !== 202 && !rowOf(fixture)).map(([file]) => file)).toEqual([]);
  });
});
