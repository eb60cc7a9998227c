import { randomUUID } from 'node:crypto';
import { type AccountRef, canonicalAccount } from '../../src/domain/account';
import type { LiquidationOutcome, SalesRead } from '../../src/domain/liquidation';
import type { AccountRead, CloseOutcome } from '../../src/domain/outcome';
import type { ChildrenRead, CloseRequest, CloseSend, Completion, LiquidationRequest, ProviderAdapter, ProviderLiquidation, ReadContext } from '../../src/ports/provider';
import type { Telemetry } from '../../src/ports/telemetry';
import type { GivenContext } from '../../src/provider-kit/define';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import type { SandboxAnswer } from '../../src/provider-kit/sandbox-faults';
import type { ContractAccount, ProviderContract } from './contract';

/** A provider's sandbox, its adapter configured for it as "bank", and everything that the adapter reported. */
export interface Bench<Sandbox extends RunningSandbox = RunningSandbox> {
  sandbox: Sandbox;
  adapter: ProviderAdapter;
  calls: Parameters<Telemetry['providerCall']>[0][];
  unmapped: Parameters<Telemetry['unmapped']>[0][];
  /** How often the adapter asked for the durable mark. */
  marks(): number;
  /** The same provider as another process of the gateway has it. */
  colleague(): ProviderAdapter;
  /** An account that the sandbox has not seen, in canonical form; the first declared unless told which. */
  account(which?: ContractAccount): AccountRef;
  /** The account as the sandbox names it. */
  named(account: AccountRef): string;
  close(account: AccountRef, wish?: Partial<CloseRequest & CloseSend>): Promise<CloseOutcome>;
  read(account: AccountRef, wish?: Partial<ReadContext>): Promise<AccountRead>;
  /** An account group that the sandbox has just opened, in canonical form, and the ids of its accounts. */
  openGroup(accounts?: number): { group: AccountRef; accounts: readonly string[] };
  list(group: AccountRef): Promise<ChildrenRead>;
  /** An account of a kind whose positions can be sold. */
  sellable(): AccountRef;
  sell(account: AccountRef, wish?: Partial<LiquidationRequest & Pick<CloseSend, 'beforeFirstByte'>>): Promise<LiquidationOutcome>;
  listSales(account: AccountRef): Promise<SalesRead>;
  dispose(): Promise<void>;
}

/** Long enough for an honest answer on a busy machine, short enough to wait for a provider that hangs, ms. */
const TIMEOUT_MS = 2_000;
/** Far beyond everything that one call may take within that, ms: who is not back by then has forgotten the deadline. */
const FORGOTTEN_MS = 15 * TIMEOUT_MS;
/** How often {@link until} looks. */
const TRIES = 500;

