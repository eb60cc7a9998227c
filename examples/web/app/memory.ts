import type { ClosureReason } from './generated/graphql';

/** Why somebody closes an account of their own; what else there is is not for this page. */
export const REASONS = ['CUSTOMER_REQUEST', 'ACCOUNT_SWITCHED', 'DUPLICATE_ACCOUNT', 'OTHER'] as const satisfies ClosureReason[];
export type Reason = (typeof REASONS)[number];

/** What somebody decided once. Its key goes with every request that it takes, so that it is carried out once. */
export interface Intent {
  idempotencyKey: string;
  reason: Reason;
}

const nameOf = (account: string): string => `closing-intent:${account}`;

/** The intent to close an account that was kept in this browser, from before a reload or a crash. */
export function keptIntent(account: string): Intent | null {
  const text = localStorage.getItem(nameOf(account));
  return text === null ? null : (JSON.parse(text) as Intent);
}

/** Keeps an intent before its first request leaves: the same as before where nothing else was decided since, or a new one. */
export function keepIntent(account: string, reason: Reason): Intent {
  const kept = keptIntent(account);
  if (kept?.reason === reason) return kept;
  const intent = { idempotencyKey: crypto.randomUUID(), reason };
  localStorage.setItem(nameOf(account), JSON.stringify(intent));
  return intent;
}

/** The next closing of the account is another intent, with a key of its own. */
export function forgetIntent(account: string): void {
  localStorage.removeItem(nameOf(account));
}

/** Which account was looked at last. */
export const lastAccount = {
  read: (): string | null => localStorage.getItem('last-account'),
  keep: (account: string): void => localStorage.setItem('last-account', account),
};
