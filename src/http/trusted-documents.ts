import { createHash } from 'node:crypto';
import { ApiError } from '../graphql/errors/api-error';

/** Documents by the SHA-256 of their text, in hexadecimal. */
export type TrustedDocuments = ReadonlyMap<string, string>;

/** What a GraphQL request may say about its document; everything is of unknown shape. */
export interface DocumentRequest {
  query?: unknown;
  extensions?: unknown;
}

const HASH = /^[0-9a-f]{64}$/;

function documentHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Trusted documents, which a manifest lists (https://www.apollographql.com/docs/graphos/platform/security/persisted-queries),
 * are the only ones served where there are any: sent whole, or named by their hash in `extensions.persistedQuery.sha256Hash`.
 * @returns the parameters with the text of the document that they name; as they are where they name none that is known
 */
export function withNamedDocument<Parameters extends DocumentRequest>(parameters: Parameters, trusted: TrustedDocuments): Parameters {
  const { query: given, extensions } = parameters;
  const query = trusted.get(hashIn(extensions) ?? '');
  // Beside the hash, some clients send an empty text, and some the whole one.
  const isAnother = typeof given === 'string' && given !== '' && given !== query;
  return query === undefined || isAnother ? parameters : { ...parameters, query, extensions: withoutHash(extensions) };
}

/**
 * For JSON.parse of a WebSocket's message: its protocol wants a text in each request, and some clients that name a document
 * send none.
 */
export function withEmptyText(key: string, value: unknown): unknown {
  const payload = key === '' && member(value, 'type') === 'subscribe' ? member(value, 'payload') : undefined;
  const isNamed = member(member(payload, 'extensions'), 'persistedQuery') !== undefined && (member(payload, 'query') ?? null) === null;
  return isNamed ? { ...(value as object), payload: { ...(payload as object), query: '' } } : value;
}

/** @throws ApiError PERSISTED_QUERY_NOT_IN_LIST (HTTP 400) for a document that is not trusted, where only those are served */
export function checkTrusted(document: string, trusted: TrustedDocuments | undefined): void {
  if (!trusted || trusted.has(documentHash(document))) return;
  throw new ApiError('PERSISTED_QUERY_NOT_IN_LIST', 'Only documents that are in the list of trusted ones are served.', undefined, 400);
}

/** Over GET, extensions are JSON text. */
function hashIn(extensions: unknown): string | null {
  const read = typeof extensions === 'string' ? parsed(extensions) : extensions;
  const persisted = member(read, 'persistedQuery');
  const hash = member(persisted, 'sha256Hash');
  return typeof hash === 'string' && HASH.test(hash) ? hash : null;
}

/** The others stay. The server would take the hash for an automatically persisted query, which it does not serve. */
function withoutHash(extensions: unknown): unknown {
  if (typeof extensions === 'string') return JSON.stringify(withoutHash(parsed(extensions)));
  const { persistedQuery: _served, ...others } = extensions as Record<string, unknown>;
  return others;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
