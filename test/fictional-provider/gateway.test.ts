import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providerDefinitions } from '../../providers/registry.generated';
import { loadConfig } from '../../src/config/load-config';
import { type Gateway, startGateway } from '../../src/gateway';
import { createLogger } from '../../src/observability/logger';
import { jsonAnswer } from '../../src/provider-kit/sandbox';
import { Client, environmentFor, QUICK_ENV } from '../support/gateway';
import { provider } from './atlantis';
import { type AtlantisSandbox, startSandbox } from './atlantis/sandbox';

let dataDir: string;
let bank: AtlantisSandbox;
let gateway: Gateway;
let client: Client;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'closure-atlantis-'));
  bank = await startSandbox();
  const config = loadConfig({ ...QUICK_ENV, DATA_DIR: dataDir, ...environmentFor({ atlantis: bank }) }, [...providerDefinitions, provider]);
  gateway = await startGateway(config, { logger: createLogger('silent') });
  client = new Client(gateway.url);
  bank.subscribe?.(`${gateway.url}/webhooks/atlantis`);
});
afterAll(async () => {
  await gateway.drain();
  await bank.dispose();
  rmSync(dataDir, { recursive: true, force: true });
});

const close = (id: string, more: object = {}) => client.close({ account: { provider: 'atlantis', id }, ...more });
const ELIGIBILITY = '{ closureEligibility(account: { provider: "atlantis", id: "ATL-00000003" }) { eligible blockers { code stage amount } } }';

describe('a gateway with a provider that it was not built with', () => {
  it('shows what the provider can do', async () => {
    const query = '{ closureProviders { id adapter displayName outcomeSources accountKinds { kind idTypes completion reasonMode announceOnly } } }';
    expect(await client.graphql(query)).toEqual({
      closureProviders: [
        {
          id: 'atlantis',
          adapter: 'atlantis',
          displayName: 'Bank of Atlantis',
          outcomeSources: ['RESPONSE', 'POLL', 'WEBHOOK'],
          accountKinds: [{ kind: 'ACCOUNT', idTypes: ['PROVIDER_ID'], completion: 'SYNC', reasonMode: 'ENUM', announceOnly: true }],
        },
      ],
    });
  });

  it('closes an account, once', async () => {
    const { closure, error } = await close('ATL-00000001');
    expect(error).toBeNull();
    expect(closure).toMatchObject({ status: 'CLOSED', providerStatus: 'SUNK', reasonMapping: 'EXACT', attempts: 1, account: { idType: 'PROVIDER_ID' } });
    expect(bank.effectiveCloses('ATL-00000001')).toBe(1);
  });

  it('finds out by reading what became of a close whose answer was lost', async () => {
    bank.script('ATL-00000002', 'close', ['reset-after']);
    const { closure } = await close('ATL-00000002');
    expect(await client.until(closure?.id ?? '', 'CLOSED')).toMatchObject({ attempts: 1 });
    expect(bank.effectiveCloses('ATL-00000002')).toBe(1);
  });

  it('says what stands in the way, before and after', async () => {
    bank.vault('ATL-00000003').pearls = '12';
    const blockers = [{ code: 'POSITIVE_BALANCE', stage: 'REQUEST' }];
    expect(await client.graphql(ELIGIBILITY)).toEqual({ closureEligibility: { eligible: false, blockers: [{ ...blockers[0], amount: '12' }] } });
    expect((await close('ATL-00000003')).error).toMatchObject({ code: 'CLOSURE_BLOCKED', blockers, providerErrors: [{ code: 'PEARLS_LEFT' }] });
  });

  it('announces without closing', async () => {
    expect((await close('ATL-00000004', { announceOnly: true })).closure).toMatchObject({ status: 'ANNOUNCED' });
    expect(bank.effectiveCloses('ATL-00000004')).toBe(0);
  });

  it.each([
    ['ATL-00000005', 'SINKING', {}, 'CLOSING'],
    ['ATL-00000006', 'AWAITS_TIDE', { effective: '2031-03-01T00:00:00Z' }, 'SCHEDULED'],
    ['ATL-00000007', 'AWAITS_SEAL', { sign: { url: 'https://bank-of-atlantis.example/sign/1', until: '2031-03-01T00:00:00Z' } }, 'ACTION_REQUIRED'],
  ])('%s is told %s and goes on from there to CLOSED', async (id, status, more, expected) => {
    bank.vault(id).standing = status;
    bank.script(id, 'close', [jsonAnswer(200, { id, status, ...more })]);
    const { closure } = await close(id);
    expect(closure).toMatchObject({ status: expected, providerStatus: status });
    bank.vault(id).standing = 'SUNK';
    expect((await client.until(closure?.id ?? '', 'CLOSED')).attempts).toBe(1);
  });

  it('is refused under the status of success, and hears it', async () => {
    bank.script('ATL-00000009', 'close', [jsonAnswer(200, { error: { code: 'UNDER_SEAL_OF_COURT', text: 'The court has the key.' } })]);
    const { closure, error } = await close('ATL-00000009');
    expect(closure).toMatchObject({ status: 'REJECTED', attempts: 1 });
    expect(error).toMatchObject({ code: 'ACCOUNT_STATE_CONFLICT', providerErrors: [{ code: 'UNDER_SEAL_OF_COURT', httpStatus: 200 }] });
  });

  it('is told by the bank that a vault has sunk, and by nobody else', async () => {
    const id = 'ATL-00000008';
    bank.script(id, 'close', [jsonAnswer(200, { id, status: 'SINKING' })]);
    // What is not sealed by the bank is no news, and no read shows the end of it.
    bank.vault(id).standing = 'SINKING';
    const { closure } = await close(id);
    const body = Buffer.from(JSON.stringify({ id: 'forged', what: 'VAULT_SUNK', vault: id, at: new Date().toISOString() }));
    const headers = { ...bank.sealed(Buffer.from('{}')), 'content-type': 'application/json' };
    expect((await fetch(`${gateway.url}/webhooks/atlantis`, { method: 'POST', headers, body })).status).toBe(401);
    expect(await client.status(closure?.id ?? '')).toMatchObject({ status: 'CLOSING' });
    expect(await bank.tell(id, 'VAULT_SUNK')).toBe(200);
    const { history } = await client.until(closure?.id ?? '', 'CLOSED');
    expect(history.map(({ to, cause }) => `${cause} ${to}`)).toEqual(['REQUEST REQUESTED', 'RESPONSE CLOSING', 'WEBHOOK CLOSED']);
  });

  it('refuses an id that is none of the bank\'s, and asks nobody', async () => {
    const before = bank.ledger.length;
    expect((await close('ATL-1')).error).toMatchObject({ code: 'INVALID_INPUT', field: ['input', 'account', 'id'] });
    expect(bank.ledger).toHaveLength(before);
  });
});
