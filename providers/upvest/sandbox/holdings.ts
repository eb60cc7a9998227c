/** What is on an account or an account group, as far as it may stand in the way of its closing. Amounts are text. */
export interface Holdings {
  /** Of an account. */
  positions?: readonly Position[];
  /** Of an account. */
  orders?: readonly Dated[];
  /** Of the group; those of an account count as its group's. */
  withdrawals?: readonly Withdrawal[];
  /** Of a group, one for each currency. */
  cash?: readonly Cash[];
  /** Of a group: fee collections. */
  fees?: readonly Dated[];
  /** Of a group: its accounts by id. Default: none. */
  accounts?: readonly string[];
  /** Of a group: by id. Default: one, who has nothing else. */
  users?: readonly string[];
  /** Of an account: those of its group's users whose it is. Default: all of them. */
  owners?: readonly string[];
}

export interface Position {
  isin: string;
  quantity: string;
  pending_settlement?: string;
}

/** Something that begins as NEW, is PROCESSING and comes to an end. */
export interface Dated {
  id: string;
  status: string;
}

export interface Withdrawal extends Dated {
  amount?: string;
  currency?: string;
}

export interface Cash {
  currency: string;
  balance: string;
  locked_for_trading?: string;
  pending_settlement?: string;
}

export const isUnderWay = ({ status }: Dated): boolean => status === 'NEW' || status === 'PROCESSING';
const isSome = (amount = '0'): boolean => Number(amount) !== 0;

/** Securities or orders that an account cannot be closed with. */
export function holdsSecurities({ positions = [], orders = [] }: Holdings): boolean {
  return positions.some(({ quantity, pending_settlement: pending }) => isSome(quantity) || isSome(pending)) || orders.some(isUnderWay);
}

/** Cash or fees that a group cannot be closed with. */
export function holdsCash({ cash = [], fees = [] }: Holdings): boolean {
  const amounts = cash.flatMap(({ balance, locked_for_trading: locked, pending_settlement: pending }) => [balance, locked, pending]);
  return amounts.some(isSome) || fees.some(isUnderWay);
}
