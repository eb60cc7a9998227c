import { startTestGateway, type TestGateway } from '../support/gateway';
import { type Issuer, startIssuer } from '../support/issuer';
import { publishedSchema, rootFields } from './fuzz-operations';
import { type Asker, fuzz } from './fuzz-run';
import type { Tally } from './fuzz-tally';
import { ACCOUNTS, type FuzzedAccount } from './fuzz-values';

/** The long form: `npm run fuzz`, or FUZZ=100000 FUZZ_SEED=2. Half of the requests go to each configuration. */
const COUNT = Math.ceil(Number(process.env['FUZZ'] ?? 4_000) / 2);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
/** Of the fuzzing itself, ms; every request that hangs ends the test long before. */
const LONGEST_MS = 3_600_000;
/** Of the requests: fewer would be a fuzzer that knocks at the door only. */
const LEAST_EXECUTED = 0.3;
/** For as long as the long form may take, s. */
const TOKEN_LIFETIME_S = 7_200;
/** What goes on by itself is to leave the processor to the requests. */
const QUIET: Record<string, string> = { CLOSE_WAIT_MS: '50', POLL_MIN_MS: '100', POLL_MAX_MS: '5000' };
const PRODUCTION: Record<string, string> = { AUTHORIZE: 'claim', UPVEST_TENANTS: 'acme', EMONEY_TENANTS: 'acme,globex', INTROSPECTION: 'off' };
const ROOTS = [...rootFields(publishedSchema()), 'Query._entities Closure', 'Query._entities Account'];

let issuer: Issuer;
let gateway: TestGateway;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterEach(() => gateway.dispose());
afterAll(() => issuer.close());

/** Those that everybody has, and groups with accounts. */
function accountsOf({ sandboxes }: TestGateway): FuzzedAccount[] {
  const groups = Array.from({ length: 5 }, () => sandboxes.upvest.openGroup());
  const inGroups = groups.flatMap(({ accounts }) => accounts.map((id) => ({ provider: 'upvest', id })));
  return [...ACCOUNTS, ...groups.map(({ id }) => ({ provider: 'upvest', id, kind: 'ACCOUNT_GROUP' })), ...inGroups];
}

/** Neither all refused nor all let through: both sides of the wall were met, and everything behind it. */
async function expectSound(tally: Tally, roots: readonly string[], statuses: readonly number[]): Promise<void> {
  if (process.env['FUZZ']) process.stdout.write(`\n${tally.report()}\n`);
  expect(tally.strange.slice(0, 3)).toEqual([]);
  expect([...tally.roots.keys()]).toEqual(expect.arrayContaining([...roots]));
  expect([...tally.statuses.keys()]).toEqual(expect.arrayContaining([...statuses]));
  expect(tally.executed / tally.sent).toBeGreaterThan(LEAST_EXECUTED);
  expect((await fetch(`${gateway.client.url}/readyz`)).status).toBe(200);
}

// Jest fails a test for a rejection that nobody handles in its process, which is the gateway's too.
it(`answers every one of ${COUNT} fuzzed requests below 500, as JSON, and without a word of its insides`, async () => {
  gateway = await startTestGateway(QUIET);
  const tally = await fuzz({ gateway, count: COUNT, seed: SEED, askers: [{ tenant: 'default' }], accounts: accountsOf(gateway) });
  await expectSound(tally, ROOTS, [200, 400, 405, 415, 431]);
  // So that their absence below says something.
  expect([tally.suggestions, tally.introspections]).not.toContain(0);
}, LONGEST_MS);

it(`does so with tokens too, and tells no name of the schema to any of ${COUNT} requests`, async () => {
  gateway = await startTestGateway({ ...QUIET, ...issuer.env, ...PRODUCTION });
  const accounts = accountsOf(gateway);
  const tally = await fuzz({ gateway, count: COUNT, seed: SEED, askers: await askersOf(accounts), accounts });
  await expectSound(tally, ROOTS.filter((root) => root !== 'Query._service'), [200, 400, 401, 405, 415, 431]);
  expect([tally.suggestions, tally.introspections]).toEqual([0, 0]);
  expect([...tally.roots.keys()]).not.toContain('Query._service');
}, LONGEST_MS);

/** Several scopes, two tenants, a token that is none, and none; those who can do something more often. */
async function askersOf(accounts: readonly FuzzedAccount[]): Promise<Asker[]> {
  const byUuid = accounts.filter(({ idType }) => idType === undefined);
  const listed = byUuid.map(({ provider, id, kind = 'ACCOUNT' }) => `${provider}:${String(kind)}:UUID:${id}`);
  const exp = Math.floor(Date.now() / 1000) + TOKEN_LIFETIME_S;
  const all = 'closures:read closures:write closures:operate';
  const asker = async (claims: object, tenant = 'acme') => ({ tenant, authorization: `Bearer ${await issuer.token({ exp, tenant, ...claims })}` });
  const operator = await asker({ sub: 'olga', scope: all });
  const holder = await asker({ accounts: listed });
  const others = await Promise.all([
    asker({ sub: 'rita', scope: 'closures:read', accounts: listed.slice(0, 5) }),
    asker({ sub: 'walt', scope: 'closures:write', accounts: listed }),
    asker({ sub: 'nobody', scope: '' }),
    asker({ sub: 'anna', scope: all }, 'globex'),
    asker({ sub: 'bert', accounts: listed }, 'globex'),
  ]);
  const strangers = [{ tenant: 'nobody', authorization: 'Bearer nonsense' }, { tenant: 'nobody' }];
  return [...Array.from({ length: 9 }, () => operator), ...Array.from({ length: 5 }, () => holder), ...others, ...strangers];
}
