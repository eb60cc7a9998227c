import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshKey, startTestGateway, type TestGateway } from '../support/gateway';

const UNKNOWN = '01890000-0000-7000-8000-000000000000';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.dispose());

/** Runs a committed client document against a whole gateway with the providers' sandboxes behind it. */
async function run<Data>(document: string, variables: object): Promise<Data> {
  const text = readFileSync(join(__dirname, '../../schema/operations', `${document}.graphql`), 'utf8');
  return gateway.client.graphql<Data>(text, variables);
}

interface Result {
  closure: { id: string; status: string } | null;
  error: { code: string; retry: string } | null;
}

test('an account is previewed, closed, watched and listed', async () => {
  const account = { provider: 'upvest', id: randomUUID() };
  const { closureEligibility } = await run<{ closureEligibility: object }>('closure-eligibility', { account });
  expect(closureEligibility).toMatchObject({ eligible: true, error: null, account: { closureRef: `upvest:ACCOUNT:UUID:${account.id}` } });

  const { closeAccount } = await run<{ closeAccount: Result }>('close-account', {
    input: { idempotencyKey: freshKey(), account, reason: 'CUSTOMER_REQUEST' },
  });
  expect(closeAccount).toMatchObject({ replayed: false, error: null, closure: { reasonMapping: 'NOT_SENT' } });
  const closureId = String(closeAccount.closure?.id);

  const refreshed = await run<{ refreshClosure: Result }>('refresh-closure', { closureId });
  expect(refreshed.refreshClosure).toMatchObject({ closure: { id: closureId }, error: null });
  await gateway.client.until(closureId, 'CLOSED');
  const { closureStatus } = await run<{ closureStatus: object }>('closure-status', { closureId });
  expect(closureStatus).toMatchObject({
    status: 'CLOSED',
    terminal: true,
    error: null,
    provider: { id: 'upvest' },
    account: { displayId: `••••${account.id.slice(-4)}` },
    history: [{ from: null, to: 'REQUESTED' }, { from: 'REQUESTED', to: 'CLOSING' }, { from: 'CLOSING', to: 'CLOSED' }],
  });

  const { closures } = await run<{ closures: { edges: { node: { id: string } }[] } }>('closures', { filter: { account } });
  expect(closures.edges.map(({ node }) => node.id)).toEqual([closureId]);
});

test('what cannot be done any more, or never could, is said as data', async () => {
  const { closeAccount } = await run<{ closeAccount: Result }>('close-account', {
    input: { idempotencyKey: freshKey(), account: { provider: 'emoney', id: randomUUID() }, reason: 'OTHER', reasonText: 'Enough' },
  });
  const closureId = String(closeAccount.closure?.id);
  const cancelled = await run<{ cancelClosure: Result }>('cancel-closure', { closureId });
  expect(cancelled.cancelClosure).toMatchObject({ closure: { status: 'CLOSED' }, error: { code: 'CLOSURE_NOT_CANCELLABLE', retry: 'NEVER' } });
  const input = { closureId: UNKNOWN, outcome: 'CLOSED', note: 'Asked.', expectedVersion: 1 };
  const resolved = await run<{ resolveClosure: Result }>('resolve-closure', { input });
  expect(resolved.resolveClosure).toMatchObject({ closure: null, error: { code: 'CLOSURE_NOT_FOUND', retry: 'NEVER' } });
});

test('the providers say what they can do for each kind of account', async () => {
  const { closureProviders } = await run<{ closureProviders: object[] }>('closure-providers', {});
  expect(closureProviders).toMatchObject([
    { id: 'upvest', active: true, accountKinds: [{ kind: 'ACCOUNT', defaultIdType: 'UUID', completion: 'ASYNC' }, { kind: 'ACCOUNT_GROUP', announceOnly: true }] },
    { id: 'emoney', active: true, accountKinds: [{ kind: 'ACCOUNT', reasonMode: 'TEXT', reasonTextMaxLength: 255 }, { kind: 'VIRTUAL_ACCOUNT', completion: 'SYNC' }] },
  ]);
});
