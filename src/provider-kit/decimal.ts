/** Amounts of money as text. A JSON number goes through a float on its way; these never do. */

/** A JSON string, or a JSON number outside of strings. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const DECIMAL = /^([+-]?)(\d{1,30})(?:\.(\d{1,30}))?$/;

/**
 * Parses JSON with every number as the text it is written in.
 * @throws SyntaxError when it is not JSON
 */
export function parseJsonNumbersAsText(json: string): unknown {
  // What is not JSON must fail as it is: quoting could mend it.
  JSON.parse(json);
  return JSON.parse(json.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`))) as unknown;
}

export interface Decimal {
  sign: -1 | 0 | 1;
  /** Without a plus sign or leading zeros; the decimal places as given. */
  text: string;
}

/** A plain decimal number of at most 30 digits on either side of the point; undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const whole = (match[2] ?? '').replace(/^0+(?=\d)/, '');
  const digits = match[3] === undefined ? whole : `${whole}.${match[3]}`;
  if (/^[0.]*$/.test(digits)) return { sign: 0, text: digits };
  return match[1] === '-' ? { sign: -1, text: `-${digits}` } : { sign: 1, text: digits };
}
