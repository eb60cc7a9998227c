import { type ChainedEntry, entryHash } from '../../src/domain/audit-chain';
import { checkpointRoot, NO_ROOT } from '../../src/domain/audit-checkpoint';
import { checkpointFromRow, sealFromRow } from '../../src/store/audit-rows';
import { entryFromRow } from '../../src/store/rows';
import type { SqlValue } from '../../src/store/sqlite/database';
import type { Tables } from '../support/audited-store';

/** What somebody with full access to the database might do to it. All of it is to what a checkpoint has sealed. */

/** In [0, 1), the same sequence for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Told in words; `where` must stand in what the verifier says. */
export interface Tampered {
  what: string;
  where: string;
}

type Random = () => number;
type Tamper = (db: Tables, random: Random) => Promise<Tampered>;

const SEALED_ENTRIES = `SELECT entry.* FROM closure_event AS entry JOIN closure ON closure.id = entry.closure_id
  WHERE entry.seq <= closure.audit_sealed ORDER BY entry.closure_id, entry.seq`;
const SEALED_CLOSURES = 'SELECT * FROM closure WHERE audit_sealed > 0 ORDER BY id';

function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)]!;
}

/** Another value of the same type. */
function other(value: SqlValue | undefined, random: Random): SqlValue {
  if (typeof value === 'number') return value + 1 + Math.floor(random() * 1000);
  if (value === null || value === undefined || value === '') return pick(['x', '{}', ''], random) || 'y';
  const at = Math.floor(random() * value.length);
  const way = pick(['cut', 'add', 'change'] as const, random);
  if (way === 'cut') return value.slice(0, at) + value.slice(at + 1);
  if (way === 'add') return `${value.slice(0, at)} ${value.slice(at)}`;
  return value.slice(0, at) + (value[at] === '0' ? '1' : '0') + value.slice(at + 1);
}

async function changeEntry(db: Tables, random: Random): Promise<Tampered> {
  const entry = pick(await db.all(SEALED_ENTRIES), random);
  const columns = ['closure_id', 'seq', 'from_status', 'to_status', 'at', 'cause', 'detail', 'actor', 'correlation_id'];
  const column = pick([...columns, 'provider_request_id', 'evidence', 'hash'], random);
  const value = entry[column] !== null && isNullable(column) && random() < 0.3 ? null : other(entry[column], random);
  await db.all(`UPDATE closure_event SET ${column} = ? WHERE closure_id = ? AND seq = ?`, [value, entry.closure_id!, entry.seq!]);
  return { what: `${column} of entry ${entry.seq}: ${entry[column]} -> ${value}`, where: entry.closure_id as string };
}

function isNullable(column: string): boolean {
  return ['from_status', 'detail', 'actor', 'provider_request_id', 'evidence'].includes(column);
}

async function deleteEntry(db: Tables, random: Random): Promise<Tampered> {
  const { closure_id: id, seq } = pick(await db.all(SEALED_ENTRIES), random) as Record<string, SqlValue>;
  await db.all('DELETE FROM closure_event WHERE closure_id = ? AND seq = ?', [id!, seq!]);
  return { what: `entry ${seq} deleted`, where: id as string };
}

/** The tail goes with everything that says how long it was, but for the checkpoints. */
async function cutTail(db: Tables, random: Random): Promise<Tampered> {
  const entry = entryFromRow(pick((await db.all(SEALED_ENTRIES)).filter(({ seq }) => Number(seq) > 1), random));
  const [before] = await db.all('SELECT * FROM closure_event WHERE closure_id = ? AND seq = ?', [entry.closureId, entry.seq - 1]);
  await db.all('DELETE FROM closure_event WHERE closure_id = ? AND seq >= ?', [entry.closureId, entry.seq]);
  await db.all('UPDATE closure SET audit_head = ?, audit_count = ?, status = ? WHERE id = ?', [before!.hash!, before!.seq!, before!.to_status!, entry.closureId]);
  return { what: `everything from entry ${entry.seq} deleted`, where: entry.closureId };
}

