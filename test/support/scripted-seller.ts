import { type AccountRef } from '../../src/domain/account';
import type { LiquidationOutcome, Sale, SalesRead } from '../../src/domain/liquidation';
import type { CloseSend, LiquidationRequest, ProviderCapabilities, ProviderLiquidation } from '../../src/ports/provider';
import { type Scripted, ScriptedProvider, take } from './scripted-provider';

/** A sale as the provider tells of it, asked for now unless told otherwise. */
export function sale(state: Sale['state'], more: Partial<Sale> = {}): Sale {
  return { id: 'sale-1', state, providerStatus: state.toLowerCase(), requestedAt: Date.now(), ...more };
}

/** A scripted provider that sells positions; its answers and its lists are taken from their scripts in turn, the last stays. */
export class ScriptedSeller extends ScriptedProvider {
  /** Every request to sell that passed its mark, and when. */
  readonly requested: (LiquidationRequest & { at: number })[] = [];
  /** Looks at the list since the first of them. */
  lists = 0;
  /** The list before anything was asked for. */
  listedBefore: Scripted<SalesRead>[] = [{ ok: true, sales: [] }];
  sales: Scripted<LiquidationOutcome>[] = [() => ({ kind: 'accepted', sale: sale('OPEN') })];
  listed: Scripted<SalesRead>[] = [() => ({ ok: true, sales: [sale('OPEN')] })];
  /** Where set, an outcome that needs no request: something that it takes could not be had. */
  saleTrouble: Scripted<LiquidationOutcome> | null = null;
  readonly liquidation: ProviderLiquidation = {
    request: async (request: LiquidationRequest, { beforeFirstByte }: Pick<CloseSend, 'beforeFirstByte'>) => {
      if (this.saleTrouble) return take([this.saleTrouble], 0);
      await beforeFirstByte();
      this.requested.push({ ...request, at: Date.now() });
      return take(this.sales, this.requested.length);
    },
    list: async (_account: AccountRef) => {
      if (this.requested.length === 0) return take(this.listedBefore, 0);
      this.lists += 1;
      return take(this.listed, this.lists);
    },
  };

  constructor(capabilities: Partial<ProviderCapabilities> = {}) {
    super(capabilities, { liquidatePositions: true });
  }
}
