/**
 * The text as every database keeps it. SQLite ends a text at a NUL, PostgreSQL refuses it, and UTF-8 has no half of a
 * surrogate pair: what a provider sends may have both, and two different names must not become one.
 */
export function storable(text: string): string {
  return text.includes('\0') || !text.isWellFormed() ? text.toWellFormed().replaceAll('\0', '\uFFFD') : text;
}

/** {@link storable} for each text of the object; what is deeper is kept as JSON, which escapes such characters. */
export function storableTexts<T extends object>(of: T): T {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, typeof value === 'string' ? storable(value) : value])) as T;
}
