import type { AccountPreset } from './accounts';

/** Accounts that are not simply open and empty, by fixed ids. */
interface MagicAccount {
  title: string;
  preset: AccountPreset;
}

const id = (number: number): string => `acc00000-0000-4000-8000-${String(number).padStart(12, '0')}`;

export const MAGIC_ACCOUNTS = {
  positive: { title: 'balance of 12.50 EUR', preset: { uuid: id(1), balances: { available: '12.50', current: '12.50' } } },
  negative: { title: 'overdrawn by 3.10 EUR', preset: { uuid: id(2), balances: { available: '-3.10', current: '-3.10' } } },
  pending: {
    title: 'nothing available, 7.00 EUR not settled yet: the bank closes it all the same',
    preset: { uuid: id(3), balances: { available: '0.00', pendingConsolidation: '7.00' } },
  },
  reserved: {
    title: '5.00 EUR available, 2.00 EUR withheld',
    preset: { uuid: id(4), balances: { available: '5.00', withholding: '2.00' } },
  },
  flat: {
    title: 'balance of 99.99 GBP, in the flat shape with numbers',
    preset: { uuid: id(5), shape: 'flat', currency: 'GBP', balances: { available: '99.99' } },
  },
  closed: { title: 'closed already', preset: { uuid: id(6), closed: true, status: 'Closed' } },
  unknownWord: { title: 'status "Dormant"', preset: { uuid: id(7), status: 'Dormant' } },
  noWord: { title: 'flat shape without a status', preset: { uuid: id(8), shape: 'flat', status: undefined } },
  real: {
    title: 'UUID, IBAN and BBAN; has the two virtual accounts below',
    preset: { uuid: id(10), iban: 'ES8299999999530000000096', bban: '99999999530000000096', country: 'ES' },
  },
  virtualOne: { title: 'virtual account', preset: { uuid: id(11), parent: id(10), iban: 'ES2899999999530000000098', bban: '99999999530000000098', country: 'ES' } },
  virtualTwo: { title: 'virtual account', preset: { uuid: id(12), parent: id(10) } },
} satisfies Record<string, MagicAccount>;

export const magicPresets = (): AccountPreset[] => Object.values(MAGIC_ACCOUNTS as Record<string, MagicAccount>).map(({ preset }) => ({ ...preset }));
