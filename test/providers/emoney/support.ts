import { randomUUID } from 'node:crypto';
import type { AccountRef } from '../../../src/domain/account';
import type { AccountRead, CloseOutcome } from '../../../src/domain/outcome';
import type { CloseRequest, CloseSend, ProviderAdapter } from '../../../src/ports/provider';
import type { Telemetry } from '../../../src/ports/telemetry';
import { provider } from '../../../providers/emoney';
import { type EmoneySandbox, type EmoneySandboxOptions, startSandbox } from '../../../providers/emoney/sandbox';

/** A bank and an adapter that is pointed at it. */
export interface Bench {
  bank: EmoneySandbox;
  adapter: ProviderAdapter;
  /** Words that the adapter reported as unmapped. */
  unmapped: string[];
  /** Every provider call that the adapter reported, as "operation outcome". */
  calls: string[];
  /** How often the adapter asked for the durable mark. */
  marks(): number;
  close(account: AccountRef, wish?: Partial<CloseRequest> & Partial<CloseSend>): Promise<CloseOutcome>;
  read(account: AccountRef): Promise<AccountRead>;
  /** Another adapter at the same bank; disposed with the rest. */
  another(settings: Record<string, string | undefined>): ProviderAdapter;
  dispose(): Promise<void>;
}

/** An account of the configured provider, by UUID unless told otherwise. */
export function account(id: string, more: Partial<AccountRef> = {}): AccountRef {
  return { provider: 'emoney', kind: 'ACCOUNT', idType: 'UUID', id, ...more };
}

/** An account that the bank sees for the first time. */
export const freshAccount = (): AccountRef => account(randomUUID());

export async function openBench(
  settings: Record<string, string | undefined> = {},
  options: EmoneySandboxOptions & { timeoutMs?: number } = {},
): Promise<Bench> {
  const bank = await startSandbox(options);
  const unmapped: string[] = [];
  const calls: string[] = [];
  let marks = 0;
  const telemetry: Telemetry = {
    transition: () => undefined,
    providerCall: ({ operation, outcome }) => calls.push(`${operation} ${outcome}`),
    circuit: () => undefined,
    overloaded: () => undefined,
    unmapped: ({ what, word }) => unmapped.push(`${what} ${word}`),
    pruned: () => undefined,
    alarm: () => undefined,
  };
  const adapters: ProviderAdapter[] = [];
  const another = (overrides: Record<string, string | undefined>): ProviderAdapter => {
    const adapter = provider.create(provider.settings.parse({ ...bank.settings, ...overrides }), {
      id: 'emoney',
      timeoutMs: options.timeoutMs ?? 5_000,
      // No rest: the tables send one fault after the other.
      retryMs: { min: 0, max: 0 },
      clock: { now: () => Date.now(), monotonic: () => performance.now() },
      random: { fraction: () => 0.5, id: () => randomUUID() },
      telemetry,
    });
    adapters.push(adapter);
    return adapter;
  };
  const adapter = another(settings);
  return {
    bank,
    adapter,
    unmapped,
    calls,
    another,
    marks: () => marks,
    close(wanted, wish = {}) {
      const { freshToken = false, beforeFirstByte, ...request } = wish;
      const plain: CloseRequest = {
        closureId: randomUUID(),
        account: wanted,
        reason: 'CUSTOMER_REQUEST',
        reasonText: null,
        initiator: 'HOLDER',
        announceOnly: false,
        correlationId: 'correlation-1',
      };
      const mark = async (): Promise<void> => {
        marks += 1;
        await beforeFirstByte?.();
      };
      return adapter.requestClosure({ ...plain, ...request }, { freshToken, beforeFirstByte: mark });
    },
    read: (wanted) => adapter.readAccount(wanted, { correlationId: 'correlation-1', purpose: 'POLL', blockers: true }),
    async dispose() {
      await bank.dispose();
      await Promise.all(adapters.map((each) => each.dispose()));
    },
  };
}
