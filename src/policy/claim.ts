import { closureRef } from '../domain/account';
import type { AccountPolicy } from '../ports/account-policy';

/** AUTHORIZE=claim: the caller's token lists the accounts that are theirs, by closure reference; a group with its accounts. */
export const claimPolicy: AccountPolicy = {
  basis: 'token',
  allows: (caller, _action, account) => Promise.resolve(caller.accounts?.has(closureRef(account)) ?? false),
  dispose: () => Promise.resolve(),
};
