import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { PolicyUnanswered } from '../../engine/service';
import { ApiError } from './api-error';
import { correlationId } from './correlation';
import { refusedField } from './refused-field';
import { withoutSuggestion, withoutValues } from './without-values';

/** Where what is hidden from callers goes; the logger redacts. */
export interface ErrorLog {
  error(fields: Record<string, unknown>, message: string): void;
}

/** Codes of the server's own complaints about a document or a request: kept, without the values that they quote. */
const ABOUT_THE_REQUEST: ReadonlySet<unknown> = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);
/** Raised for a variable, where it leaves a hole in an argument, or where it has some fifty mistakes; graphql-js gives these no code. */
const BAD_INPUT =
  /^Argument "\w+" (?:has invalid value|of (?:required|non-null) type)|^Variable "\$\w+" (?:got invalid|of (?:required|non-null)) |^Too many errors processing /;

/** What a caller sees of an error, from what a server would say and from what was thrown. */
export type MaskError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/**
 * The one place that decides what a caller sees of an error. Everything that is not meant for callers becomes
 * "Internal error" with the correlation id, and is logged whole.
 * @param suggests whether messages may suggest names of the schema, which tell it to whoever asks for long enough
 * @returns a function for Apollo Server's `formatError`
 */
export function maskErrors(log: ErrorLog, suggests: boolean): MaskError {
  return (formatted, error) => {
    const { message, code, field } = visible(formatted, error) ?? internal(error, log);
    return {
      message: suggests ? message : withoutSuggestion(message),
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
      extensions: { code, ...(field && { field }), correlationId: correlationId() },
    };
  };
}

interface Visible {
  message: string;
  code: string;
  field?: readonly string[];
}

function visible(formatted: GraphQLFormattedError, error: unknown): Visible | null {
  const cause = unwrapResolverError(error);
  if (cause instanceof ApiError) return { message: cause.message, code: cause.code, field: cause.field };
  if (cause instanceof PolicyUnanswered) {
    return { message: 'Whether you may see this cannot be told now; the same request may be sent again.', code: 'SERVICE_UNAVAILABLE' };
  }
  if (cause instanceof GraphQLError && !cause.extensions['code'] && BAD_INPUT.test(cause.message)) {
    return aboutInput(cause, cause.message);
  }
  const code = formatted.extensions?.['code'];
  // An error with a path was thrown by a resolver, whatever code it carries.
  if (typeof code !== 'string' || !ABOUT_THE_REQUEST.has(code) || formatted.path) return null;
  if (code === 'BAD_USER_INPUT' && error instanceof GraphQLError) return aboutInput(error, formatted.message);
  const message = withoutValues(formatted.message);
  // What is thrown while parsing, and is no complaint about the syntax, is about the parser's own workings.
  if (code === 'GRAPHQL_PARSE_FAILED' && !message.startsWith('Syntax Error: ')) return { message: 'The document cannot be parsed.', code };
  return { message, code };
}

function aboutInput(error: GraphQLError, original: string): Visible {
  const message = withoutValues(original);
  return { message, code: 'BAD_USER_INPUT', field: refusedField(error, message) };
}

function internal(error: unknown, log: ErrorLog): Visible {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  log.error({ correlationId: correlationId(), err: cause }, 'unexpected error in the API');
  return { message: 'Internal error', code: 'INTERNAL_SERVER_ERROR' };
}
