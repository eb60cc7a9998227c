import { accountOfRef, type AccountIdType, type AccountRef, canonicalAccount, closureRef, displayId, type IdRules, lockKey } from '../../src/domain/account';
import { InputRefused } from '../../src/domain/closure-error';

const STRICT: IdRules = { ibanChecksum: 'strict', providerId: /^[A-Za-z0-9_-]{1,64}$/ };

function canonical(idType: AccountIdType, id: string, country?: string | null, rules: IdRules = STRICT) {
  return canonicalAccount({ provider: 'bank', kind: 'ACCOUNT', id, country }, idType, rules);
}

function refusal(run: () => unknown): { code: string; field: readonly string[] } {
  try {
    run();
  } catch (error) {
    if (error instanceof InputRefused) return { code: error.code, field: error.field };
    throw error;
  }
  throw new Error('Nothing was refused.');
}

describe('canonical account ids', () => {
  it.each([
    ['UUID', '7F1D3F4E-5A2F-4A6D-9E19-0B8A4C2D1E33', undefined, '7f1d3f4e-5a2f-4a6d-9e19-0b8a4c2d1e33'],
    ['IBAN', 'es82 9999 9999 5300 0000 0096', undefined, 'ES8299999999530000000096'],
    ['IBAN', 'ES09-6722-2000-4900-0000-2360', 'ES', 'ES0967222000490000002360'],
    ['BBAN', '9999 9999 5300 0000 0096', 'ES', '99999999530000000096'],
    ['PROVIDER_ID', 'acc_42-X', undefined, 'acc_42-X'],
  ] as const)('%s %j becomes its canonical form', (idType, id, country, expected) => {
    expect(canonical(idType, id, country).id).toBe(expected);
  });

  it.each([
    ['UUID', 'not-a-uuid'],
    ['UUID', '7f1d3f4e5a2f4a6d9e190b8a4c2d1e33'],
    ['IBAN', 'ES8299999999530000000097'],
    ['IBAN', 'ZZ8299999999530000000097'],
    ['IBAN', 'ES82'],
    ['PROVIDER_ID', 'a b'],
    ['PROVIDER_ID', ''],
  ] as const)('%s %j is refused at account.id', (idType, id) => {
    expect(refusal(() => canonical(idType, id))).toEqual({ code: 'INVALID_INPUT', field: ['account', 'id'] });
  });

  it('takes an IBAN with wrong check digits where the provider switched the checksum off, and still wants its structure', () => {
    const off: IdRules = { ibanChecksum: 'off' };
    expect(canonical('IBAN', 'ES8299999999530000000097', null, off).id).toBe('ES8299999999530000000097');
    expect(refusal(() => canonical('IBAN', 'ES829999999953000000009', null, off)).field).toEqual(['account', 'id']);
  });

  it('refuses a BBAN without country, of an unknown country, or of another shape, and names the field', () => {
    expect(refusal(() => canonical('BBAN', '99999999530000000096')).field).toEqual(['account', 'country']);
    expect(refusal(() => canonical('BBAN', '99999999530000000096', 'QQ')).field).toEqual(['account', 'country']);
    expect(refusal(() => canonical('BBAN', '99999999530000000096', 'es')).field).toEqual(['account', 'country']);
    expect(refusal(() => canonical('BBAN', '9999', 'ES')).field).toEqual(['account', 'id']);
  });

  it('refuses a country that contradicts the IBAN or goes with no country', () => {
    expect(refusal(() => canonical('IBAN', 'ES8299999999530000000096', 'GB')).field).toEqual(['account', 'country']);
    expect(refusal(() => canonical('UUID', '7f1d3f4e-5a2f-4a6d-9e19-0b8a4c2d1e33', 'GB')).field).toEqual(['account', 'country']);
  });

  const HOSTILE = ['..', '../x', '%2e%2e', '%2F', 'a/b', 'a\\b', 'a\r\nb', 'a\u0000b', 'x'.repeat(10_000), '\ud800', 'a?b', 'a#b', 'a\u0085b'];
  const EVERYTHING: IdRules = { ibanChecksum: 'off', providerId: /^[^]*$/ };
  it.each(HOSTILE)('refuses hostile id %j whatever the provider would take', (id) => {
    for (const idType of ['UUID', 'IBAN', 'BBAN', 'PROVIDER_ID'] as const) {
      expect(refusal(() => canonical(idType, id, idType === 'BBAN' ? 'ES' : null, EVERYTHING)).field).toEqual(['account', 'id']);
    }
  });
});

describe('strings made from a reference', () => {
  const iban = canonical('IBAN', 'ES8299999999530000000096');
  const bban = canonical('BBAN', '99999999530000000096', 'ES');

  it('names the account in a federated graph', () => {
    expect(closureRef(iban)).toBe('bank:ACCOUNT:IBAN:ES8299999999530000000096');
    expect(closureRef(bban)).toBe('bank:ACCOUNT:BBAN:ES:99999999530000000096');
  });

  it('locks kinds apart unless they share their ids', () => {
    const virtual = { ...iban, kind: 'VIRTUAL_ACCOUNT' as const };
    expect(lockKey(iban, false)).not.toBe(lockKey(virtual, false));
    expect(lockKey(iban, true)).toBe(lockKey(virtual, true));
  });

  it('shows country and last four of an IBAN, and the last four of anything else', () => {
    expect(displayId(iban)).toBe('ES••••0096');
    expect(displayId(bban)).toBe('••••0096');
  });
});

describe('the account of a closure reference', () => {
  it.each<AccountRef>([
    { provider: 'bank', kind: 'ACCOUNT', idType: 'UUID', id: '537408d8-b55c-499c-9efa-ef5b36045cef' },
    { provider: 'bank_uk', kind: 'ACCOUNT_GROUP', idType: 'PROVIDER_ID', id: 'a:b:c' },
    { provider: 'bank', kind: 'ACCOUNT', idType: 'IBAN', id: 'ES9121000418450200051332' },
    { provider: 'bank', kind: 'VIRTUAL_ACCOUNT', idType: 'BBAN', country: 'GB', id: 'WEST12345698765432' },
  ])('is the one that it was made of: $idType', (account) => {
    expect(accountOfRef(closureRef(account))).toEqual(account);
  });

  it.each(['', 'anything at all', 'bank:ACCOUNT', 'bank:ACCOUNT:UUID:not-one', 'bank:ACCOUNT:UUID:537408D8-B55C-499C-9EFA-EF5B36045CEF', 'bank:ACCOUNT:BBAN:WEST12345698765432', 'bank:account:PROVIDER_ID:1', 'bank:ACCOUNT:PROVIDER_ID:'])(
    'is none for %j',
    (ref) => {
      expect(accountOfRef(ref)).toBeNull();
    },
  );
});
