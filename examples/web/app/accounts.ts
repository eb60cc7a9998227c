import type { Account } from './api';
import accounts from './accounts.json';
import type { Language } from './language';

/** One of the holder's accounts. A real page gets them from whoever owns accounts. */
export interface OwnAccount {
  /** Names it within this page. */
  key: string;
  name: Record<Language, string>;
  /** Masked, for screens. */
  number: string;
  account: Account;
}

export const OWN_ACCOUNTS = accounts as OwnAccount[];