async function swapEntries(db: Tables, random: Random): Promise<Tampered> {
  const { closure_id: id, seq } = pick((await db.all(SEALED_ENTRIES)).filter((row) => Number(row.seq) > 1), random) as Record<string, SqlValue>;
  const move = (from: number, to: number) => db.all('UPDATE closure_event SET seq = ? WHERE closure_id = ? AND seq = ?', [to, id!, from]);
  await move(Number(seq), -1);
  await move(Number(seq) - 1, Number(seq));
  await move(-1, Number(seq) - 1);
  return { what: `entry ${seq} swapped with the one before`, where: id as string };
}

async function deleteClosure(db: Tables, random: Random): Promise<Tampered> {
  const id = pick(await db.all(SEALED_CLOSURES), random).id as string;
  const [seal] = await db.all('SELECT checkpoint FROM audit_seal WHERE closure_id = ? ORDER BY checkpoint', [id]);
  for (const table of ['audit_seal', 'closure_event', 'attempt', 'closure_identifier']) await db.all(`DELETE FROM ${table} WHERE closure_id = ?`, [id]);
  await db.all('DELETE FROM closure WHERE id = ?', [id]);
  return { what: `closure ${id} deleted with all its rows`, where: `checkpoint ${seal!.checkpoint}` };
}

async function changeClosure(db: Tables, random: Random): Promise<Tampered> {
  const row = pick(await db.all(SEALED_CLOSURES), random);
  const moving = ['status', 'audit_head', 'audit_count', 'audit_sealed'];
  const asked = ['tenant', 'subject', 'account', 'lock_key', 'reason', 'reason_text', 'reason_mapping', 'initiator'];
  const column = pick([...moving, ...asked, 'correlation_id', 'requested_at', 'announce_only', 'liquidate_positions', 'include_accounts'], random);
  const isFlag = ['announce_only', 'liquidate_positions', 'include_accounts'].includes(column);
  const account = JSON.stringify({ ...(JSON.parse(row.account as string) as object), id: 'DE00somebody-else' });
  const changed = column === 'account' ? account : other(row[column], random);
  const value = isFlag ? 1 - Number(row[column]) : changed;
  await db.all(`UPDATE closure SET ${column} = ? WHERE id = ?`, [value, row.id!]);
  return { what: `${column} of the closure: ${row[column]} -> ${value}`, where: row.id as string };
}

async function changeSeal(db: Tables, random: Random): Promise<Tampered> {
  const seal = pick(await db.all('SELECT * FROM audit_seal ORDER BY checkpoint, closure_id'), random);
  const key: SqlValue[] = [seal.checkpoint!, seal.closure_id!];
  const column = pick(['deleted', 'checkpoint', 'closure_id', 'count', 'head'], random);
  const value = column === 'deleted' ? null : other(seal[column], random);
  if (column === 'deleted') await db.all('DELETE FROM audit_seal WHERE checkpoint = ? AND closure_id = ?', key);
  else await db.all(`UPDATE audit_seal SET ${column} = ? WHERE checkpoint = ? AND closure_id = ?`, [value, ...key]);
  return { what: `${column} of a seal: ${seal[column]} -> ${value}`, where: `checkpoint ${seal.checkpoint}` };
}

async function changeCheckpoint(db: Tables, random: Random): Promise<Tampered> {
  const row = pick(await db.all('SELECT * FROM audit_checkpoint ORDER BY number'), random);
  const column = pick(['deleted', 'number', 'sealed_at', 'root', 'key_id', 'signature'], random);
  // Base64 has characters at its end that change no byte, so the beginning is what is changed.
  const value = column === 'signature' ? `x${row.signature as string}` : other(row[column], random);
  if (column === 'deleted') await db.all('DELETE FROM audit_checkpoint WHERE number = ?', [row.number!]);
  else await db.all(`UPDATE audit_checkpoint SET ${column} = ? WHERE number = ?`, [value, row.number!]);
  return { what: `${column} of checkpoint ${row.number}: ${row[column]} -> ${value}`, where: 'checkpoint' };
}

