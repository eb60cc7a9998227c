import type { Closure } from '../../src/domain/closure';
import type { CloseOutcome } from '../../src/domain/outcome';
import { CALLER, type EngineHarness, startEngine } from './engine';
import { GroupProvider } from './group-provider';

export const GROUP = { provider: 'bank', kind: 'ACCOUNT_GROUP', id: 'group' } as const;
export const REFUSED: CloseOutcome = { kind: 'rejected', code: 'PROVIDER_PERMISSION_DENIED', message: 'Refused.' };
export const LATER: CloseOutcome = { kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: 'Later.' };

/** The engine with a bank that has one group, and what tests of groups ask of it. */
export interface GroupBench {
  bank: GroupProvider;
  harness: EngineHarness;
  closeGroup(more?: Parameters<EngineHarness['close']>[0]): ReturnType<EngineHarness['close']>;
  /** The id of the closure that a request for the group recorded. */
  groupClosure(): Promise<string>;
  childrenOf(id: string): Promise<Closure[]>;
  /** Statuses by account. */
  childStates(id: string): Promise<Record<string, string>>;
}

export async function startGroupBench(
  accounts: ConstructorParameters<typeof GroupProvider>[0],
  settings: Parameters<typeof startEngine>[1] = {},
): Promise<GroupBench> {
  const bank = new GroupProvider(accounts);
  const harness = await startEngine([bank.configured()], settings);
  const closeGroup: GroupBench['closeGroup'] = (more = {}) => harness.close({ account: GROUP, includeAccounts: true, ...more });
  const childrenOf = async (id: string): Promise<Closure[]> => (await harness.engine.service.children(CALLER, [await harness.stored(id)]))[0] ?? [];
  return {
    bank,
    harness,
    closeGroup,
    childrenOf,
    groupClosure: async () => (await closeGroup()).closure!.id,
    childStates: async (id) => Object.fromEntries((await childrenOf(id)).map(({ account, status }) => [account.id, status])),
  };
}

/** Asks until it is so. */
export async function eventually(done: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 5));
}
