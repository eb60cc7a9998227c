import type { AccountRef } from '../domain/account';
import type { Caller } from '../domain/caller';

/** What a caller wants with an account. `read` is about its closures and about what its provider says of it. */
export type AccountAction = 'close' | 'read' | 'refresh' | 'cancel';

/** Says which accounts of their tenant callers may act on. Callers with `closures:operate` are not asked about. */
export interface AccountPolicy {
  /**
   * What it decides by:
   * - tenant: nobody is refused within their tenant;
   * - token: the accounts that the caller's token lists, and nothing else;
   * - question: whatever it asks for.
   */
  readonly basis: 'tenant' | 'token' | 'question';
  /**
   * Rejects when it cannot be told; nothing happens then.
   * @param withItsAccounts true: the account is a group, and its accounts are to be closed with it
   */
  allows(caller: Caller, action: AccountAction, account: AccountRef, withItsAccounts?: boolean): Promise<boolean>;
  /** Lets go of connections. */
  dispose(): Promise<void>;
}