export async function openBench<Sandbox extends RunningSandbox>(
  contract: ProviderContract<Sandbox>,
  context: Partial<GivenContext> = {},
): Promise<Bench<Sandbox>> {
  const sandbox = await contract.startSandbox();
  const calls: Bench['calls'] = [];
  const unmapped: Bench['unmapped'] = [];
  let marks = 0;
  const { definition } = contract;
  const given: GivenContext = {
    id: 'bank',
    timeoutMs: TIMEOUT_MS,
    // No rest: the tables send one fault after the other.
    retryMs: { min: 0, max: 0 },
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    random: { fraction: () => 0.5, id: () => randomUUID() },
    telemetry: {
      transition: () => {},
      providerCall: (call) => calls.push(call),
      circuit: () => {},
      overloaded: () => {},
      unmapped: (word) => unmapped.push(word),
      pruned: () => {},
      alarm: () => {},
    },
    ...context,
  };
  const adapters: ProviderAdapter[] = [];
  function create(): ProviderAdapter {
    const created = definition.create(definition.settings.parse(sandbox.settings), given);
    adapters.push(created);
    return created;
  }
  const adapter = create();
  function accountOf(which = first(contract.accounts)): AccountRef {
    const { kind, idType } = which;
    return canonicalAccount({ provider: 'bank', kind, ...which.fresh() }, idType, adapter.capabilities.idRules);
  }
  return {
    sandbox,
    adapter,
    calls,
    unmapped,
    marks: () => marks,
    colleague: create,
    account: accountOf,
    named: (account) => contract.nameAtSandbox?.(account) ?? account.id,
    close(account, { freshToken = false, beforeFirstByte, ...request } = {}) {
      const plain: CloseRequest = {
        closureId: randomUUID(),
        account,
        reason: 'CUSTOMER_REQUEST',
        reasonText: null,
        initiator: 'HOLDER',
        announceOnly: false,
        correlationId: 'correlation-1',
      };
      const mark = async () => {
        marks += 1;
        await beforeFirstByte?.();
      };
      return inTime(adapter.requestClosure({ ...plain, ...request }, { freshToken, beforeFirstByte: mark }));
    },
    // Blockers may take further requests; the contract looks at the account's own read.
    read: (account, wish = {}) => inTime(adapter.readAccount(account, { correlationId: 'correlation-1', purpose: 'POLL', blockers: false, ...wish })),
    openGroup(count = 2) {
      const kind = adapter.capabilities.kinds.find(({ childKind }) => childKind);
      if (!kind || !contract.groups) throw new Error('The contract has no account groups.');
      const { id, accounts } = contract.groups.open(sandbox, count);
      const group = { provider: 'bank', kind: kind.kind, id };
      return { group: canonicalAccount(group, kind.defaultIdType, adapter.capabilities.idRules), accounts };
    },
    list(group) {
      if (!adapter.listChildren) throw new Error('The adapter lists no accounts.');
      return inTime(adapter.listChildren(group, { correlationId: 'correlation-1', purpose: 'RECONCILE' }));
    },
    sellable() {
      const kinds = adapter.capabilities.kinds.filter(({ liquidatePositions }) => liquidatePositions).map(({ kind }) => kind);
      return accountOf(first(contract.accounts.filter(({ kind }) => kinds.includes(kind))));
    },
    sell(account, { beforeFirstByte, ...request } = {}) {
      const plain: LiquidationRequest = { account, idempotencyKey: randomUUID(), correlationId: 'correlation-1' };
      const mark = async () => {
        marks += 1;
        await beforeFirstByte?.();
      };
      return inTime(liquidationOf(adapter).request({ ...plain, ...request }, { beforeFirstByte: mark }));
    },
    listSales: (account) => inTime(liquidationOf(adapter).list(account, { correlationId: 'correlation-1', purpose: 'POLL' })),
    async dispose() {
      // The sandbox goes first: it ends the connections of answers that never come.
      await sandbox.dispose();
      await Promise.all(adapters.map((each) => each.dispose()));
    },
  };
}

/** What the call comes to; rejects where it takes no notice of the deadline that the adapter was given. */
async function inTime<Result>(call: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const forgotten = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The adapter did not keep the deadline.')), FORGOTTEN_MS);
  });
  try {
    return await Promise.race([call, forgotten]);
  } finally {
    clearTimeout(timer);
  }
}

function liquidationOf({ liquidation }: ProviderAdapter): ProviderLiquidation {
  if (!liquidation) throw new Error('The provider sells nothing.');
  return liquidation;
}

/** Requests of one operation that reached the sandbox. */
export function requests({ ledger }: RunningSandbox, operation: RunningSandbox['ledger'][number]['operation']): number {
  return ledger.filter((entry) => entry.operation === operation).length;
}

/** Requests that change something at the provider, or that the sandbox does not know for reads: some providers read by POST. */
export function changing({ ledger }: RunningSandbox): RunningSandbox['ledger'] {
  return ledger.filter(({ operation, effect }) => effect || !['read', 'list', 'token'].includes(operation));
}

/** The outcome in short: its kind, with the code or the word that decides what becomes of it. */
export function inShort(outcome: CloseOutcome): string {
  if (outcome.kind === 'rejected' || outcome.kind === 'notApplied') return `${outcome.kind} ${outcome.code}`;
  return outcome.kind === 'conflict' ? `conflict ${outcome.documented ? 'documented' : 'undocumented'}` : outcome.kind;
}

/** The ways in which a provider takes a close that goes on by itself or waits for somebody. */
const BEGUN = ['accepted', 'scheduled', 'actionRequired'] as const;

/** What a close that a provider takes may come to. */
export function taken(completion: Completion): readonly string[] {
  return completion === 'SYNC' ? ['closed'] : BEGUN;
}

/** The answer of a fixture, about this account. */
export function answerAbout(account: string, answer: SandboxAnswer): SandboxAnswer {
  return typeof answer.body === 'string' ? { ...answer, body: answer.body.replaceAll(ACCOUNT, account) } : answer;
}

/** Where an answer names the account. */
export const ACCOUNT = '{{account}}';

export function first<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined) throw new Error('The contract names none.');
  return item;
}

/** Waits until it is so; rejects where it never comes to be. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    if (tries === TRIES) throw new Error('What was waited for did not come to be.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
