import { z } from 'zod';
import type { ProviderError } from '../domain/closure-error';
import type { HttpAnswer } from './http';

/**
 * How the body of an error answer reads.
 * - `empty`: zero bytes.
 * - `parsed`: in the dialect, though it may name no error.
 * - `unrecognised`: valid JSON of another shape.
 * - `unparseable`: not JSON at all, or not declared as such (an HTML page, a cut body).
 */
export type ErrorBodyPath = 'empty' | 'parsed' | 'unrecognised' | 'unparseable';

export interface ErrorBody {
  path: ErrorBodyPath;
  /** As the provider wrote them; they are redacted on their way out of the adapter. At most 50. */
  errors: ProviderError[];
  /** The provider's own id of the request, where the body repeats it. */
  requestId?: string;
}

/** Reads one provider's error bodies. Never throws, whatever the body holds. */
export type ErrorDialect = (answer: Pick<HttpAnswer, 'status' | 'mediaType' | 'body'>) => ErrorBody;

/** One error of a provider's body. Members that the provider does not have are left out; `code` or `type` is what tables know. */
export type ErrorEntry = Partial<Record<'code' | 'type' | 'level' | 'message', string | null>>;

/**
 * A dialect of JSON error bodies.
 * @param read the errors that a parsed body lists, perhaps none; null where it is not in the dialect
 */
export function jsonErrors(read: (value: unknown) => { errors: readonly ErrorEntry[]; requestId?: string | null } | null): ErrorDialect {
  return ({ status, mediaType, body }) => {
    if (body.length === 0) return { path: 'empty', errors: [] };
    const parsed = isJsonMediaType(mediaType) ? parseJson(body) : undefined;
    if (!parsed) return { path: 'unparseable', errors: [] };
    const found = read(parsed.value);
    if (!found) return { path: 'unrecognised', errors: [] };
    const errors = found.errors.slice(0, MAX_ENTRIES).map((entry) => providerError(entry, status));
    return { path: 'parsed', errors, requestId: cleanRequestId(found.requestId) };
  };
}

const MAX_ENTRIES = 50;

/** A member of another type than documented counts as absent (RFC 9457 section 3.1). */
const text = z.string().nullish().catch(undefined);

const problemSchema = z.object({ type: text, title: text, detail: text, request_id: text });

/** Problem details, RFC 9457; `request_id` is a common extension member. */
export const problemJson = jsonErrors((value) => {
  const problem = problemSchema.safeParse(value).data;
  if (!problem || !(problem.type ?? problem.title ?? problem.detail)) return null;
  const { title, detail, request_id: requestId } = problem;
  // RFC 9457 section 4.2.1: "about:blank" says no more than the status does.
  const type = problem.type === 'about:blank' ? undefined : problem.type;
  return { errors: [{ type, message: joined(title, detail) }], requestId };
});

const entrySchema = z.object({ code: text, message: text, level: text, description: text });
const errorsSchema = z.object({ errors: z.array(z.unknown()) });

/** `{ "errors": [ { code, message, level, description } ] }`, as several payment APIs have it; the array may be empty. */
export const errorsArray = jsonErrors((value) => {
  const listed = errorsSchema.safeParse(value).data?.errors;
  if (!listed) return null;
  const entries = listed.flatMap((entry) => entrySchema.safeParse(entry).data ?? []);
  if (listed.length > 0 && entries.length === 0) return null;
  return { errors: entries.map(({ code, message, level, description }) => ({ code, level, message: joined(message, description) })) };
});

/** True for JSON by its declared type; problem details have a type of their own under +json. */
export function isJsonMediaType(mediaType: string | null): boolean {
  return mediaType !== null && /^application\/(json|[\w.-]+\+json)$/.test(mediaType);
}

/** The value, or undefined where the bytes are not UTF-8 JSON. */
export function parseJson(body: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown };
  } catch {
    return undefined;
  }
}

/** A provider's request id, or undefined for anything that could not be one. It is kept as it is, to be quoted to them. */
export function cleanRequestId(id: string | null | undefined): string | undefined {
  return id && /^[\w.:-]{1,128}$/.test(id) ? id : undefined;
}

function joined(first: string | null | undefined, second: string | null | undefined): string | undefined {
  const parts = [first, second === first ? undefined : second].filter(Boolean);
  return parts.length > 0 ? parts.join(': ') : undefined;
}

function providerError(parts: ErrorEntry, httpStatus: number): ProviderError {
  const kept = Object.entries(parts).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return { ...Object.fromEntries(kept), httpStatus };
}
