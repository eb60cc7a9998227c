import type { AccountRef } from '../../src/domain/account';
import type { AccountRead, AccountState, CloseOutcome } from '../../src/domain/outcome';
import type { ChildrenRead, CloseRequest, CloseSend, KindCapabilities } from '../../src/ports/provider';
import { ScriptedProvider, seen } from './scripted-provider';

const ACCOUNT: KindCapabilities = {
  kind: 'ACCOUNT',
  idTypes: ['PROVIDER_ID'],
  defaultIdType: 'PROVIDER_ID',
  completion: 'ASYNC',
  reasonMode: 'NONE',
  announceOnly: true,
  liquidatePositions: false,
  eligibility: 'BY_READS',
};
const GROUP: KindCapabilities = { ...ACCOUNT, kind: 'ACCOUNT_GROUP', childKind: 'ACCOUNT' };

/** A bank with one group, `group`, whose accounts close in their own time. */
export class GroupProvider extends ScriptedProvider {
  /** What each account, and the group, is now. */
  readonly accounts = new Map<string, AccountState>([['group', 'OPEN']]);
  /** What the next close request for an account is answered, instead of `accepted`; the last of them stays. */
  readonly outcomes = new Map<string, CloseOutcome[]>();
  /** What the next lists are instead of the accounts. */
  lists: ChildrenRead[] = [];
  listed = 0;

  constructor(accounts: Record<string, AccountState>) {
    super({ kinds: [ACCOUNT, GROUP], idRules: { ibanChecksum: 'strict', providerId: /^[a-z0-9-]{1,64}$/ } });
    for (const [id, state] of Object.entries(accounts)) this.accounts.set(id, state);
  }

  /** Ids in the order in which their close requests left. */
  get closed(): string[] {
    return this.sent.map(({ account }) => account.id);
  }

  /** Every account that is being closed is closed now. */
  settle(): void {
    for (const [id, state] of this.accounts) if (state === 'CLOSING') this.accounts.set(id, 'CLOSED');
  }

  override async requestClosure(request: CloseRequest, send: CloseSend): Promise<CloseOutcome> {
    if (this.tokenTrouble) return this.tokenTrouble;
    await send.beforeFirstByte();
    this.sent.push({ ...request, freshToken: send.freshToken });
    const { id } = request.account;
    if (!this.accounts.has(id)) return { kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: 'No such account.' };
    const outcomes = this.outcomes.get(id) ?? [];
    const outcome = (outcomes.length > 1 ? outcomes.shift() : outcomes[0]) ?? { kind: 'accepted' };
    if (outcome.kind === 'accepted') this.accounts.set(id, 'CLOSING');
    return outcome;
  }

  override async readAccount(account?: AccountRef): Promise<AccountRead> {
    this.reads += 1;
    return seen(this.accounts.get(account?.id ?? '') ?? 'NOT_FOUND');
  }

  async listChildren({ provider, id }: AccountRef): Promise<ChildrenRead> {
    this.listed += 1;
    const scripted = this.lists.shift();
    if (scripted) return scripted;
    if (!this.accounts.has(id)) return { ok: false, code: 'ACCOUNT_NOT_FOUND', message: 'The provider knows no such group.' };
    const children = [...this.accounts].filter(([child]) => child !== id);
    return {
      ok: true,
      children: children.map(([child, state]) => ({ account: { provider, kind: 'ACCOUNT', idType: 'PROVIDER_ID', id: child }, state })),
    };
  }
}
