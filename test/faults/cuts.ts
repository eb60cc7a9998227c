import { randomUUID } from 'node:crypto';
import { environmentFor } from '../support/gateway';
import type { Finding } from './checker';
import { type CutProxy, type Interference, startCutProxy } from './cut-proxy';
import { FaultBench, type ProviderName } from './fault-bench';
import type { MakeStore } from './stores';
import { inLanes } from './waiting';

/** One closing whose close request, or whose read after a lost answer, is interfered with once. */
export interface WireCase {
  name: string;
  provider: ProviderName;
  of: 'close' | 'read';
  interference: Interference;
}

export interface WireResult {
  /** Where each closing ended, in the order of the cases. */
  ends: string[];
  effectiveCloses: number[];
  /** Interferences that did not come to pass: the exchange was over before so many bytes. */
  unmet: number;
  findings: Finding[];
}

const AT_ONCE = 16;
const CLOSING_MS = 30;
const ENV: Record<string, string> = { PROVIDER_TIMEOUT_MS: '1500', RECONCILE_HORIZON_MS: '86400000', REOPEN_GRACE_MS: '86400000' };

/** How the request of a case begins on the wire. */
function firstLine(provider: ProviderName, of: 'close' | 'read', id: string): string {
  if (of === 'read') return `GET /accounts/${id}`;
  return provider === 'upvest' ? `DELETE /accounts/${id}` : `POST /accounts/${id}/close`;
}

/** One gateway, both providers behind wires, and a closing for each case. */
export async function runOnTheWire(cases: readonly WireCase[], store: MakeStore): Promise<WireResult> {
  const wires = new Map<ProviderName, CutProxy>();
  const bench = await FaultBench.open({
    store,
    env: ENV,
    sandboxes: { upvest: { closingMs: CLOSING_MS } },
    providerSettings: (sandboxes) => {
      const through = Object.fromEntries([...wires].map(([provider, { url }]) => [`${provider.toUpperCase()}_BASE_URL`, url]));
      return { ...environmentFor({ ...sandboxes }), ...through };
    },
  });
  try {
    for (const provider of ['upvest', 'emoney'] as const) wires.set(provider, await startCutProxy(bench.sandboxes[provider].url));
    const { caller } = await bench.start();
    const done = await inLanes(cases, AT_ONCE, async ({ provider, of, interference }) => {
      const id = randomUUID();
      if (of === 'read') bench.sandboxes[provider].script(id, 'close', ['reset-after']);
      wires.get(provider)?.interfere((head) => head.startsWith(firstLine(provider, of, id)), interference);
      const { closure } = await caller.request({ account: { provider, id } }).answer;
      return { id, provider, end: await bench.settled(caller, closure?.id ?? '') };
    });
    return {
      ends: done.map(({ end }) => end),
      effectiveCloses: done.map(({ id, provider }) => bench.sandboxes[provider].effectiveCloses(id)),
      unmet: [...wires.values()].reduce((sum, wire) => sum + wire.waiting(), 0),
      findings: await bench.check({ closingMs: { upvest: CLOSING_MS } }),
    };
  } finally {
    await Promise.all([...wires.values()].map((wire) => wire.dispose()));
    await bench.dispose();
  }
}

/** Cuts of a provider's exchange after each of so many bytes. */
export function cutsOf(provider: ProviderName, of: 'close' | 'read', direction: 'request' | 'answer', lengths: readonly number[]): WireCase[] {
  return lengths.map((afterBytes, index) => {
    const how = index % 2 === 0 ? 'reset' : 'end';
    return { name: `${provider}: ${how} after ${afterBytes} bytes of the ${direction} of a ${of}`, provider, of, interference: { kind: 'cut', direction, afterBytes, how } };
  });
}
