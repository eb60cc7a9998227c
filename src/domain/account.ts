import { electronicFormatIBAN, getCountrySpecifications, validateIBAN, ValidationErrorsIBAN } from 'ibantools';
import { InputRefused } from './closure-error';

/**
 * The account reference: how a caller names an account, its canonical form, and the strings made from it.
 * An id that gets past {@link canonicalAccount} is safe to put into a URL path segment.
 */
export const ACCOUNT_KINDS = ['ACCOUNT', 'ACCOUNT_GROUP', 'VIRTUAL_ACCOUNT'] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

export const ACCOUNT_ID_TYPES = ['PROVIDER_ID', 'UUID', 'IBAN', 'BBAN'] as const;
export type AccountIdType = (typeof ACCOUNT_ID_TYPES)[number];

export interface AccountRef {
  /** Configured provider id, for example "bank_uk". */
  provider: string;
  kind: AccountKind;
  idType: AccountIdType;
  /** Canonical: UUID lower case, IBAN electronic form, otherwise as the provider's grammar says. */
  id: string;
  /** ISO 3166-1 alpha-2; present exactly with BBAN. */
  country?: string;
}

/** An account as the caller wrote it. */
export interface AccountInput {
  provider: string;
  kind: AccountKind;
  id: string;
  idType?: AccountIdType | null;
  country?: string | null;
}

/** What a provider accepts as an id, declared as data. */
export interface IdRules {
  /** `off` accepts an IBAN whose structure is right and whose ISO 7064 check digits are not. */
  ibanChecksum: 'strict' | 'off';
  /** The provider's own id grammar, for PROVIDER_ID. Anchored at both ends. */
  providerId?: RegExp;
}

/** For a provider whose rules are not known any more: whatever was once recorded still has its canonical form. */
export const FORMER_ID_RULES: IdRules = { ibanChecksum: 'off', providerId: /^[^]+$/ };

const MAX_ID_LENGTH = 128;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const COUNTRY = /^[A-Z]{2}$/;
/** Characters that no id type has and that a URL or a log line would give a meaning of their own. */
const FORBIDDEN_IN_ID = /[\p{Cc}/\\%?#]/u;

function refuse(field: string, message: string): never {
  throw new InputRefused('INVALID_INPUT', message, ['account', field]);
}

/**
 * The canonical form of an account reference.
 * @throws InputRefused (INVALID_INPUT at account.id or account.country)
 */
export function canonicalAccount(input: AccountInput, idType: AccountIdType, rules: IdRules): AccountRef {
  const { id } = input;
  if (id.length === 0) refuse('id', 'The account id is empty.');
  if (id.length > MAX_ID_LENGTH) refuse('id', `The account id is longer than ${MAX_ID_LENGTH} characters.`);
  if (!id.isWellFormed()) refuse('id', 'The account id is not well-formed Unicode.');
  if (FORBIDDEN_IN_ID.test(id) || id.includes('..')) refuse('id', 'The account id has characters that no account id may have.');
  const country = canonicalCountry(input.country, idType);
  const base = { provider: input.provider, kind: input.kind, idType };
  switch (idType) {
    case 'UUID':
      return { ...base, id: canonicalUuid(id) };
    case 'IBAN': {
      const iban = canonicalIban(id, rules.ibanChecksum);
      if (country && country !== iban.slice(0, 2)) refuse('country', 'The country is not the country of the IBAN.');
      return { ...base, id: iban };
    }
    case 'BBAN':
      if (!country) refuse('country', 'The country (ISO 3166-1 alpha-2) is required with a BBAN.');
      return { ...base, id: canonicalBban(id, country), country };
    case 'PROVIDER_ID':
      if (!rules.providerId?.test(id)) refuse('id', "The account id does not match the provider's id format.");
      return { ...base, id };
  }
}

function canonicalCountry(country: string | null | undefined, idType: AccountIdType): string | undefined {
  if (country === null || country === undefined) return undefined;
  if (!COUNTRY.test(country)) refuse('country', 'The country is not an ISO 3166-1 alpha-2 code in upper case.');
  if (idType !== 'BBAN' && idType !== 'IBAN') refuse('country', `A country does not go with an id of type ${idType}.`);
  return country;
}

function canonicalUuid(id: string): string {
  const uuid = id.toLowerCase();
  if (!UUID.test(uuid)) refuse('id', 'The account id is not a UUID.');
  return uuid;
}

/** National check digits are no gate: providers issue IBANs that fail them. */
function canonicalIban(id: string, checksum: IdRules['ibanChecksum']): string {
  const iban = electronicFormatIBAN(id) ?? '';
  const tolerated = new Set([ValidationErrorsIBAN.WrongAccountBankBranchChecksum]);
  if (checksum === 'off') tolerated.add(ValidationErrorsIBAN.WrongIBANChecksum);
  const problems = validateIBAN(iban).errorCodes.filter((code) => !tolerated.has(code));
  if (problems.includes(ValidationErrorsIBAN.WrongIBANChecksum) && problems.length === 1) {
    refuse('id', 'The check digits of the IBAN are wrong.');
  }
  if (problems.length > 0) refuse('id', 'The account id is not an IBAN.');
  return iban;
}

function canonicalBban(id: string, country: string): string {
  const bban = id.replace(/[ -]/g, '').toUpperCase();
  const pattern = getCountrySpecifications()[country]?.bban_regexp;
  if (!pattern) refuse('country', 'No BBAN format is known for the country.');
  if (!new RegExp(pattern).test(bban)) refuse('id', `The account id is not a BBAN of ${country}.`);
  return bban;
}

/**
 * `<provider>:<KIND>:<idType>[:<country>]:<canonical id>`: the key of Account in a federated graph.
 * Opaque to others, a pure function of the reference.
 */
export function closureRef(account: AccountRef): string {
  return [account.provider, account.kind, account.idType, ...(account.country ? [account.country] : []), account.id].join(':');
}

/** The account that a closure reference names; null for a text that is the reference of none. */
export function accountOfRef(ref: string): AccountRef | null {
  const [provider = '', kind, idType, ...rest] = ref.split(':');
  if (!isOneOf(ACCOUNT_KINDS, kind) || !isOneOf(ACCOUNT_ID_TYPES, idType)) return null;
  const country = idType === 'BBAN' ? rest.shift() : undefined;
  try {
    const account = canonicalAccount({ provider, kind, id: rest.join(':'), country }, idType, FORMER_ID_RULES);
    return closureRef(account) === ref ? account : null;
  } catch (error) {
    if (error instanceof InputRefused) return null;
    throw error;
  }
}

function isOneOf<Value extends string>(values: readonly Value[], text: string | undefined): text is Value {
  return (values as readonly (string | undefined)[]).includes(text);
}

/** What keeps two closures of one account apart from each other; see the store's live index. */
export function lockKey(account: AccountRef, kindsShareIds: boolean): string {
  const id = [account.idType, ...(account.country ? [account.country] : []), account.id].join(':');
  return kindsShareIds ? id : `${account.kind}:${id}`;
}

/** The id as a screen may show it: an IBAN keeps its country and last four, any other id its last four. */
export function displayId(account: AccountRef): string {
  const tail = account.id.slice(-4);
  return account.idType === 'IBAN' ? `${account.id.slice(0, 2)}••••${tail}` : `••••${tail}`;
}
