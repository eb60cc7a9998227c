import { z } from 'zod';
import { signingKeySetting } from './audit-key';
import { allowedOriginsSetting } from './allowed-origins';
import { callbackHostsSetting } from './callback-hosts';
import type { ConfigProblem } from './config-error';
import { identityProblems, identitySettings } from './identity-settings';
import { count, duration, optionalCount, oneOf, timer, wholeMilliseconds } from './schemas';
import { Secret } from './secret';
import { trustedDocumentsSetting } from './trusted-documents';

/** Unset: any number. A larger one would take long to count. */
const quota = optionalCount(1, 100_000);
/** A delivery of long ago is refused by its signature; one of this day must be told by the events that are kept. */
const SHORTEST_RETENTION_MS = 86_400_000;
const retention = wholeMilliseconds.refine((ms) => ms >= SHORTEST_RETENTION_MS, `Must not be below ${SHORTEST_RETENTION_MS}, which is a day.`);

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'Must be a port number from 0 (any free port) to 65535.')
  .transform(Number)
  .refine((number) => number <= 65_535, 'Must be a port number from 0 (any free port) to 65535.');

/** It has a password in it, so no sentence quotes it. A compose file passes on what nobody set as an empty text. */
const databaseUrl = z
  .string()
  .optional()
  .refine((url) => !url || isDatabaseUrl(url), 'Must be postgres://user:password@host:port/database, with every special character of a part as %XX.')
  .transform((url) => (url ? new Secret(url) : undefined));

function isDatabaseUrl(text: string): boolean {
  try {
    const { protocol, username, password, pathname } = new URL(text);
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return (protocol === 'postgres:' || protocol === 'postgresql:') && text.startsWith(`${protocol}//`) && pathname.length > 1;
  } catch {
    return false;
  }
}

/** Every variable that is not a provider's: how its text is read, and what it is when it is unset. */
export const coreSettings = {
  HOST: z.string().regex(/^[A-Za-z0-9.:-]+$/, 'Must be a host name or an IP address.').default('127.0.0.1'),
  PORT: port.default(4000),
  DATA_DIR: z.string().regex(/\S/, 'Must be the path of a folder.').default('.data'),
  DATABASE_URL: databaseUrl,
  CLOSE_WAIT_MS: timer(2_000),
  PROVIDER_TIMEOUT_MS: timer(15_000),
  POLL_MIN_MS: duration(60_000),
  POLL_MAX_MS: duration(3_600_000),
  RETRY_MIN_MS: duration(1_000),
  RETRY_MAX_MS: duration(900_000),
  RECONCILE_HORIZON_MS: duration(86_400_000),
  VISIBILITY_LAG_MS: wholeMilliseconds.optional(),
  REOPEN_GRACE_MS: duration(900_000),
  MAX_IN_FLIGHT_CLOSES: count(1, 100_000, 512),
  MAX_CLOSES_PER_HOUR_BY_SUBJECT: quota,
  MAX_CLOSES_PER_HOUR_BY_TENANT: quota,
  MAX_LAG_MS: count(1, 60_000, 1_000),
  // A drain must end before the orchestrator's patience does, with room for the requests under way.
  DRAIN_GRACE_MS: count(0, 10_000, 5_000),
  WEBHOOK_RETENTION_MS: retention.default(2_592_000_000),
  AUDIT_KEY: signingKeySetting,
  AUDIT_CHECKPOINT_MS: timer(60_000),
  ...identitySettings,
  TRUSTED_DOCUMENTS: trustedDocumentsSetting,
  SUBSCRIPTION_CALLBACK_HOSTS: callbackHostsSetting,
  ALLOWED_ORIGINS: allowedOriginsSetting,
  INTROSPECTION: oneOf(['on', 'off']).optional(),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
} as const;

type Name = keyof typeof coreSettings;
export type CoreSettings = { [Key in Name]: z.output<(typeof coreSettings)[Key]> };

/**
 * Reads each variable by itself, so that one bad value hides no other.
 * What could not be read is missing from `values`; `values` is whole exactly when `problems` is empty.
 */
export function readCoreSettings(env: NodeJS.ProcessEnv): { values: Partial<CoreSettings>; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [variable, schema] of Object.entries(coreSettings)) {
    const read = schema.safeParse(env[variable]);
    if (read.success) values[variable] = read.data;
    else problems.push({ variable, sentence: read.error.issues[0]?.message ?? 'Cannot be read.' });
  }
  const core = values as Partial<CoreSettings>;
  return { values: core, problems: [...problems, ...rangeProblems(core), ...identityProblems(core, core.HOST)] };
}

function rangeProblems(values: Partial<CoreSettings>): ConfigProblem[] {
  const ranges = [
    ['POLL_MIN_MS', 'POLL_MAX_MS'],
    ['RETRY_MIN_MS', 'RETRY_MAX_MS'],
  ] as const;
  return ranges.flatMap(([min, max]) => {
    const low = values[min];
    const high = values[max];
    if (low === undefined || high === undefined || low <= high) return [];
    return [{ variable: min, sentence: `${low} is above ${max}, which is ${high}.` }];
  });
}
