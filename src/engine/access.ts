import type { AccountRef } from '../domain/account';
import { type Caller, mayOperate } from '../domain/caller';
import type { Closure } from '../domain/closure';
import { type ClosureError, closureError } from '../domain/closure-error';
import type { AccountAction } from '../ports/account-policy';
import type { ListFilter } from '../ports/store';
import type { EngineParts } from './driver';

/**
 * Whose closures are whose, within a tenant. A caller sees what they asked for themselves, and the closures of accounts
 * that the policy allows them to read; operators see all. What somebody may not see is to them as if it were not there.
 */
export class Access {
  constructor(private readonly parts: Pick<EngineParts, 'policy' | 'store' | 'telemetry'>) {}

  /** Why the caller may not do that with the account, the same whether or not there is such an account; null: they may. */
  async refusal(caller: Caller, action: AccountAction, account: AccountRef, withItsAccounts = false): Promise<ClosureError | null> {
    return this.refusalUnless(() => this.allows(caller, action, account, withItsAccounts), caller, account);
  }

  /** Why the caller may not do that with a closure that they see; null: they may. */
  async refusalFor(caller: Caller, action: AccountAction, closure: Closure): Promise<ClosureError | null> {
    return this.refusalUnless(async () => this.mayAct(caller, action, closure, await this.listed(caller, [closure])), caller, closure.account);
  }

  private async refusalUnless(isAllowed: () => Promise<boolean>, caller: Caller, account: AccountRef): Promise<ClosureError | null> {
    const details = { provider: account.provider };
    try {
      if (await isAllowed()) return null;
      return closureError('FORBIDDEN', 'You may not do this with that account.', caller.correlationId, details);
    } catch (error) {
      this.parts.telemetry.alarm({ what: 'the account policy did not answer', correlationId: caller.correlationId, error });
      const message = 'Whether you may do this with that account cannot be told now. Nothing was done.';
      return closureError('INTERNAL', message, caller.correlationId, { ...details, retryAfterSeconds: 1 });
    }
  }

  /**
   * The closures that the caller may see; the others become null, like those that are not there.
   * @throws what the policy throws when it does not answer
   */
  async visible(caller: Caller, closures: readonly (Closure | null)[]): Promise<(Closure | null)[]> {
    if (this.seesAll(caller)) return [...closures];
    const listed = await this.listed(caller, closures);
    return Promise.all(
      closures.map(async (closure) => (closure && (await this.mayAct(caller, 'read', closure, listed)) ? closure : null)),
    );
  }

  /**
   * What a list is narrowed to, so that it holds nothing but what the caller may see; undefined: nothing.
   * @param account whose closures are asked for; null: any
   * @throws what the policy throws when it does not answer
   */
  async narrowing(caller: Caller, account: AccountRef | null): Promise<ListFilter['visibleTo']> {
    if (this.seesAll(caller) || (account && (await this.allows(caller, 'read', account)))) return undefined;
    return { subject: caller.subject, accountRefs: [...(caller.accounts ?? [])] };
  }

  private seesAll(caller: Caller): boolean {
    return this.parts.policy.allowsAll || mayOperate(caller);
  }

  private async mayAct(caller: Caller, action: AccountAction, closure: Closure, listed: ReadonlySet<string>): Promise<boolean> {
    return isOwn(caller, closure) || listed.has(closure.id) || (await this.allows(caller, action, closure.account));
  }

  private async allows(caller: Caller, action: AccountAction, account: AccountRef, withItsAccounts = false): Promise<boolean> {
    return this.seesAll(caller) || (await this.parts.policy.allows(caller, action, account, withItsAccounts));
  }

  /** Ids of those whose account the caller's token lists, by any of its identifiers. */
  private async listed({ accounts, tenant }: Caller, closures: readonly (Closure | null)[]): Promise<ReadonlySet<string>> {
    if (!accounts) return new Set();
    const ids = closures.flatMap((closure) => closure?.id ?? []);
    const refs = await this.parts.store.accountRefs(tenant, ids);
    return new Set(ids.filter((_id, index) => refs[index]?.some((ref) => accounts.has(ref))));
  }
}

/** What a provider began is recorded under the provider's id, which nobody may pass for. */
function isOwn(caller: Caller, closure: Closure): boolean {
  return closure.subject === caller.subject && closure.subject !== closure.account.provider;
}
