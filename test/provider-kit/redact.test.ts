import { generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { isPlainId, redactText, redactValue } from '../../src/provider-kit/redact';

describe('text that somebody else wrote', () => {
  it.each([
    ['an IBAN', 'account GB82WEST12345698765432 is closed', 'account GB••••5432 is closed'],
    ['a spaced IBAN with a word behind it', 'GB82 WEST 1234 5698 7654 32 is closed', 'GB••••5432 is closed'],
    ['an IBAN in lower case', 'de89 3704 0044 0532 0130 00 not found', 'DE••••3000 not found'],
    ['an IBAN whose check digits are wrong', '"ES8299999999530000000097"', '"ES••••0097"'],
    ['two IBANs side by side', 'DE89370400440532013000 GB82WEST12345698765432', 'DE••••3000 GB••••5432'],
    ['an IBAN of no known country', 'XX12ABCDEFGHIJKLMNOP', 'XX••••MNOP'],
    ['a UUID', 'id 0D2B6A5C-9c3e-4f7b-8a21-6e5d4c3b2a19!', 'id ••••2a19!'],
    ['a bearer token', 'Authorization: Bearer abc.DEF-123_~+/==, bye', 'Authorization: Bearer [token], bye'],
    ['a JWT', 'got eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl here', 'got [token] here'],
    ['an e-mail address', 'mail jörg.o+x@bank.example.com now', 'mail [email] now'],
    ['an e-mail address in a URL', '?to=a.b%40bank.example.com&x', '?to=[email]&x'],
    ['a long number', 'number 12345678901 here', 'number ••••8901 here'],
    ['a grouped card number', 'card 4111 1111 1111 1111.', 'card ••••1111.'],
    ['a named secret', 'client_secret=s3cr/t==&scope=a', 'client_secret=[secret]&scope=a'],
    ['a named secret in JSON', '{"access_token": "abc"}', '{"access_token": "[secret]"}'],
    ['an opaque run', 'got Zm9vYmFy12QxYmF6L3F1eA_-~.+aZ9bQ== here', 'got [opaque] here'],
    ['an opaque run in an address', 'https://bank.example/cb/4f9a1c7be2d84b30a6f5c9d81e7a2b3c/x', 'https://bank.example/cb/[opaque]/x'],
    ['an opaque run with a number in it', 'abcdefghijkl12345678mnopqrstuvwxyz', '[opaque]'],
    ['control characters', 'a\u0000b\r\nc\u001b[31md', 'a b c [31md'],
    ['characters that turn text around', 'a\u202Eb', 'a b'],
  ])('%s', (_what, text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it.each([
    'ACCOUNT_NOT_FOUND',
    'REAL_ACCOUNT_VIRTUAL_STRUCTURE_NOT_EXIST',
    'https://docs.bank.example/errors/too_many_requests',
    'https://docs.bank.example/v2/errors/accounts/closing_not_possible_2',
    'ISO20022_PAYMENT_RETURN_REASON_AC04_ACCOUNT_CLOSED',
    'com.bank.accounts.v2.closing.AccountNotClosableException',
    'The account is closed since 2026-01-15 10:20:30.',
    'HTTP 409, 1234567 tries',
    'IBAN',
  ])('%j stays as it is', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('a private key goes, whole or cut', () => {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(redactText(`key ${pem} end`)).toBe('key [key]  end');
    expect(redactText(pem.slice(0, 60))).toBe('[key]');
  });

  it('never shows more than the ends of an IBAN or a UUID, wherever it stands', () => {
    const around = fc.string({ maxLength: 20 }).map((text) => text.replace(/[A-Za-z0-9]/g, ''));
    fc.assert(
      fc.property(around, around, fc.stringMatching(/^[0-9]{18}$/), fc.uuid(), (before, after, digits, uuid) => {
        const shown = redactText(`${before} DE89${digits} ${after} ${uuid}${before}`);
        expect(shown).not.toContain(digits.slice(4, -4));
        expect(shown).not.toContain(uuid.slice(0, 18));
      }),
    );
  });

  it('of any kind and length is taken', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => typeof redactText(text) === 'string'));
    expect(redactText('a@'.repeat(1_000_000)).length).toBeLessThan(10_000);
  });
});

describe('a value', () => {
  it('is redacted to its depths, by look and by name', () => {
    const value = {
      note: 'to DE89370400440532013000',
      list: ['x@bank.example', 7, null, true],
      map: new Map([['password', 'p']]),
      authorization: 'Basic abc',
      nested: { client_secret: { a: 1 }, at: new Date(0), bytes: Buffer.from('x'), big: 12345678901n },
    };
    expect(redactValue(value)).toEqual({
      note: 'to DE••••3000',
      list: ['[email]', 7, null, true],
      map: { password: '[secret]' },
      authorization: '[secret]',
      nested: { client_secret: '[secret]', at: new Date(0), bytes: '[bytes]', big: '••••8901' },
    });
  });

  it('may be an error with a cause', () => {
    const error = new Error('mail a@bank.example', { cause: new TypeError('id 0d2b6a5c-9c3e-4f7b-8a21-6e5d4c3b2a19') });
    expect(redactValue(error)).toMatchObject({ name: 'Error', message: 'mail [email]', cause: { name: 'TypeError', message: 'id ••••2a19' } });
  });

  it('may go round in circles, or very deep', () => {
    const circle: Record<string, unknown> = { name: 'a' };
    circle.self = circle;
    expect(redactValue(circle)).toEqual({ name: 'a', self: '[circular]' });
    const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ inner }), 'x@bank.example');
    expect(JSON.stringify(redactValue(deep))).toContain('[deep]');
  });
});

describe('an id of a request', () => {
  it.each(['0d2b6a5c-9c3e-4f7b-8a21-6e5d4c3b2a19', '4BF92F3577B34DA6A3CE929D0E0E4736', 'req_01HXYZ3T5V:7654321', 'my-request-1'])(
    'may be kept: %s',
    (id) => expect(isPlainId(id)).toBe(true),
  );

  it.each(['DE89370400440532013000', 'req-DE89370400440532013000', '21000418450200051332', 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl'])(
    'that may be a number of somebody, or a token, may not: %s',
    (id) => expect(isPlainId(id)).toBe(false),
  );
});
