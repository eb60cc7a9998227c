import { type AccountRef, closureRef } from '../../src/domain/account';
import { SCOPES } from '../../src/domain/caller';
import { claimPolicy } from '../../src/policy/claim';
import { HttpPolicy } from '../../src/policy/http';
import { tenantPolicy } from '../../src/policy/tenant';
import { systemClock } from '../../src/system';
import { type Api, startApi } from '../support/api';
import { closureRecord } from '../support/closure-record';
import { decides, type PolicyServer, startPolicyServer } from '../support/policy-server';
import { ScriptedProvider } from '../support/scripted-provider';

/** A hundred representations, whoever's they are, cost one store query, whoever says whose they are. */

const CLOSURES = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Closure { id } } }';
const ACCOUNTS = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { closure { id } } } }';
const number = (index: number): string => String(index).padStart(3, '0');
/** By the names of the accounts: a third each is the caller's own, allowed to them, and neither; then come some that nobody has. */
const kindOf = (index: number) => (index >= 90 ? 'nobody' : (['own', 'allowed', 'theirs'] as const)[index % 3] ?? 'own');
const accountAt = (index: number): AccountRef => ({ provider: 'bank', kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: `${kindOf(index)}-${number(index)}` });
const PLACES = Array.from({ length: 100 }, (_, index) => index);

let policyServer: PolicyServer;
let http: HttpPolicy;
beforeAll(async () => {
  policyServer = await startPolicyServer();
  policyServer.answer = ({ resource }) => decides(resource.id.includes(':allowed-'));
  http = new HttpPolicy({ url: policyServer.url, token: undefined, timeoutMs: 10_000, cacheMs: 0, clock: systemClock });
});
afterAll(async () => {
  await http.dispose();
  await policyServer.close();
});

describe.each([
  ['tenant', () => tenantPolicy, ['own', 'allowed', 'theirs']],
  ['claim', () => claimPolicy, ['own', 'allowed']],
  ['http', () => http, ['own', 'allowed']],
])('AUTHORIZE=%s', (basis, policy, visible) => {
  let api: Api;
  let ids: string[];
  beforeAll(async () => {
    const accounts = basis === 'claim' ? new Set(PLACES.filter((index) => kindOf(index) === 'allowed').map((index) => closureRef(accountAt(index)))) : undefined;
    const scopes = new Set(SCOPES.filter((scope) => scope !== 'closures:operate'));
    const caller = { tenant: 'default', subject: 'anna', scopes, ...(accounts && { accounts }) };
    api = await startApi({ authenticate: async () => caller }, [new ScriptedProvider().configured()], { policy: policy() });
    ids = await Promise.all(
      PLACES.map(async (index) => {
        const closure = closureRecord({ account: accountAt(index), subject: kindOf(index) === 'own' ? 'anna' : 'bank-officer' });
        return kindOf(index) === 'nobody' ? closure.id : (await api.seed(closure)).id;
      }),
    );
  });
  afterAll(() => api.close());

  const idAt = (index: number) => (visible.includes(kindOf(index)) ? ids[index] : null);

  it('gives closures by id', async () => {
    api.watched.reset();
    const { data, errors } = await api.graphql(CLOSURES, { r: PLACES.map((index) => ({ __typename: 'Closure', id: ids[index] })) });
    expect([data?.['_entities'], errors]).toEqual([PLACES.map((index) => (idAt(index) ? { id: idAt(index) } : null)), []]);
    expect(api.watched.counts()).toEqual({ closures: 1 });
  });

  it('gives accounts by reference', async () => {
    api.watched.reset();
    const { data, errors } = await api.graphql(ACCOUNTS, { r: PLACES.map((index) => ({ __typename: 'Account', closureRef: closureRef(accountAt(index)) })) });
    expect([data?.['_entities'], errors]).toEqual([PLACES.map((index) => ({ closure: idAt(index) ? { id: idAt(index) } : null })), []]);
    expect(api.watched.counts()).toEqual({ newestByRef: 1 });
  });
});
