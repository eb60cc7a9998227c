const CLOSURE_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Opaque to clients: the closure's id in base64url (RFC 4648 section 5). */
export function encodeCursor(closureId: string): string {
  return Buffer.from(closureId).toString('base64url');
}

/** The closure id in a cursor, or null for anything that {@link encodeCursor} did not make. */
export function decodeCursor(cursor: string): string | null {
  const id = Buffer.from(cursor, 'base64url').toString();
  return CLOSURE_ID.test(id) && encodeCursor(id) === cursor ? id : null;
}
