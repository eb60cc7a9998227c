import { type ChainedEntry, entryHash, startOfChain } from '../domain/audit-chain';
import type { AuditedClosure, AuditedRow } from '../ports/audit';

/**
 * Everything that is wrong with the trail of one closure, in sentences about it. After a wrong entry the next one is
 * judged by the hash that is stored, so that one change is told once.
 */
export function problemsOf({ row, entries, seals }: AuditedClosure): string[] {
  if (!row) return [`is gone; ${entries.length} entries and ${seals.length} seals of it are left`];
  return [...entryProblems(row, entries), ...sealProblems(entries, seals), ...rowProblems(row, entries, seals)];
}

function entryProblems({ intent }: AuditedRow, entries: readonly ChainedEntry[]): string[] {
  const problems: string[] = [];
  if (!intent) problems.push('what was asked for cannot be read');
  // Null: not known, and then the entry is not judged.
  let previous = intent && startOfChain(intent).hash;
  let next = 1;
  for (const entry of entries) {
    if (entry.seq !== next) {
      problems.push(missing(next, entry.seq - 1));
    } else if (previous !== null && entryHash(previous, entry) !== entry.hash) {
      problems.push(entry.seq === 1 ? 'entry 1, or what was asked for, was changed' : `entry ${entry.seq} was changed`);
    }
    previous = entry.hash;
    next = entry.seq + 1;
  }
  return problems;
}

function missing(first: number, last: number): string {
  return first >= last ? `entry ${first} is missing` : `entries ${first} to ${last} are missing`;
}

function sealProblems(entries: readonly ChainedEntry[], seals: AuditedClosure['seals']): string[] {
  const hashes = new Map(entries.map(({ seq, hash }) => [seq, hash]));
  return seals.flatMap(({ checkpoint, count, head }) => {
    const hash = hashes.get(count);
    if (hash === head) return [];
    return [hash === undefined ? `entry ${count}, sealed by checkpoint ${checkpoint}, is missing` : `entry ${count} is not the one that checkpoint ${checkpoint} sealed`];
  });
}

function rowProblems(row: AuditedRow, entries: readonly ChainedEntry[], seals: AuditedClosure['seals']): string[] {
  const last = entries.at(-1);
  const sealed = seals.at(-1)?.count ?? 0;
  const problems: string[] = [];
  if (row.count !== (last?.seq ?? 0)) problems.push(`its row counts ${row.count} entries, and the last is ${last?.seq ?? 'missing'}`);
  if (last && row.head !== last.hash) problems.push(`its row does not end with the hash of entry ${last.seq}`);
  if (last && row.status !== last.to) problems.push(`its row says ${row.status}, and its last entry ${last.to}`);
  if (row.sealed !== sealed) problems.push(`its row says that ${row.sealed} entries are sealed, and checkpoints have ${sealed}`);
  return problems;
}
