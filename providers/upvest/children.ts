import type { z } from 'zod';
import type { AccountRef } from '../../src/domain/account';
import type { ChildrenRead } from '../../src/ports/provider';
import type { AdapterContext } from '../../src/provider-kit/define';
import { pathSegment } from '../../src/provider-kit/http';
import { LIST_SCOPES, userAccountSchema, type WireAccount } from './api';
import { type ListContext, type Listed, unusable, type UpvestLists } from './blockers-lists';
import { standingOf } from './mapping';

type WireChild = z.output<typeof userAccountSchema>;

/**
 * The accounts of a group, each once. A group does not name them: they are found by way of its users, who may have
 * accounts in other groups too.
 */
export async function accountsOfGroup(
  lists: UpvestLists,
  groupId: string,
  { users }: WireAccount,
  context: ListContext,
): Promise<Listed<WireChild>> {
  if (!users) return { entries: [], failure: unusable("The provider's answer does not say whose the account group is.") };
  const read = (userId: string): Promise<Listed<WireChild>> =>
    lists.read({ scope: LIST_SCOPES.accounts, path: `/users/${pathSegment(userId)}/accounts`, entry: userAccountSchema }, context);
  const all = await Promise.all([...new Set(users.map((user) => user.id))].map(read));
  const own = all.flatMap(({ entries }) => entries).filter((entry) => entry.account_group_id === groupId);
  // An account of several users is in the list of each.
  const entries = [...new Map(own.map((entry) => [entry.id, entry])).values()];
  const failure = all.find((list) => list.failure)?.failure;
  return { entries, failure: failure ?? (all.some(hasRepeats) ? unusable('A list of the provider changed while it was read.') : undefined) };
}

/** Where pages are not of one moment, an account that is there twice may have taken the place of another. */
function hasRepeats({ entries }: Listed<WireChild>): boolean {
  return new Set(entries.map(({ id }) => id)).size < entries.length;
}

/** Accounts and their states, for those who act on every one of them: all, or a failure. */
export class UpvestChildren {
  constructor(
    private readonly lists: UpvestLists,
    private readonly context: Pick<AdapterContext, 'id' | 'telemetry'>,
  ) {}

  /** @param wire the group's own read */
  async list(group: AccountRef, wire: WireAccount, context: ListContext): Promise<ChildrenRead> {
    const { entries, failure } = await accountsOfGroup(this.lists, group.id, wire, context);
    if (failure) return failure;
    this.#reportUnmapped(entries, context.correlationId);
    const { provider } = group;
    const children = entries.map(({ id, status }) => ({
      account: { provider, kind: 'ACCOUNT', idType: 'UUID', id } as const,
      state: standingOf(status)?.state ?? 'UNKNOWN',
    }));
    return { ok: true, children };
  }

  /** Each word once, however many accounts have it. */
  #reportUnmapped(entries: readonly WireChild[], correlationId: string): void {
    const unmapped = entries.map(({ status }) => status).filter((status) => !standingOf(status));
    for (const word of new Set(unmapped)) this.context.telemetry.unmapped({ provider: this.context.id, what: 'status', word, correlationId });
  }
}
