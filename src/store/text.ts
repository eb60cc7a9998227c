/**
 * The text as every database keeps it. SQLite ends a text at a NUL, PostgreSQL refuses it, and UTF-8 has no half of a
 * surrogate pair: what a provider sends may have both, and two different names must not become one.
 */
export function storable(text: string): string {
  return text.includes('\0') || !text.isWellFormed() ? text.toWellFormed().replaceAll('\0', '\uFFFD') : text;
}
