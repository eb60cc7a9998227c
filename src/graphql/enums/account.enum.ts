import type { AccountIdType, AccountKind } from '../../domain/account';
import { apiEnum } from './api-enum';

export const ClosureAccountKind = apiEnum<AccountKind>('ClosureAccountKind', 'What kind of thing is to be closed.', {
  ACCOUNT: 'One account.',
  ACCOUNT_GROUP: 'A group of accounts that closes as a whole.',
  VIRTUAL_ACCOUNT: 'A virtual account that belongs to an account.',
});

export const ClosureAccountIdType = apiEnum<AccountIdType>(
  'ClosureAccountIdType',
  'What an account id is written in. Open: treat a value that you do not know as opaque.',
  {
    PROVIDER_ID: "The provider's own id, in the provider's own format.",
    UUID: 'A UUID (RFC 9562), read without case, kept in lower case.',
    IBAN: 'An IBAN (ISO 13616); spaces and case do not matter, kept in electronic form.',
    BBAN: 'A national account number (the IBAN without country and check digits); needs the country.',
  },
);
