import { randomUUID } from 'node:crypto';
import type { AccountKind, AccountRef } from '../../../src/domain/account';
import type { CloseRequest, CloseSend, ProviderAdapter } from '../../../src/ports/provider';
import type { Telemetry } from '../../../src/ports/telemetry';
import type { AdapterContext } from '../../../src/provider-kit/define';
import { provider } from '../../../providers/upvest';
import { type SandboxOptions, startSandbox, type UpvestSandbox } from '../../../providers/upvest/sandbox';

type Call = Parameters<Telemetry['providerCall']>[0];
type Unmapped = Parameters<Telemetry['unmapped']>[0];

/** An adapter with what it reported. */
export interface Bench {
  adapter: ProviderAdapter;
  calls: Call[];
  unmapped: Unmapped[];
  dispose(): Promise<void>;
}

export const SILENT: Telemetry = {
  transition: () => {},
  providerCall: () => {},
  circuit: () => {},
  overloaded: () => {},
  unmapped: () => {},
  pruned: () => {},
  alarm: () => {},
};

export function openBench(settings: Record<string, string>, context: Partial<AdapterContext> = {}): Bench {
  const calls: Call[] = [];
  const unmapped: Unmapped[] = [];
  const adapter = provider.create(provider.settings.parse(settings), {
    id: 'bank',
    timeoutMs: 1_000,
    // No rest: the tables send one fault after the other.
    retryMs: { min: 0, max: 0 },
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    random: { fraction: () => 0.5, id: () => randomUUID() },
    telemetry: { ...SILENT, providerCall: (call) => calls.push(call), unmapped: (word) => unmapped.push(word) },
    ...context,
  });
  return { adapter, calls, unmapped, dispose: () => adapter.dispose() };
}

/** A sandbox with an adapter that is configured for it. */
export interface Pair extends Bench {
  sandbox: UpvestSandbox;
}

export async function openPair(options: SandboxOptions = {}, settings: Record<string, string> = {}): Promise<Pair> {
  const sandbox = await startSandbox(options);
  const bench = openBench({ ...sandbox.settings, ...settings });
  return {
    ...bench,
    sandbox,
    dispose: async () => {
      // The sandbox goes first: it ends the connections of answers that never come.
      await sandbox.dispose();
      await bench.dispose();
    },
  };
}

export function account(id: string = randomUUID(), kind: AccountKind = 'ACCOUNT'): AccountRef {
  return { provider: 'bank', kind, idType: 'UUID', id };
}

export function closeRequest(over: Partial<CloseRequest> = {}): CloseRequest {
  return {
    closureId: randomUUID(),
    account: account(),
    reason: 'CUSTOMER_REQUEST',
    reasonText: null,
    initiator: 'HOLDER',
    announceOnly: false,
    correlationId: 'correlation-1',
    ...over,
  };
}

export const send: CloseSend = { freshToken: false, beforeFirstByte: async () => {} };
export const context = { correlationId: 'correlation-1', purpose: 'POLL', blockers: true } as const;
