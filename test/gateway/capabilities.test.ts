import { randomUUID } from 'node:crypto';
import { type CloseInput, startTestGateway, type TestGateway } from '../support/gateway';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.dispose());

const emoneyKind = {
  idTypes: ['UUID', 'IBAN', 'BBAN'],
  defaultIdType: 'UUID',
  completion: 'SYNC',
  reasonMode: 'TEXT',
  reasonTextMaxLength: 255,
  announceOnly: false,
  liquidatePositions: false,
  includeAccounts: false,
  eligibility: 'BY_READS',
};
const upvestKind = { idTypes: ['UUID'], defaultIdType: 'UUID', completion: 'ASYNC', reasonTextMaxLength: null, eligibility: 'BY_READS' };

/** As the gateway is configured; written down here, and not taken from the capabilities. */
const PROVIDERS = [
  {
    id: 'upvest',
    adapter: 'upvest',
    displayName: 'Upvest Investment API',
    active: true,
    outcomeSources: ['RESPONSE', 'POLL', 'WEBHOOK'],
    accountKinds: [
      { kind: 'ACCOUNT', ...upvestKind, reasonMode: 'NONE', announceOnly: false, liquidatePositions: true, includeAccounts: false },
      { kind: 'ACCOUNT_GROUP', ...upvestKind, reasonMode: 'ENUM', announceOnly: true, liquidatePositions: false, includeAccounts: true },
    ],
  },
  {
    id: 'emoney',
    adapter: 'emoney',
    displayName: 'PagoNxt eMoney',
    active: true,
    outcomeSources: ['RESPONSE', 'POLL'],
    accountKinds: [
      { kind: 'ACCOUNT', ...emoneyKind },
      { kind: 'VIRTUAL_ACCOUNT', ...emoneyKind },
    ],
  },
];

const requestsSent = (): number => gateway.sandboxes.upvest.ledger.length + gateway.sandboxes.emoney.ledger.length;
const upvest = (kind: string, more: Partial<CloseInput> = {}): CloseInput => ({ account: { provider: 'upvest', kind, id: randomUUID() }, ...more });
const emoney = (more: Partial<CloseInput> = {}): CloseInput => ({ account: { provider: 'emoney', id: randomUUID() }, ...more });

describe('what a provider can do', () => {
  it('is what closureProviders says', async () => {
    const query = `{ closureProviders { id adapter displayName active outcomeSources accountKinds {
      kind idTypes defaultIdType completion reasonMode reasonTextMaxLength announceOnly liquidatePositions includeAccounts eligibility
    } } }`;
    const { closureProviders } = await gateway.client.graphql<{ closureProviders: object[] }>(query);
    expect(closureProviders).toHaveLength(PROVIDERS.length);
    expect(closureProviders).toEqual(expect.arrayContaining(PROVIDERS));
  });

  it.each<[string, CloseInput, string[]]>([
    ['an announcement of an account', upvest('ACCOUNT', { announceOnly: true }), ['announceOnly']],
    ['a text for an account that is told nothing', upvest('ACCOUNT', { reasonText: 'moving' }), ['reasonText']],
    ['a text for a group that is told words', upvest('ACCOUNT_GROUP', { reasonText: 'moving' }), ['reasonText']],
    ['the accounts of an account', upvest('ACCOUNT', { includeAccounts: true }), ['includeAccounts']],
    ['the positions of a group by itself', upvest('ACCOUNT_GROUP', { liquidatePositions: true }), ['liquidatePositions']],
    ['a kind that it does not have', upvest('VIRTUAL_ACCOUNT'), ['account', 'kind']],
    ['an id of a type that it does not take', { account: { provider: 'upvest', id: 'DE89370400440532013000', idType: 'IBAN' } }, ['account', 'idType']],
    ['an announcement', emoney({ announceOnly: true }), ['announceOnly']],
    ['positions', emoney({ liquidatePositions: true }), ['liquidatePositions']],
    ['accounts of an account', emoney({ includeAccounts: true }), ['includeAccounts']],
    ['a group', { account: { provider: 'emoney', kind: 'ACCOUNT_GROUP', id: randomUUID() } }, ['account', 'kind']],
    ['an id of its own', { account: { provider: 'emoney', id: randomUUID(), idType: 'PROVIDER_ID' } }, ['account', 'idType']],
  ])('is refused with the field, recorded nowhere and sent to nobody where it cannot: %s', async (_what, input, field) => {
    const idempotencyKey = randomUUID();
    const sent = requestsSent();
    const { closure, error } = await gateway.client.close({ ...input, idempotencyKey });
    expect({ closure, code: error?.code, field: error?.field }).toEqual({ closure: null, code: 'UNSUPPORTED_BY_PROVIDER', field: ['input', ...field] });
    const query = 'query ($key: String!) { closures(filter: { idempotencyKey: $key }) { edges { node { id } } } }';
    expect(await gateway.client.graphql(query, { key: idempotencyKey })).toEqual({ closures: { edges: [] } });
    expect(requestsSent()).toBe(sent);
  });
});
