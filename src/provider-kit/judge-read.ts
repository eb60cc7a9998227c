import type { ReadFailed } from '../domain/outcome';
import { cleanRequestId, type ErrorBody, type ErrorDialect, isJsonMediaType, parseJson } from './error-body';
import type { ProviderAnswer } from './http';
import { type JudgeContext, LOST, NOT_SENT } from './judge-close';
import type { TokenCache } from './oauth';
import { retryAfterMs } from './retry-after';

/** What identifies a read at the provider. */
export interface ReadEvidence {
  httpStatus: number;
  requestId?: string;
}

/** What a read at a provider came to, before the adapter gives it meaning. */
export type JsonRead =
  | { kind: 'json'; value: unknown; evidence: ReadEvidence }
  /** 404 with a body that says why, or says nothing: the adapter decides what it means. */
  | { kind: 'notFound'; body: ErrorBody; evidence: ReadEvidence }
  | { kind: 'failed'; failure: ReadFailed };

export interface ReadRules {
  dialect: ErrorDialect;
  /** The answer's field that names the request, lower case. */
  requestIdHeader?: string;
}

/**
 * A read with the token of its purpose; a refused token is replaced once.
 * @param isRefusal whether an answer means that the token was refused; a 401 unless the provider has other ways
 */
export async function readWithToken(
  tokens: TokenCache,
  scope: string,
  send: (token: string) => Promise<ProviderAnswer>,
  isRefusal: (answer: ProviderAnswer) => boolean = isUnauthorised,
): Promise<ProviderAnswer | ReadFailed> {
  const first = await tokens.get(scope);
  if (!first.ok) return tokenFailure(first);
  const answer = await send(first.token);
  if (!isRefusal(answer)) return answer;
  tokens.refuse(scope, first.token);
  const second = await tokens.get(scope, { fresh: true });
  if (!second.ok) return tokenFailure(second);
  const again = await send(second.token);
  if (isRefusal(again)) tokens.refuse(scope, second.token);
  return again;
}

/** Sorts a read's answer: JSON under 200, a 404, or a reason why it says nothing about the account. */
export function judgeRead(answer: ProviderAnswer, rules: ReadRules, context: Pick<JudgeContext, 'nowMs'>): JsonRead {
  if (answer.kind === 'notSent') return failed('PROVIDER_UNAVAILABLE', NOT_SENT[answer.cause], { retryAfterMs: answer.retryAfterMs });
  if (answer.kind === 'lost') {
    const evidence = { httpStatus: answer.status };
    if (answer.cause === 'timeout') return failed('PROVIDER_TIMEOUT', LOST.timeout, evidence);
    const unusable = answer.cause === 'tooLarge' || answer.cause === 'encoding';
    return failed(unusable ? 'PROVIDER_PROTOCOL_ERROR' : 'PROVIDER_UNAVAILABLE', LOST[answer.cause], evidence);
  }
  const { status } = answer;
  const headerId = cleanRequestId(rules.requestIdHeader && answer.headers[rules.requestIdHeader]);
  if (status === 200) {
    const json = isJsonMediaType(answer.mediaType) ? parseJson(answer.body) : undefined;
    const evidence = { httpStatus: status, requestId: headerId };
    return json
      ? { kind: 'json', value: json.value, evidence }
      : failed('PROVIDER_PROTOCOL_ERROR', 'The provider\'s answer to a read is not JSON.', evidence);
  }
  const body = rules.dialect(answer);
  const evidence = { httpStatus: status, requestId: body.requestId ?? headerId };
  if (status === 404 && body.path !== 'unparseable') return { kind: 'notFound', body, evidence };
  const details = {
    ...evidence,
    providerErrors: body.errors,
    retryAfterMs: retryAfterMs(answer.headers['retry-after'], context.nowMs),
  };
  if (status === 401) return failed('PROVIDER_AUTHENTICATION_FAILED', 'The provider did not accept the gateway\'s credentials for a read.', details);
  if (status === 403) return failed('PROVIDER_PERMISSION_DENIED', 'The provider does not allow the gateway this read.', details);
  if (status === 429) return failed('PROVIDER_RATE_LIMITED', 'The provider asked the gateway to slow down.', details);
  if (status >= 500) return failed('PROVIDER_UNAVAILABLE', 'The provider failed to answer a read.', details);
  return failed('PROVIDER_PROTOCOL_ERROR', 'The provider\'s answer to a read is not documented.', details);
}

/** A token failure, as the read that it prevented. */
function tokenFailure(refused: Extract<Awaited<ReturnType<TokenCache['get']>>, { ok: false }>): ReadFailed {
  const { code, message, retryAfterMs: wait, evidence } = refused;
  return { ok: false, code, message, retryAfterMs: wait, ...evidence };
}

/** True for what {@link readWithToken} gives when no token could be had. */
export function isReadFailed(result: ProviderAnswer | ReadFailed): result is ReadFailed {
  return 'ok' in result;
}

function isUnauthorised(answer: ProviderAnswer): boolean {
  return answer.kind === 'answer' && answer.status === 401;
}

function failed(code: ReadFailed['code'], message: string, details: Partial<ReadFailed> = {}): JsonRead {
  return { kind: 'failed', failure: { ...details, ok: false, code, message } };
}
