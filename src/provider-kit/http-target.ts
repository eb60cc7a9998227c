/** Building the address of a provider request so that no id can change which resource is meant. */

/**
 * One path segment made from an id. `encodeURIComponent` alone leaves "." and "..", which URL parsers resolve.
 * @throws Error (a bug: ids are checked before they are recorded) for an id that cannot be exactly one segment
 */
export function pathSegment(id: string): string {
  if (id === '' || id === '.' || id === '..' || /[/\\\p{Cc}]/u.test(id) || !id.isWellFormed()) {
    throw new Error('An id that is not a path segment got as far as a provider request.');
  }
  return strictEncode(id);
}

/** "?a=b&c=d" with everything but unreserved characters percent-encoded; "" without pairs. */
export function rawQuery(pairs: readonly (readonly [string, string])[]): string {
  if (pairs.length === 0) return '';
  return `?${pairs.map(([name, value]) => `${strictEncode(name)}=${strictEncode(value)}`).join('&')}`;
}

/** RFC 3986 section 2.3: also the characters that URL parsers may rewrite are encoded. */
function strictEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A base URL taken apart: scheme, host and port, and the path that every request path is put behind. */
export interface Base {
  origin: string;
  /** Without a trailing slash; "" for the root. */
  path: string;
}

/** @throws TypeError when it is not a URL */
export function parseBase(baseUrl: string): Base {
  const url = new URL(baseUrl);
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') };
}

/**
 * The full path below the origin.
 * @throws Error (a bug) when a URL parser would send the request anywhere else than asked
 */
export function assertedPath(base: Base, path: string, query: string): string {
  const full = base.path + path;
  const url = /^\/(?!\/)/.test(path) ? new URL(base.origin + full + query) : null;
  if (url?.origin !== base.origin || url.pathname !== full || url.search !== query || url.hash !== '') {
    throw new Error('A provider request would have gone to another path than asked.');
  }
  return full;
}
