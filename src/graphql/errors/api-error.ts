import { GraphQLError } from 'graphql';
import type { InputRefused } from '../../domain/closure-error';

/** Codes of the top-level errors that this API raises on purpose; the message is ours and quotes no value. */
const API_ERROR_CODES = [
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'SERVICE_UNAVAILABLE',
  'UNAUTHENTICATED',
] as const;
export type ApiErrorCode = (typeof API_ERROR_CODES)[number];

export function isApiErrorCode(code: unknown): code is ApiErrorCode {
  return (API_ERROR_CODES as readonly unknown[]).includes(code);
}

/** A top-level error that the caller may see as it is. */
export class ApiError extends GraphQLError {
  constructor(
    readonly code: ApiErrorCode,
    message: string,
    /** Path of the offending argument, for example ["filter", "account", "id"]. */
    readonly field?: readonly string[],
    /** Answers the whole HTTP request with this status; without it the status is GraphQL's own business. */
    httpStatus?: number,
  ) {
    super(message, { extensions: { code, ...(httpStatus && { http: { status: httpStatus } }) } });
    this.name = 'ApiError';
  }
}

/** A refused argument. @param path from the argument's name down */
export function badArgument(message: string, ...path: string[]): ApiError {
  return new ApiError('BAD_USER_INPUT', message, path);
}

/** A refusal by the engine, whose path begins with the argument's name, as an error of that argument. */
export function refusedArgument(refused: InputRefused): ApiError {
  return badArgument(refused.message, ...refused.field);
}
