import type { Closure } from '../../src/domain/closure';
import type { CloseAccountInput } from '../../src/engine/service';
import { type EngineHarness, startEngine } from './engine';
import { seen } from './scripted-provider';
import { ScriptedSeller } from './scripted-seller';

/** What the history says of a sale. */
export const SELLS = 'The provider sells the positions.';
export const ADOPTED = 'The provider sells the positions: its answer was lost, and its list shows the sale.';
export const SETTLED = 'The positions are sold, and the sale is settled.';

export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** The engine with a provider that sells, and whose accounts stay closing. */
export interface SaleHarness extends EngineHarness {
  bank: ScriptedSeller;
  /** Closes an account and has its positions sold; the closure's id. */
  sell(input?: Partial<CloseAccountInput>): Promise<string>;
  /** Waits until it is so. */
  when(id: string, isSo: (closure: Closure) => boolean): Promise<Closure>;
  /** Waits until the sale is so far. */
  stage(id: string, wanted: string): Promise<Closure>;
  /** Waits until the account was looked at so many times more, and with it the sale. */
  looks(count: number): Promise<void>;
  /** The history behind its first line: "CLOSING: what it tells". */
  lines(id: string): Promise<string[]>;
}

export async function startSales(...more: [settings?: Parameters<typeof startEngine>[1], clock?: Parameters<typeof startEngine>[2]]): Promise<SaleHarness> {
  const bank = new ScriptedSeller();
  bank.states = [seen('CLOSING')];
  const harness = await startEngine([bank.configured()], ...more);

  async function when(id: string, isSo: (closure: Closure) => boolean): Promise<Closure> {
    for (;;) {
      const closure = await harness.stored(id);
      if (isSo(closure)) return closure;
      await pause();
    }
  }

  return {
    ...harness,
    bank,
    when,
    async sell(input = {}) {
      const { closure } = await harness.close({ liquidatePositions: true, ...input });
      if (!closure) throw new Error('Nothing was recorded.');
      return closure.id;
    },
    stage: (id, wanted) => when(id, ({ liquidation }) => liquidation?.stage === wanted),
    async looks(count) {
      const before = bank.reads;
      while (bank.reads < before + count) await pause();
    },
    lines: async (id) => (await harness.history(id)).slice(1).map(({ to, detail }) => (detail === null ? to : `${to}: ${detail}`)),
  };
}
