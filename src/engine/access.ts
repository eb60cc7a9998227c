import { createHash } from 'node:crypto';
import { type AccountRef, closureRef } from '../domain/account';
import { type Caller, mayOperate } from '../domain/caller';
import type { Closure } from '../domain/closure';
import { type ClosureError, closureError } from '../domain/closure-error';
import type { AccountAction } from '../ports/account-policy';
import type { VisibleTo } from '../ports/store';
import type { EngineParts } from './driver';
import { mayUse } from './intake';
import { PolicyUnanswered } from './service';

/**
 * Whose closures are whose, within a tenant. A caller sees what they asked for themselves, and the closures of accounts
 * that the policy allows them to read; operators see all. What somebody may not see is to them as if it were not there.
 */
export class Access {
  constructor(private readonly parts: Pick<EngineParts, 'policy' | 'providers' | 'store' | 'telemetry'>) {}

  /** Why the caller may not do that with the account, the same whether or not there is such an account; null: they may. */
  async refusal(caller: Caller, action: AccountAction, account: AccountRef, withItsAccounts = false): Promise<ClosureError | null> {
    return this.refusalUnless(() => this.allows(caller, action, account, withItsAccounts), caller, account);
  }

  /** Why the caller may not do that with a closure that they see; null: they may. */
  async refusalFor(caller: Caller, action: AccountAction, closure: Closure): Promise<ClosureError | null> {
    return this.refusalUnless(async () => this.mayAct(caller, action, closure, await this.listed(caller, [closure])), caller, closure.account);
  }

  private async refusalUnless(isAllowed: () => Promise<boolean>, caller: Caller, account: AccountRef): Promise<ClosureError | null> {
    try {
      if (await isAllowed()) return null;
      return closureError('FORBIDDEN', 'You may not do this with that account.', caller.correlationId, { provider: account.provider });
    } catch (error) {
      if (error instanceof PolicyUnanswered) return this.untold(caller, account.provider);
      throw error;
    }
  }

  /** What is answered to who wants something done while the policy does not answer. */
  untold(caller: Caller, provider?: string): ClosureError {
    const message = 'Whether you may do this with that account cannot be told now. Nothing was done.';
    return closureError('INTERNAL', message, caller.correlationId, { provider, retryAfterSeconds: 1 });
  }

  /**
   * The closures that the caller may see; the others become null, like those that are not there. About these the policy is
   * asked all the same: what it costs to be told of nothing, and what becomes of it while the policy is slow or away, must
   * not tell that there is nothing.
   * @param missing a name for each that is not there
   * @throws PolicyUnanswered
   */
  async visible(caller: Caller, closures: readonly (Closure | null)[], missing: readonly string[]): Promise<(Closure | null)[]> {
    if (this.seesAll(caller)) return [...closures];
    const listed = await this.listed(caller, closures);
    const [seen] = await Promise.all([
      Promise.all(closures.map(async (closure) => (closure && (await this.mayAct(caller, 'read', closure, listed)) ? closure : null))),
      Promise.all(missing.map(async (name) => this.askAboutNothing(caller, name))),
    ]);
    return seen;
  }

  /** By id, those that the caller may see; see {@link visible}. One store query. */
  async closures(caller: Caller, ids: readonly string[]): Promise<(Closure | null)[]> {
    const { policy, store } = this.parts;
    if (policy.basis === 'token') return store.closures(caller.tenant, ids, await this.narrowing(caller, []));
    const found = await store.closures(caller.tenant, ids);
    return this.visible(caller, found, ids.filter((_id, index) => !found[index]));
  }

  /**
   * What is narrowed to this holds nothing but what the caller may see; undefined: they see all. The policy is asked about
   * every one of the accounts, whether or not there is a closure.
   * @param accounts whose closures are asked for, by name
   * @throws PolicyUnanswered
   */
  async narrowing(caller: Caller, accounts: readonly AccountRef[]): Promise<VisibleTo | undefined> {
    if (this.seesAll(caller)) return undefined;
    const allowed = await Promise.all(accounts.map((account) => this.allows(caller, 'read', account)));
    const named = accounts.filter((_account, index) => allowed[index]).map(closureRef);
    return { subject: caller.subject, accountRefs: [...(caller.accounts ?? []), ...named] };
  }

  private seesAll(caller: Caller): boolean {
    return this.parts.policy.basis === 'tenant' || mayOperate(caller);
  }

  private async mayAct(caller: Caller, action: AccountAction, closure: Closure, listed: ReadonlySet<string>): Promise<boolean> {
    return isOwn(caller, closure) || listed.has(closure.id) || (await this.allows(caller, action, closure.account));
  }

  /** About an account that nobody has, at a provider of the caller's. */
  private async askAboutNothing(caller: Caller, name: string): Promise<void> {
    const provider = this.parts.providers.all().find((one) => mayUse(caller, one));
    const [kind] = provider?.adapter.capabilities.kinds ?? [];
    if (!provider || !kind) return;
    const id = createHash('sha256').update(name).digest('hex');
    await this.allows(caller, 'read', { provider: provider.id, kind: kind.kind, idType: 'PROVIDER_ID', id });
  }

  private async allows(caller: Caller, action: AccountAction, account: AccountRef, withItsAccounts = false): Promise<boolean> {
    if (this.seesAll(caller)) return true;
    try {
      return await this.parts.policy.allows(caller, action, account, withItsAccounts);
    } catch (error) {
      this.parts.telemetry.alarm({ what: 'the account policy did not answer', correlationId: caller.correlationId, error });
      throw new PolicyUnanswered('The account policy did not answer.', { cause: error });
    }
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
