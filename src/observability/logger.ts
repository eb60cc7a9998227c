import pino, { type DestinationStream } from 'pino';
import { isPlainId, redactText, redactValue } from '../provider-kit/redact';

export { isPlainId } from '../provider-kit/redact';

type Write = (fields: Record<string, unknown>, message: string) => void;

/**
 * Writes one JSON object per line. Whatever is logged is redacted first: messages, fields, errors and their stacks.
 * The closure's and the request's ids go into the fields `closureId`, `correlationId` and `requestId`, an error into `err`.
 */
export interface Logger {
  fatal: Write;
  error: Write;
  warn: Write;
  info: Write;
  debug: Write;
}

/** Fields that join lines to each other, which a UUID cut to its last four would not. */
const JOINING_FIELDS: ReadonlySet<string> = new Set(['closureId', 'correlationId', 'requestId']);

/** Names whose values have no place in a log, whatever they look like. */
const UNLOGGED = ['authorization', 'cookie', 'token', 'secret', 'variables', 'body', 'headers', 'query', 'account', 'iban'];
const UNLOGGED_PATHS = UNLOGGED.flatMap((name) => [name, `*.${name}`]);

/** How deep a chain of causes is followed. */
const CAUSES = 5;

/** An error as a line shows it. Its other properties may hold anything and stay out. */
function errorFields(error: Error, causes = CAUSES): Record<string, unknown> {
  // The stack begins with the message, which is there already.
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.name,
    ...(typeof code === 'string' && { code: redactText(code) }),
    message: redactText(error.message),
    stack: frames.map((frame) => redactText(frame).trim()).join('\n'),
    ...(error.cause instanceof Error && causes > 0 && { cause: errorFields(error.cause, causes - 1) }),
  };
}

function safeFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (value instanceof Error) return [name, errorFields(value)];
      if (JOINING_FIELDS.has(name) && typeof value === 'string' && isPlainId(value)) return [name, value];
      return [name, redactValue(value)];
    }),
  );
}

/**
 * @param level a level of pino, or `silent`
 * @param destination where lines go; standard output unless given
 */
export function createLogger(level: string, destination: DestinationStream = pino.destination({ fd: 1, sync: true })): Logger {
  const lines = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: UNLOGGED_PATHS, censor: '[not logged]' },
      formatters: { level: (label) => ({ level: label }) },
      // Errors are plain fields by then.
      serializers: { err: (fields: unknown) => fields },
    },
    destination,
  );
  const at = (name: keyof Logger): Write => {
    return (fields, message) => lines[name](safeFields(fields), redactText(message));
  };
  return { fatal: at('fatal'), error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
