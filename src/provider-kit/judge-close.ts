import type { ProviderError } from '../domain/closure-error';
import type { ClosureErrorCode } from '../domain/error-code';
import type { CloseOutcome, Evidence } from '../domain/outcome';
import { cleanRequestId, type ErrorBody, type ErrorDialect, isJsonMediaType, parseJson } from './error-body';
import type { HttpAnswer, ProviderAnswer } from './http';
import { retryAfterMs } from './retry-after';

/** What a documented error means for the close. */
export type ErrorMeaning =
  | { kind: 'rejected'; code: ClosureErrorCode; message: string }
  | { kind: 'notApplied'; code: ClosureErrorCode; message: string }
  | { kind: 'conflict'; documented: boolean }
  | { kind: 'unknown'; detail: string }
  | { kind: 'alreadyClosed' | 'authFailed' | 'unavailable' };

/** One documented error: an HTTP status with the provider's code or problem type. */
export interface ErrorRow {
  /** 200 for a provider that refuses under the status of success, and says so in the body alone. */
  status: number;
  /** The entry's code, or where it has none its problem type, as the provider writes it. */
  word: string;
  meaning: ErrorMeaning;
}

/**
 * What a documented success status means: an outcome, or what the body says it is. The function is given the parsed
 * JSON, undefined where there is no body, and gives undefined for what is not documented.
 */
export type SuccessMeaning = CloseOutcome | ((value: unknown) => CloseOutcome | undefined);

/** One provider's close answers, as data. */
export interface CloseTable {
  /** Documented success statuses. */
  success: Readonly<Record<number, SuccessMeaning>>;
  dialect: ErrorDialect;
  errors: readonly ErrorRow[];
  /** The answer's field that names the request, lower case; an id in the body wins. */
  requestIdHeader?: string;
}

export interface JudgeContext {
  /** Epoch ms; Retry-After dates count from it. */
  nowMs: number;
  /** Called with a provider's code or problem type that the table does not have. */
  onUnmapped?: (word: string) => void;
}

/** How a request that never left reads in a closure's error. */
export const NOT_SENT: Record<Extract<ProviderAnswer, { kind: 'notSent' }>['cause'], string> = {
  refused: 'The provider refused the connection.',
  dns: 'The name of the provider could not be resolved.',
  tls: 'No TLS connection to the provider came to be.',
  connectTimeout: 'The provider did not take the connection in time.',
  poolFull: 'All connections to the provider are busy.',
  late: 'The request could not leave in time.',
  resting: 'The provider did not answer several requests in a row; it is tried again soon.',
};

/** How a lost answer reads in a closure's history. */
export const LOST: Record<Extract<ProviderAnswer, { kind: 'lost' }>['cause'], string> = {
  timeout: 'The provider did not answer in time.',
  reset: 'The connection broke before an answer came.',
  truncated: 'The answer broke off.',
  tooLarge: 'The answer was too large.',
  encoding: 'The answer could not be decoded.',
};

const DENIED: ErrorMeaning = {
  kind: 'rejected',
  code: 'PROVIDER_PERMISSION_DENIED',
  message: 'The provider does not allow the gateway this operation.',
};
const BAD_REQUEST: ErrorMeaning = {
  kind: 'rejected',
  code: 'PROVIDER_REJECTED_REQUEST',
  message: 'The provider refused the form of the request.',
};
const UNREADABLE = { kind: 'unknown', detail: 'The answer was not in the documented format.' } as const;
const CONFLICT: ErrorMeaning = { kind: 'conflict', documented: true };

/** What a status says where the body is in the dialect and names nothing that the table has. */
const BY_STATUS = new Map<number, ErrorMeaning>([
  [404, { kind: 'rejected', code: 'ACCOUNT_NOT_FOUND', message: 'The provider knows no such account.' }],
  [403, DENIED],
  ...[400, 405, 406, 413, 414, 415].map((status) => [status, BAD_REQUEST] as const),
]);

/** Statuses that say enough by themselves: a body adds nothing and may be missing. */
const BY_STATUS_ALONE = new Map<number, ErrorMeaning>([
  [401, { kind: 'authFailed' }],
  [409, CONFLICT],
  [422, CONFLICT],
  [429, { kind: 'notApplied', code: 'PROVIDER_RATE_LIMITED', message: 'The provider asked the gateway to slow down.' }],
  [503, { kind: 'unavailable' }],
]);

