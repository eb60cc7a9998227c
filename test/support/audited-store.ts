import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditCommand, type Status } from '../../scripts/audit-command';
import type { Closure } from '../../src/domain/closure';
import { openSqliteStore } from '../../src/store/sqlite';
import { Database } from '../../src/store/sqlite/database';
import { type AuditKey, auditKey } from './audit';
import { sampleClosure, sampleEvent } from './sample-closure';

/** A store whose history is sealed by several checkpoints, but for its end, and which nobody has open. */
export interface AuditedStore {
  folder: string;
  key: AuditKey;
  keyFile: string;
  /** The newest checkpoint, as the command exported it. */
  checkpointFile: string;
  /** Entries newer than that. */
  unsealed: number;
  /** Runs the command on a copy that `change` was made to. */
  onCopy(change: (db: Database) => void, args: (copy: string) => string[]): Promise<{ status: Status; lines: string[] }>;
  dispose(): void;
}

const CLOSURES = 30;
const PATH = ['REQUESTED', 'UNCONFIRMED', 'REQUESTED', 'CLOSING', 'CLOSED'] as const;

export async function run(...args: string[]): Promise<{ status: Status; lines: string[] }> {
  const lines: string[] = [];
  return { status: await auditCommand(args, (line) => void lines.push(line)), lines };
}

export async function auditedStore(): Promise<AuditedStore> {
  const folder = mkdtempSync(join(tmpdir(), 'closure-audit-'));
  const dataDir = join(folder, 'data');
  const key = auditKey();
  const keyFile = join(folder, 'audit.pub');
  const checkpointFile = join(folder, 'checkpoint.json');
  writeFileSync(keyFile, key.publicPem);
  const unsealed = await fill(dataDir, key);
  await run('checkpoint', '--data', dataDir, '--out', checkpointFile);
  let copies = 0;
  return {
    folder,
    key,
    keyFile,
    checkpointFile,
    unsealed,
    async onCopy(change, args) {
      const copy = join(folder, `copy-${(copies += 1)}`);
      mkdirSync(copy);
      // The driver may not have moved the log's pages into the database yet.
      for (const file of ['gateway.db', 'gateway.db-wal']) if (existsSync(join(dataDir, file))) copyFileSync(join(dataDir, file), join(copy, file));
      const db = new Database(join(copy, 'gateway.db'), 0);
      change(db);
      db.close();
      try {
        return await run(...args(copy));
      } finally {
        rmSync(copy, { recursive: true });
      }
    },
    dispose: () => rmSync(folder, { recursive: true }),
  };
}

/**
 * Closures of every age: some moved after a checkpoint, and the last moves are in none.
 * @returns how many entries no checkpoint has
 */
async function fill(dataDir: string, key: AuditKey): Promise<number> {
  const store = await openSqliteStore({ dataDir, clock: { now: Date.now, monotonic: () => performance.now() } });
  const live: Closure[] = [];
  const moves = new Map<number, number>();
  let unsealed = 0;
  const seal = async () => {
    await store.sealCheckpoint(100, key.signer);
    unsealed = 0;
  };
  const record = async (reasonText: string | null) => {
    const closure = sampleClosure({ reasonText });
    await store.record(closure, sampleEvent(), 0);
    unsealed += 1;
    live.push(closure);
  };
  const move = async (index: number) => {
    const moved = (moves.get(index) ?? 0) + 1;
    const [from, to] = [PATH[moved - 1]!, PATH[moved]!];
    const { id, version } = live[index]!;
    const evidence = index % 2 === 0 ? { httpStatus: 204, providerErrors: [{ code: 'X', message: 'ä' }] } : undefined;
    const event = sampleEvent({ from, to, cause: 'RESPONSE', detail: `move of ${index}`, providerRequestId: `r-${index}`, actor: null, evidence });
    live[index] = (await store.commit({ id, guard: { version }, set: { status: to }, visible: true, event, lease: 'release' }))!;
    moves.set(index, moved);
    unsealed += 1;
  };
  for (let index = 0; index < CLOSURES; index += 1) {
    await record(index % 3 === 0 ? 'moves away' : null);
    if (index % 2 === 0) await move(index);
    if (index % 6 === 5) await seal();
    if (index % 6 === 0 && index > 0) await move(index - 6);
  }
  for (let index = 0; index < CLOSURES; index += 2) await move(index);
  await seal();
  for (let index = 0; index < CLOSURES; index += 5) await move(index);
  await record(null);
  await store.dispose();
  return unsealed;
}
