import { startTestGateway, type TestGateway } from '../support/gateway';

const HOSTILE = [
  '..',
  '../../auth/token',
  '%2e%2e',
  '%2e%2e%2f',
  '%2F',
  '%252F',
  '\\',
  '..\\..',
  '/',
  '//evil.example/x',
  'a/../b',
  'a\r\nx-injected: 1',
  'a\u0000b',
  'a\tb',
  'a?account_id_type=uuid',
  'a#b',
  'a;b',
  'x'.repeat(10_240),
  '\ud800',
  'a\udfffb',
  '__proto__',
  'constructor',
  '',
  ' ',
  '\u202e7f1d3f4e-5a2f-4a6d-9e19-0b8a4c2d1e33',
  '７f1d3f4e-5a2f-4a6d-9e19-0b8a4c2d1e33',
  '7f1d3f4e-5a2f-4a6d-9e19-0b8a4c2d1e33/../../auth/token',
];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.dispose());

const WAYS = [
  { provider: 'upvest', kind: 'ACCOUNT' },
  { provider: 'upvest', kind: 'ACCOUNT_GROUP' },
  { provider: 'emoney', kind: 'ACCOUNT', idType: 'UUID' },
  { provider: 'emoney', kind: 'ACCOUNT', idType: 'IBAN' },
  { provider: 'emoney', kind: 'VIRTUAL_ACCOUNT', idType: 'BBAN', country: 'ES' },
];
const ELIGIBILITY = 'query ($account: AccountInput!) { closureEligibility(account: $account) { eligible account { id } error { code field } } }';
const COUNT = '{ closures(first: 1) { edges { node { id } } } }';

describe('hostile account ids', () => {
  it.each(HOSTILE)('%j is refused with its field, recorded nowhere and sent nowhere', async (id) => {
    for (const way of WAYS) {
      const { closure, error } = await gateway.client.close({ account: { ...way, id } });
      expect({ closure, code: error?.code, field: error?.field }).toEqual({ closure: null, code: 'INVALID_INPUT', field: ['input', 'account', 'id'] });
      const { closureEligibility } = await gateway.client.graphql<{ closureEligibility: object }>(ELIGIBILITY, { account: { ...way, id } });
      expect(closureEligibility).toEqual({ eligible: null, account: null, error: { code: 'INVALID_INPUT', field: ['account', 'id'] } });
    }
    expect(gateway.sandboxes.upvest.ledger).toEqual([]);
    expect(gateway.sandboxes.emoney.ledger).toEqual([]);
    expect(await gateway.client.graphql(COUNT)).toEqual({ closures: { edges: [] } });
  });

  it.each([
    ['provider', { provider: '__proto__', id: 'x' }, 'UNKNOWN_PROVIDER'],
    ['provider', { provider: 'upvest\u0000', id: 'x' }, 'UNKNOWN_PROVIDER'],
    ['country', { provider: 'emoney', idType: 'BBAN', country: '__', id: '99999999530000000096' }, 'INVALID_INPUT'],
    ['country', { provider: 'emoney', idType: 'BBAN', country: 'es', id: '99999999530000000096' }, 'INVALID_INPUT'],
    ['country', { provider: 'emoney', idType: 'BBAN', id: '99999999530000000096' }, 'INVALID_INPUT'],
    ['idType', { provider: 'upvest', idType: 'IBAN', id: 'ES8299999999530000000096' }, 'UNSUPPORTED_BY_PROVIDER'],
    ['kind', { provider: 'emoney', kind: 'ACCOUNT_GROUP', id: 'x' }, 'UNSUPPORTED_BY_PROVIDER'],
  ])('a hostile %s is named', async (field, account, code) => {
    expect((await gateway.client.close({ account })).error).toMatchObject({ code, field: ['input', 'account', field] });
  });

  it.each(['é', '\u0000', 'a\r\nb', '{}', 'x'.repeat(256), '\ud800'])('a text that the provider does not take is named: %j', async (reasonText) => {
    const account = { provider: 'emoney', id: '7f1d3f4e-5a2f-4a6d-9e19-0b8a4c2d1e33' };
    expect((await gateway.client.close({ account, reasonText })).error).toMatchObject({ code: 'INVALID_INPUT', field: ['input', 'reasonText'] });
    expect(gateway.sandboxes.emoney.ledger).toEqual([]);
  });

  it('ids in odd but honest form reach the provider in canonical form', async () => {
    await gateway.client.close({ account: { provider: 'upvest', id: '7F1D3F4E-5A2F-4A6D-9E19-0B8A4C2D1E33' } });
    await gateway.client.close({ account: { provider: 'emoney', idType: 'IBAN', id: 'es82 9999 9999 5300 0000 0096' } });
    const paths = [gateway.sandboxes.upvest, gateway.sandboxes.emoney].flatMap(({ ledger }) =>
      ledger.filter(({ operation }) => operation === 'close').map(({ path, query }) => path + query),
    );
    expect(paths).toEqual(['/accounts/7f1d3f4e-5a2f-4a6d-9e19-0b8a4c2d1e33', '/accounts/ES8299999999530000000096/close?account_id_type=iban']);
  });
});