/**
 * What an answer to the close request means: transport first, then media type and body, then status.
 * Whatever is not documented and well-formed proves nothing.
 */
export function judgeCloseAnswer(answer: ProviderAnswer, table: CloseTable, context: JudgeContext): CloseOutcome {
  if (answer.kind === 'notSent') {
    return { kind: 'notApplied', code: 'PROVIDER_UNAVAILABLE', message: NOT_SENT[answer.cause], retryAfterMs: answer.retryAfterMs };
  }
  if (answer.kind === 'lost') return { kind: 'unknown', detail: LOST[answer.cause], httpStatus: answer.status };

  const { status } = answer;
  const body = table.dialect(answer);
  const evidence: Evidence = {
    httpStatus: status,
    requestId: body.requestId ?? cleanRequestId(table.requestIdHeader && answer.headers[table.requestIdHeader]),
    providerErrors: body.errors,
  };
  const isError = status >= 400 && status <= 599;
  if (!isError && !namesError(status, body, table)) return { ...judgeSuccess(answer, table), ...evidence };
  if (body.path === 'unparseable') return { ...evidence, ...UNREADABLE };

  const meaning = isError ? meaningOf(status, body, table, context) : (meaningByRows(status, body, table, context) ?? UNREADABLE);
  if (meaning.kind !== 'notApplied' && meaning.kind !== 'unavailable') return { ...evidence, ...meaning };
  return { ...evidence, ...meaning, retryAfterMs: retryAfterMs(answer.headers['retry-after'], context.nowMs) };
}

function judgeSuccess(answer: HttpAnswer, table: CloseTable): CloseOutcome {
  const { status, mediaType, body } = answer;
  if (status >= 300 && status < 400) return { kind: 'unknown', detail: 'The answer was a redirect, which is never followed.' };
  const success = table.success[status];
  if (!success) return { kind: 'unknown', detail: 'The answer had a status that is not documented.' };
  // A problem under a success status contradicts itself.
  const json = isJsonMediaType(mediaType) && mediaType !== 'application/problem+json' ? parseJson(body) : undefined;
  if (body.length > 0 && !json) return UNREADABLE;
  return (typeof success === 'function' ? success(json?.value) : success) ?? UNREADABLE;
}

/** Whether an answer that is no error by its status is one by its body: for providers whose table has errors under that status. */
function namesError(status: number, body: ErrorBody, table: CloseTable): boolean {
  return body.errors.length > 0 && table.errors.some((row) => row.status === status);
}

/** What the errors say that the table has; undefined where it has none of them. */
function meaningByRows(status: number, body: ErrorBody, table: CloseTable, context: JudgeContext): ErrorMeaning | undefined {
  const rows = decidingRows(status, body.errors, table, context);
  // "Already closed" beside another known error is a contradiction, and closing nothing for it would be wrong.
  const contradicted = rows.some((row) => row.meaning.kind === 'alreadyClosed') && rows.some((row) => row.meaning.kind !== 'alreadyClosed');
  return contradicted ? CONFLICT : rows[0]?.meaning;
}

function meaningOf(status: number, body: ErrorBody, table: CloseTable, context: JudgeContext): ErrorMeaning {
  const known = meaningByRows(status, body, table, context);
  if (known) return known;

  const alone = BY_STATUS_ALONE.get(status);
  if (alone) return alone;
  if (status >= 500) return { kind: 'unknown', detail: 'The provider failed while it worked on the request.' };

  const documented = BY_STATUS.get(status) ?? (table.errors.some((row) => row.status === status) ? BAD_REQUEST : undefined);
  if (!documented) return { kind: 'conflict', documented: false };
  if (body.path === 'parsed') return documented;
  return status === 404 ? CONFLICT : { kind: 'unknown', detail: 'The refusal came without a body that says what is refused.' };
}

/** The rows of the entries, those of errors before those of mere notes. */
function decidingRows(status: number, errors: ProviderError[], table: CloseTable, context: JudgeContext): ErrorRow[] {
  const isNote = (error: ProviderError): boolean => /^(info|warning)$/i.test(error.level ?? '');
  const ordered = [...errors.filter((error) => !isNote(error)), ...errors.filter(isNote)];
  return ordered.flatMap((error) => {
    const word = error.code ?? error.type;
    const row = table.errors.find((candidate) => candidate.status === status && candidate.word === word);
    if (word !== undefined && !row) context.onUnmapped?.(word);
    return row ?? [];
  });
}
