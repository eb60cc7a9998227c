import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { publicKeys } from '../src/audit/keys';
import { verifyTrail, type VerifySummary } from '../src/audit/verify';
import { ConfigError } from '../src/config/config-error';
import { type AuditConfig, loadProcessAuditConfig } from '../src/config/load-config';
import type { AuditTrail } from '../src/ports/audit';
import { StoreMissing, StoreTooNew, StoreTooOld, StoreUnreachable } from '../src/store/errors';
import { openPostgresAuditTrail } from '../src/store/postgres/audit-trail';
import { openSqliteAuditTrail } from '../src/store/sqlite/audit-trail';
import { FileRefused, readCheckpoint, readPublicKey } from './audit-files';

const USAGE = `npm run audit -- verify [--checkpoint FILE] [--key FILE]…   looks for changes and deletions
npm run audit -- export --closure ID                        one closure's trail as JSON lines
npm run audit -- checkpoint --out FILE                      copies the newest checkpoint
Each reads the store of DATABASE_URL or DATA_DIR, or --from postgres://user@host/database, or --data FOLDER. A password
may be in PGPASSWORD, so that nobody reads it in a list of processes. docs/audit.md says what is proven.`;

/** The command line cannot be followed. */
class Misused extends Error {}

export type Print = (line: string) => void;

/** What was asked for is as it should be; something is wrong with the trail; it could not be looked at. */
export type Status = 0 | 1 | 2;

/**
 * Reads the audit trail of a store, beside the gateway that has it.
 * @param args after the program's name
 */
export async function auditCommand(args: readonly string[], print: Print): Promise<Status> {
  try {
    const { command, values } = commandOf(args);
    const config = loadProcessAuditConfig();
    const trail = await openTrail(values, config);
    try {
      return await COMMANDS[command](trail, values, config, print);
    } finally {
      await trail.dispose();
    }
  } catch (error) {
    print(explained(error));
    return 2;
  }
}

/** What the command line names goes before what the environment does. */
function openTrail({ from, data }: Values, { databaseUrl, dataDir }: AuditConfig): Promise<AuditTrail> {
  const url = from ?? (data === undefined ? databaseUrl?.reveal() : undefined);
  return url === undefined ? openSqliteAuditTrail(data ?? dataDir) : openPostgresAuditTrail(url);
}

type Values = ReturnType<typeof parsed>['values'];
type Command = (trail: AuditTrail, values: Values, config: AuditConfig, print: Print) => Promise<Status>;

const COMMANDS: Record<'verify' | 'export' | 'checkpoint', Command> = { verify, export: exportClosure, checkpoint: exportCheckpoint };

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { data: text, from: text, checkpoint: text, key: { ...text, multiple: true }, closure: text, out: text } as const;
  return parseArgs({ args: [...args], options, allowPositionals: true });
}

/** Which options each command takes beside those that name the store, and which of them it needs. */
const OPTIONS: Record<keyof typeof COMMANDS, { takes: readonly string[]; needs?: 'closure' | 'out' }> = {
  verify: { takes: ['checkpoint', 'key'] },
  export: { takes: ['closure'], needs: 'closure' },
  checkpoint: { takes: ['out'], needs: 'out' },
};

/** @throws Misused */
function commandOf(args: readonly string[]): { command: keyof typeof COMMANDS; values: Values } {
  let given: ReturnType<typeof parsed>;
  try {
    given = parsed(args);
  } catch (error) {
    throw new Misused((error as Error).message);
  }
  const [name, ...rest] = given.positionals;
  const command = (Object.keys(COMMANDS) as (keyof typeof COMMANDS)[]).find((one) => one === name);
  if (!command || rest.length > 0) throw new Misused('Give one of verify, export and checkpoint.');
  const { takes, needs } = OPTIONS[command];
  const stray = Object.keys(given.values).find((option) => !['data', 'from'].includes(option) && !takes.includes(option));
  if (stray) throw new Misused(`${command} does not take --${stray}.`);
  if (needs && !given.values[needs]) throw new Misused(`${command} needs --${needs}.`);
  const { from, data } = given.values;
  if (from !== undefined && data !== undefined) throw new Misused('Give one of --from and --data.');
  if (from !== undefined && !/^postgres(ql)?:\/\//.test(from)) throw new Misused('--from takes postgres://user:password@host:port/database.');
  return { command, values: given.values };
}

async function verify(trail: AuditTrail, values: Values, { auditKey }: AuditConfig, print: Print): Promise<Status> {
  const own = auditKey ? [auditKey.reveal()] : [];
  const keys = publicKeys([...own, ...(values.key ?? []).map(readPublicKey)]);
  const kept = values.checkpoint === undefined ? undefined : readCheckpoint(values.checkpoint);
  const summary = await verifyTrail(trail, { keys, kept, tell: (problem) => print(`WRONG  ${onOneLine(problem)}`) });
  for (const line of summaryLines(summary, [...keys.keys()])) print(line);
  return summary.problems === 0 ? 0 : 1;
}

function summaryLines(summary: VerifySummary, keyIds: readonly string[]): string[] {
  const { problems, closures, entries, checkpoints, newest, unsealed, unsealedSince } = summary;
  return [
    `Looked at ${closures} closures with ${entries} entries, and at ${checkpoints} checkpoints.`,
    newest
      ? `The newest checkpoint is number ${newest.number} of ${timeOf(newest.sealedAt)}, root ${onOneLine(newest.root)}.`
      : 'There is no checkpoint: a change by somebody who also forms the hashes again cannot be found.',
    keyIds.length > 0 ? `Signatures were checked with key ${keyIds.join(', ')}.` : 'Signatures were not checked: give --key, or set AUDIT_KEY.',
    ...(unsealedSince === null ? [] : [`Not sealed yet: ${unsealed} entries, the oldest of ${timeOf(unsealedSince)}.`]),
    problems === 0 ? 'Nothing is wrong.' : `${problems} findings: the trail is not as it was written.`,
  ];
}

async function exportClosure(trail: AuditTrail, { closure: id = '' }: Values, _config: AuditConfig, print: Print): Promise<Status> {
  const closure = await trail.closure(id);
  if (!closure) {
    print('There is no such closure.');
    return 1;
  }
  const { row, entries, seals } = closure;
  for (const line of [
    { type: 'closure', id: closure.id, ...row },
    ...entries.map((entry) => ({ type: 'entry', ...entry })),
    ...seals.map((seal) => ({ type: 'seal', ...seal })),
  ]) {
    print(JSON.stringify(line));
  }
  return 0;
}

async function exportCheckpoint(trail: AuditTrail, { out = '' }: Values, _config: AuditConfig, print: Print): Promise<Status> {
  const newest = await trail.newestCheckpoint();
  if (!newest) {
    print('There is no checkpoint yet: the gateway seals them where AUDIT_KEY is set.');
    return 1;
  }
  try {
    writeFileSync(out, `${JSON.stringify(newest)}\n`);
  } catch (error) {
    throw new FileRefused(out, `cannot be written: ${(error as Error).message}`);
  }
  print(`${out}: checkpoint ${newest.number} of ${timeOf(newest.sealedAt)}, root ${newest.root}.`);
  return 0;
}

function explained(error: unknown): string {
  if (error instanceof Misused) return `${error.message}\n\n${USAGE}`;
  const known = [ConfigError, FileRefused, StoreMissing, StoreTooNew, StoreTooOld, StoreUnreachable].some((kind) => error instanceof kind);
  if (known) return (error as Error).message;
  return `The store cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

/** Text out of a store that somebody may have changed must not look like a line of this program's. */
function onOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}

function timeOf(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
