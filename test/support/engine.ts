import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Caller, SCOPES } from '../../src/domain/caller';
import type { Closure, ClosureEvent } from '../../src/domain/closure';
import type { ClosureStatus } from '../../src/domain/closure-status';
import { createEngine, type Engine, type EngineParts, type EngineSettings } from '../../src/engine';
import type { CloseAccountInput } from '../../src/engine/service';
import type { Clock } from '../../src/ports/clock';
import type { ConfiguredProvider } from '../../src/ports/provider';
import type { ClosureStore } from '../../src/ports/store';
import type { Telemetry } from '../../src/ports/telemetry';
import { openSqliteStore } from '../../src/store/sqlite';
import { systemClock, systemRandomness } from '../../src/system';

export const CALLER: Caller = { tenant: 'default', subject: 'anna', scopes: new Set(SCOPES), correlationId: 'test-correlation' };

/** Intervals short enough to watch a closure's whole life. */
export const QUICK: EngineSettings = {
  closeWaitMs: 2_000,
  pollMinMs: 10,
  pollMaxMs: 40,
  retryMinMs: 10,
  retryMaxMs: 40,
  reconcileHorizonMs: 600,
  reopenGraceMs: 100,
  webhookRetentionMs: 2_592_000_000,
  providerTimeoutMs: 60,
  workers: 16,
  maxInFlightCloses: 10_000,
  maxLagMs: 60_000,
};

export interface EngineHarness {
  engine: Engine;
  /** For another engine on the same store, as after a restart. */
  parts: EngineParts;
  store: ClosureStore;
  alarms: { what: string; error?: unknown }[];
  close(input?: Partial<CloseAccountInput>, caller?: Caller): ReturnType<Engine['service']['closeAccount']>;
  stored(id: string): Promise<Closure>;
  /** Waits until the closure has one of the statuses. */
  until(id: string, ...statuses: ClosureStatus[]): Promise<Closure>;
  history(id: string): Promise<ClosureEvent[]>;
  /** "REQUESTED CLOSING CLOSED" */
  path(id: string): Promise<string>;
  dispose(): Promise<void>;
}

let counter = 0;

/** A key that no test used before. */
export function freshKey(): string {
  counter += 1;
  return `test-key-${String(counter).padStart(12, '0')}`;
}

/** The real engine on a real SQLite file, with the providers given. */
export async function startEngine(
  providers: ConfiguredProvider[],
  settings: Partial<EngineSettings> = {},
  clock: Clock = systemClock,
): Promise<EngineHarness> {
  const dataDir = mkdtempSync(join(tmpdir(), 'closure-engine-'));
  const store = await openSqliteStore({ dataDir, clock: systemClock });
  const alarms: EngineHarness['alarms'] = [];
  const telemetry: Telemetry = { transition() {}, providerCall() {}, circuit() {}, overloaded() {}, unmapped() {}, pruned() {}, alarm: (event) => void alarms.push(event) };
  const parts: EngineParts = {
    store,
    providers: { find: (id) => providers.find((provider) => provider.id === id), all: () => providers },
    clock,
    random: systemRandomness,
    telemetry,
    settings: { ...QUICK, ...settings },
  };
  const engine = createEngine(parts);
  engine.start();

  async function stored(id: string): Promise<Closure> {
    const [closure] = await store.closures(CALLER.tenant, [id]);
    if (!closure) throw new Error(`Closure ${id} is not stored.`);
    return closure;
  }

  async function until(id: string, ...statuses: ClosureStatus[]): Promise<Closure> {
    for (;;) {
      const closure = await stored(id);
      if (statuses.includes(closure.status)) return closure;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async function history(id: string): Promise<ClosureEvent[]> {
    return (await store.events([id]))[0] ?? [];
  }

  return {
    engine,
    parts,
    store,
    alarms,
    close: (input = {}, caller = CALLER) =>
      engine.service.closeAccount(caller, {
        idempotencyKey: freshKey(),
        account: { provider: 'bank', kind: 'ACCOUNT', id: 'acc-1' },
        reason: 'CUSTOMER_REQUEST',
        initiator: 'HOLDER',
        announceOnly: false,
        liquidatePositions: false,
        includeAccounts: false,
        ...input,
      }),
    stored,
    until,
    history,
    path: async (id) => (await history(id)).map(({ to }) => to).join(' '),
    async dispose() {
      await engine.drain();
      await store.dispose();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
