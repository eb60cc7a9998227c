/**
 * Takes the values out of graphql-js's own messages. Those quote what the caller sent, and what was typed into the
 * wrong place may be an IBAN: it must not come back in an error, nor reach a log. Names of the schema, types,
 * variables and suggestions stay. The expressions take time in proportion to the text, which may be as long as a body.
 */
const CUTS: readonly (readonly [pattern: RegExp, kept: string])[] = [
  [/^(Syntax Error: [\s\S]*\b(?:Name|String|BlockString|Int|Float)) "[\s\S]*$/, '$1.'],
  [/^(Syntax Error: (?:Invalid|Unexpected character|Unterminated|Cannot parse)[\w ]*)[,:"][\s\S]*$/, '$1.'],
  [/^(Expected value of type "[^"]+"), found [\s\S]*$/, '$1.'],
  [/ has invalid value [\s\S]*$/, ' has an invalid value.'],
  [/ cannot represent [\s\S]*$/, ' cannot represent the value.'],
  [/^Unknown operation named [\s\S]*$/, 'Unknown operation name.'],
  [/^Value [\s\S]* does not exist in (?="\w+" enum)/, 'The value does not exist in '],
];
const SUGGESTION = /^ Did you mean [\w ",]+\?$/;
const WORD = /"[^"]*"|\S+/g;
/** What a part of an account number looks like, or a long word with digits in it, which may be a token. */
const NO_NAME = /\d{4}|^(?=.*\d).{24,}/s;

const INVALID_VARIABLE = /^(Variable "\$\w+") got invalid value /;
const INPUT_PATH = / at "([A-Za-z_]\w*(?:\.\w+|\[\d+\])*)"; /g;
const REASON_START = /; (?=Expected |Field "|Enum "|Value "|\w+ cannot represent )/g;
/** What may follow a quoted value of a variable, without values. */
const REASON =
  /^(?:Expected (?:non-nullable )?type "[\w![\]]+"(?: to be an object| not to be null)?|Field "\w+" (?:of required type "[\w![\]]+" was not provided|is not defined by type "\w+")|(?:\w+|Enum "\w+") cannot represent the value|The value does not exist in "\w+" enum)\.(?: Did you mean [\w ",]+\?)?$/;

/** The message without the caller's values. */
export function withoutValues(message: string): string {
  const variable = INVALID_VARIABLE.exec(message)?.[1];
  return (variable ? aboutVariable(variable, message) : cut(message)).replace(WORD, (word) => (NO_NAME.test(word) ? '(removed)' : word));
}

/** Put together from what is known to be safe: the value in the middle may hold anything, also the like of a reason. */
function aboutVariable(variable: string, message: string): string {
  const path = [...message.matchAll(INPUT_PATH)].at(-1)?.[1];
  const start = [...message.matchAll(REASON_START)].at(-1);
  const reason = start ? cut(message.slice(start.index + '; '.length)) : '';
  return `${variable} got an invalid value${path ? ` at "${path}"` : ''}${REASON.test(reason) ? `; ${reason}` : '.'}`;
}

/** The message without what graphql-js takes for what was meant. */
export function withoutSuggestion(message: string): string {
  return message.slice(0, message.length - suggestionOf(message).length);
}

function suggestionOf(message: string): string {
  const start = message.lastIndexOf(' Did you mean ');
  return start >= 0 && SUGGESTION.test(message.slice(start)) ? message.slice(start) : '';
}

function cut(message: string): string {
  return CUTS.reduce((left, [pattern, kept]) => left.replace(pattern, kept), withoutSuggestion(message)) + suggestionOf(message);
}
