import { registerEnumType } from 'type-graphql';

/**
 * Publishes a set of domain words as a GraphQL enum. The record makes the compiler ask for a description of
 * every word, and for no word more.
 * @returns what a field's type thunk names
 */
export function apiEnum<Word extends string>(name: string, description: string, words: Record<Word, string>): Record<string, string> {
  const entries = Object.entries<string>(words);
  const values = Object.fromEntries(entries.map(([word]) => [word, word]));
  registerEnumType(values, {
    name,
    description,
    valuesConfig: Object.fromEntries(entries.map(([word, text]) => [word, { description: text }])),
  });
  return values;
}
