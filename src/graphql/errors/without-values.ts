/**
 * Takes the values out of graphql-js's own messages. Those quote what the caller sent, and what was typed into the
 * wrong place may be an IBAN: it must not come back in an error, nor reach a log. Names of the schema, types,
 * variables and suggestions stay.
 */
const SUGGESTION = /( Did you mean [\w ",]+\?)$/;
const INVALID_VARIABLE = /^(Variable "\$\w+") got invalid value [\s\S]*$/;
const INPUT_PATH = / at "([A-Za-z_]\w*(?:\.\w+|\[\d+\])*)"; /g;
/** What a coercion error's reason may begin with, behind the quoted value. */
const REASON = /; (?=Expected |Field "|Enum "|Value "|Exactly one |\w+ cannot represent )/g;
/** Whatever is left that looks like a part of an account number. */
const DIGITS = /"[^"]*\d{4}[^"]*"|\S*\d{4}\S*/g;

const CUTS: readonly (readonly [pattern: RegExp, kept: string])[] = [
  [/\b(Name|String|BlockString|Int|Float) "[\s\S]*"/, '$1'],
  [/^(Syntax Error: (?:Invalid|Unexpected|Unterminated|Cannot)[\w ]*)[:"][\s\S]*$/, '$1.'],
  [/, found [\s\S]*?(; (?:\w+ cannot represent|Enum "\w+" cannot represent)[\s\S]*)?$/, '$1.'],
  [/ has invalid value [\s\S]*$/, ' has an invalid value.'],
  [/ cannot represent [\s\S]*$/, ' cannot represent the value.'],
  [/\bValue [\s\S]* does not exist in (?="\w+" enum)/, 'The value does not exist in '],
];

/** The message without the caller's values. */
export function withoutValues(message: string): string {
  const variable = INVALID_VARIABLE.exec(message);
  if (!variable?.[1]) return withoutLiterals(message);
  const path = [...message.matchAll(INPUT_PATH)].at(-1)?.[1];
  const reason = [...message.matchAll(REASON)].at(-1);
  const why = reason ? `; ${message.slice(reason.index + reason[0].length)}` : '.';
  return withoutLiterals(`${variable[1]} got an invalid value${path ? ` at "${path}"` : ''}${why}`);
}

function withoutLiterals(message: string): string {
  const suggestion = SUGGESTION.exec(message)?.[1] ?? '';
  let text = message.slice(0, message.length - suggestion.length);
  for (const [pattern, kept] of CUTS) text = text.replace(pattern, kept);
  return (text + suggestion).replace(DIGITS, '(removed)');
}
