import { randomUUID } from 'node:crypto';
import type { Position } from './holdings';
import type { ProblemSlug } from './problems';

/** What becomes of the sale of an account's positions. */
export interface SaleFate {
  /** A problem that answers every request to sell. */
  refusal?: ProblemSlug;
  /** It is cancelled instead of filled. */
  cancelled?: boolean;
  /** It is begun, and the connection is cut instead of an answer. */
  lost?: boolean;
  /** From the request until it is over, ms; null: it stays PROCESSING. Default: the sandbox's own. */
  sellingMs?: number | null;
}

interface BegunSale {
  id: string;
  accountId: string;
  userId: string;
  key: string;
  /** Epoch ms. */
  begunAt: number;
  /** Epoch ms; infinite where it never is. */
  overAt: number;
  cancelled: boolean;
  orders: { id: string; instrument_id: string }[];
}

/** The sales of all accounts. Time decides how far one is: nothing has to fire. */
export class SandboxSales {
  readonly #sales: BegunSale[] = [];

  constructor(private readonly sellingMs: number) {}

  /** The sale that the key was for before; undefined: it is a new one. */
  byKey(key: string): BegunSale | undefined {
    return this.#sales.find((sale) => sale.key === key);
  }

  begin(accountId: string, userId: string, key: string, positions: readonly Position[], fate: SaleFate, now: number): BegunSale {
    const { sellingMs = this.sellingMs, cancelled = false } = fate;
    const orders = positions.map(({ isin }) => ({ id: randomUUID(), instrument_id: isin }));
    const sale = { id: randomUUID(), accountId, userId, key, begunAt: now, overAt: now + (sellingMs ?? Infinity), cancelled, orders };
    this.#sales.push(sale);
    return sale;
  }

  /** Those that were begun by then. */
  ofAccount(accountId: string, now: number): BegunSale[] {
    return this.#sales.filter((sale) => sale.accountId === accountId && sale.begunAt <= now);
  }

  /** When the account's positions were last sold, epoch ms; null: never. */
  soldAt(accountId: string, now: number): number | null {
    const settled = this.ofAccount(accountId, now).filter(({ overAt, cancelled }) => overAt <= now && !cancelled);
    return settled.length > 0 ? Math.max(...settled.map(({ overAt }) => overAt)) : null;
  }
}

/** As the provider shows it. https://docs.upvest.co/api/release/upvest-investment-api.v1-1/liquidations */
export function saleOnTheWire(sale: BegunSale, now: number): object {
  const status = statusOf(sale, now);
  return {
    id: sale.id,
    account_id: sale.accountId,
    user_id: sale.userId,
    status,
    orders: sale.orders.map((order) => ({ ...order, side: 'SELL', status })),
    created_at: new Date(sale.begunAt).toISOString(),
    updated_at: new Date(Math.min(sale.overAt, now)).toISOString(),
  };
}

/** One that has an end passes through every status in even steps. */
function statusOf({ begunAt, overAt, cancelled }: BegunSale, now: number): string {
  const steps = ['NEW', 'PROCESSING', cancelled ? 'PROCESSING' : 'FILLED', cancelled ? 'CANCELLED' : 'SETTLED'];
  if (!Number.isFinite(overAt)) return now > begunAt ? 'PROCESSING' : 'NEW';
  const passed = overAt > begunAt ? (now - begunAt) / (overAt - begunAt) : 1;
  return steps[Math.min(3, Math.floor(passed * 3))] ?? 'NEW';
}