/** Without the key, but with this program's source: everything is formed again but the signatures. */
async function rewriteHistory(db: Tables, random: Random): Promise<Tampered> {
  const changed = entryFromRow(pick((await db.all(SEALED_ENTRIES)).filter(({ seq }) => Number(seq) > 1), random));
  const id = changed.closureId;
  await db.all("UPDATE closure_event SET detail = 'rewritten' WHERE closure_id = ? AND seq = ?", [id, changed.seq]);
  await rehash(db, id, changed.seq);
  const depth = pick(['chain', 'seals', 'roots'] as const, random);
  if (depth !== 'chain') {
    await db.all(
      `UPDATE audit_seal SET head = (SELECT hash FROM closure_event AS entry WHERE entry.closure_id = audit_seal.closure_id AND entry.seq = audit_seal.count)
       WHERE closure_id = ?`,
      [id],
    );
  }
  if (depth === 'roots') await reroot(db);
  return { what: `entry ${changed.seq} rewritten, with its ${depth}`, where: depth === 'chain' ? id : 'checkpoint' };
}

async function rehash(db: Tables, id: string, from: number): Promise<void> {
  const entries = (await db.all('SELECT * FROM closure_event WHERE closure_id = ? ORDER BY seq', [id])).map(entryFromRow);
  let previous: ChainedEntry | undefined;
  for (const entry of entries) {
    if (entry.seq >= from) entry.hash = entryHash(previous!.hash, entry);
    await db.all('UPDATE closure_event SET hash = ? WHERE closure_id = ? AND seq = ?', [entry.hash, id, entry.seq]);
    previous = entry;
  }
  await db.all('UPDATE closure SET audit_head = ? WHERE id = ?', [previous!.hash, id]);
}

async function reroot(db: Tables): Promise<void> {
  let before = NO_ROOT;
  for (const checkpoint of (await db.all('SELECT * FROM audit_checkpoint ORDER BY number')).map(checkpointFromRow)) {
    const seals = (await db.all('SELECT * FROM audit_seal WHERE checkpoint = ? ORDER BY closure_id', [checkpoint.number])).map(sealFromRow);
    before = checkpointRoot(before, checkpoint, seals);
    await db.all('UPDATE audit_checkpoint SET root = ? WHERE number = ?', [before, checkpoint.number]);
  }
}

/** The newest checkpoints go as if they had never been. */
async function truncateCheckpoints(db: Tables, random: Random): Promise<Tampered> {
  const numbers = (await db.all('SELECT number FROM audit_checkpoint ORDER BY number')).map(({ number }) => number as number);
  const from = pick(numbers, random);
  await db.all('DELETE FROM audit_seal WHERE checkpoint >= ?', [from]);
  await db.all('DELETE FROM audit_checkpoint WHERE number >= ?', [from]);
  await db.all('UPDATE closure SET audit_sealed = coalesce((SELECT max(count) FROM audit_seal WHERE closure_id = closure.id), 0)');
  return { what: `checkpoints from ${from} on deleted without a trace`, where: `checkpoint ${numbers.at(-1)}: is gone` };
}

const KINDS: readonly Tamper[] = [
  changeEntry,
  changeEntry,
  changeEntry,
  deleteEntry,
  cutTail,
  swapEntries,
  deleteClosure,
  changeClosure,
  changeClosure,
  changeSeal,
  changeCheckpoint,
  rewriteHistory,
  truncateCheckpoints,
];

/** One change or deletion at random. Foreign keys must not be in the way. */
export function tamper(db: Tables, random: Random): Promise<Tampered> {
  return pick(KINDS, random)(db, random);
}

