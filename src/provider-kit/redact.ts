import { types } from 'node:util';
import { getCountrySpecifications } from 'ibantools';

/**
 * Taking secrets and personal data out of text that somebody else wrote, before it is kept or logged. It masks by
 * the look of a value; what is known to be secret is masked by its value first (`known-secrets.ts`).
 */

/** Longer input is cut before masking, so that hostile text cannot cost time. */
const MAX_INPUT = 8_192;
const MASK = '••••';

const PEM = /-----BEGIN [A-Z0-9 ]{1,40}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,40}-----|$)/g;
const COMPACT_JWT = /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*){0,3}/g;
const AUTH_SCHEME = /\b(Bearer|Basic)\s+[\w\-.~+/]+=*/gi;
const NAMED_SECRET =
  /\b(client_secret|client_assertion|assertion|access_token|refresh_token|id_token|password|passphrase|api[_-]?key|secret)("?\s{0,3}[=:]\s{0,3}"?)[^\s"&,;]+/gi;
const EMAIL = /[\p{L}\p{N}._+%-]{1,64}(?:@|%40)[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{8})([0-9a-f]{4})/gi;
/** An address is looked at part by part, or its length alone would make a token of it. */
const LONG_RUN = /(?<=:)\/\/[\w\-.~+/=]+|[\w\-.~+/=]{32,}/g;
const OPAQUE_LENGTH = 32;
/** Letters with a number behind them, or the other way round: "account", "ISO20022", "2nd". */
const WORD_LIKE = /^(?:[A-Za-z]*\d{0,6}|\d+[A-Za-z]{1,2})$/;
const IBAN_START = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g;
const UNKNOWN_COUNTRY_IBAN = /(?<![A-Za-z0-9])([A-Z]{2})\d{2}[A-Z0-9]{7,26}([A-Z0-9]{4})(?![A-Za-z0-9])/g;
/** Account and card numbers, grouped or not. Grouped runs must be longer, or dates would go as well. */
const DIGITS = /\d{4,}(\d{4})|\d(?:[ -]?\d){7,}(?:[ -]?(\d{4}))/g;
// Control and format characters: they forge log lines and turn text around on screens.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** The text with IBANs (country and last four stay), UUIDs, tokens, keys, e-mail addresses and long numbers masked. */
export function redactText(text: string): string {
  const masked = text
    .slice(0, MAX_INPUT)
    .replace(PEM, '[key]')
    .replace(INVISIBLE, ' ')
    .replace(COMPACT_JWT, '[token]')
    .replace(AUTH_SCHEME, '$1 [token]')
    .replace(NAMED_SECRET, '$1$2[secret]')
    .replace(EMAIL, '[email]')
    .replace(UUID, `${MASK}$2`)
    .replace(LONG_RUN, (run) => (run.startsWith('//') ? run.split('/').map(maskOpaque).join('/') : maskOpaque(run)));
  return maskIbans(masked)
    .replace(UNKNOWN_COUNTRY_IBAN, `$1${MASK}$2`)
    .replace(DIGITS, (_match, plain?: string, grouped?: string) => MASK + (plain ?? grouped ?? ''));
}

/** A run of 32 and more characters with digits among its letters, as tokens are; words tied together stay. */
function maskOpaque(run: string): string {
  const isOpaque = run.length >= OPAQUE_LENGTH && /[A-Za-z]/.test(run) && /\d/.test(run);
  return isOpaque && run.split(/[^A-Za-z0-9]/).some((piece) => !WORD_LIKE.test(piece)) ? '[opaque]' : run;
}

/** A UUID, or 32 hexadecimal digits as trace ids have them. */
const BARE_ID = /^[0-9a-f]{8}(-?)(?:[0-9a-f]{4}\1){3}[0-9a-f]{12}$/i;

/** True for the id of a request that may be kept and logged as it is: a UUID or the like, or one that is nobody's number. */
export function isPlainId(id: string): boolean {
  return BARE_ID.test(id) || redactText(id) === id;
}

/** The country says how long its IBANs are, so that a spaced one ends where it ends, whatever word follows. */
function maskIbans(text: string): string {
  const countries = getCountrySpecifications();
  let result = '';
  let from = 0;
  for (const { index } of text.matchAll(IBAN_START)) {
    if (index < from) continue;
    const country = text.slice(index, index + 2).toUpperCase();
    const length = countries[country]?.chars;
    const end = length ? endOfCharacters(text, index, length) : null;
    if (end === null) continue;
    const tail = text.slice(index, end).replace(/[ -]/g, '').slice(-4);
    result += `${text.slice(from, index)}${country}${MASK}${tail}`;
    from = end;
  }
  return result + text.slice(from);
}

/** Where `count` letters and digits from `start` end, single spaces and dashes between them left out; null: there are fewer. */
function endOfCharacters(text: string, start: number, count: number): number | null {
  let position = start;
  for (let seen = 0; seen < count; position += 1) {
    const char = text[position] ?? '';
    if (/[A-Za-z0-9]/.test(char)) seen += 1;
    else if (!/[ -]/.test(char) || !/[A-Za-z0-9]/.test(text[position + 1] ?? '')) return null;
  }
  return position;
}

const SECRET_KEY = /authorization|secret|passw|passphrase|private_?key|assertion|token|cookie|api_?key|^signature$/i;
const MAX_DEPTH = 8;

/**
 * The value with every string in it redacted, and everything held under a name that sounds like a secret replaced.
 * Errors become plain objects; cycles and depths beyond 8 become a word.
 */
export function redactValue(value: unknown): unknown {
  return redactDeep(value, []);
}

function redactDeep(value: unknown, parents: readonly object[]): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') return redactText(String(value));
  if (typeof value === 'function') return '[function]';
  if (typeof value !== 'object' || value === null) return value;
  if (parents.includes(value)) return '[circular]';
  if (parents.length >= MAX_DEPTH) return '[deep]';
  if (types.isDate(value)) return value;
  if (ArrayBuffer.isView(value)) return '[bytes]';
  const within = [...parents, value];
  if (Array.isArray(value)) return value.map((entry: unknown) => redactDeep(entry, within));
  const entries = types.isMap(value) ? [...value].map(([key, held]) => [String(key), held] as const) : Object.entries(value);
  const named = types.isNativeError(value) ? [...errorEntries(value), ...entries] : entries;
  return Object.fromEntries(named.map(([key, held]) => [key, SECRET_KEY.test(key) ? '[secret]' : redactDeep(held, within)]));
}

function errorEntries(error: Error): (readonly [string, unknown])[] {
  const entries = [
    ['name', error.name],
    ['message', error.message],
    ['stack', error.stack],
  ] as const;
  return error.cause === undefined ? [...entries] : [...entries, ['cause', error.cause]];
}
