import { createHash } from 'node:crypto';
import { composeIBAN } from 'ibantools';

/** The accounts of the sandbox's bank. Every well-formed identifier is an account, open and empty on first sight. */

export interface SandboxBalances {
  available?: string;
  current?: string;
  pendingConsolidation?: string;
  withholding?: string;
}

export interface SandboxAccount {
  uuid: string;
  iban?: string;
  bban?: string;
  /** ISO 3166-1 alpha-2, of the BBAN. */
  country?: string;
  /** The account that this virtual account belongs to, by UUID. */
  parent?: string;
  /** As the bank writes it; undefined: the read does not say. */
  status?: string;
  closed: boolean;
  /** Decimal numbers as text. */
  balances: SandboxBalances;
  currency: string;
  /** Which of the two documented shapes a read has. */
  shape: 'details' | 'flat';
}

/** An account to begin with. */
export type AccountPreset = Partial<Omit<SandboxAccount, 'uuid'>> & { uuid: string };

/** An account as a request names it. */
export interface AccountName {
  type: 'uuid' | 'iban' | 'bban';
  id: string;
  country?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const IBAN = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;
const BBAN = /^[A-Z0-9]{1,31}$/;

/** What the id's form says: "CC:…" is a BBAN with its country. Undefined: nothing that an account is named by. */
export function nameOf(id: string): AccountName | undefined {
  if (UUID.test(id)) return { type: 'uuid', id };
  if (IBAN.test(id)) return { type: 'iban', id };
  const [country, bban] = id.split(':');
  return country && bban ? { type: 'bban', id: bban, country } : undefined;
}

export function isWellFormed({ type, id, country }: AccountName): boolean {
  if (type === 'uuid') return UUID.test(id);
  return type === 'iban' ? IBAN.test(id) : BBAN.test(id) && country !== undefined;
}

/** The same IBAN is the same UUID in every run. */
function derivedUuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export class SandboxAccounts {
  readonly #accounts = new Map<string, SandboxAccount>();

  add(preset: AccountPreset): SandboxAccount {
    const account: SandboxAccount = { status: 'Open', closed: false, balances: { available: '0.00' }, currency: 'EUR', shape: 'details', ...preset };
    this.#accounts.set(account.uuid, account);
    return account;
  }

  /** The UUID of the account, known or not yet. Changes nothing. */
  uuidOf({ type, id, country }: AccountName): string {
    if (type === 'uuid') return id.toLowerCase();
    for (const account of this.#accounts.values()) {
      if (type === 'iban' ? account.iban === id : account.bban === id && account.country === country) return account.uuid;
    }
    // A BBAN is the account of the IBAN that its country makes of it.
    const iban = type === 'iban' ? id : (composeIBAN({ countryCode: country, bban: id }) ?? `${country}:${id}`);
    return derivedUuid(iban);
  }

  /** The account, opened now if it is new. */
  find(name: AccountName): SandboxAccount {
    const uuid = this.uuidOf(name);
    const known = this.#accounts.get(uuid);
    if (known) return known;
    if (name.type === 'uuid') return this.add({ uuid });
    if (name.type === 'iban') return this.add({ uuid, iban: name.id, bban: name.id.slice(4), country: name.id.slice(0, 2) });
    const iban = composeIBAN({ countryCode: name.country, bban: name.id }) ?? undefined;
    return this.add({ uuid, iban, bban: name.id, country: name.country });
  }

  /** Closes the account, and with it the virtual accounts that belong to it. */
  close(account: SandboxAccount): void {
    for (const each of [account, ...this.#virtualOf(account.uuid)]) {
      each.closed = true;
      each.status = 'Closed';
    }
  }

  #virtualOf(parent: string): SandboxAccount[] {
    return [...this.#accounts.values()].filter((account) => account.parent === parent);
  }
}

/** An account as a read shows it, as JSON text: one of the two shapes has its amounts as numbers. */
export function accountBody(account: SandboxAccount): string {
  const { uuid, iban, bban, country, balances, currency, status } = account;
  const identifiers = [
    { accountIdType: 'uuid', accountId: uuid },
    ...(iban ? [{ accountIdType: 'iban', accountId: iban }] : []),
    ...(bban && country ? [{ accountIdType: 'bban', accountId: bban, country }] : []),
  ];
  const amounts = Object.entries(balances).map(([kind, amount]) => {
    const value = account.shape === 'flat' ? amount : JSON.stringify(amount);
    return `${JSON.stringify(kind)}:{"amount":{"amount":${value},"currency":${JSON.stringify(currency)}}}`;
  });
  const common = { baseCurrency: currency, productName: 'eMoney Account', status };
  const shape =
    account.shape === 'flat' ? { ...common, accountIdentifiers: identifiers } : { ...common, accountIdentifiersList: identifiers };
  const object = `${JSON.stringify(shape).slice(0, -1)},"balances":{${amounts.join(',')}}}`;
  return account.shape === 'flat' ? object : `{"accountDetails":${object}}`;
}
