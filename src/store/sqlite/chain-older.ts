import { entryHash, startOfChain } from '../../domain/audit-chain';
import { closureFromRow, entryFromRow } from '../rows';
import type { Database, SqlRow } from './database';

/** Closures held in memory at once. */
const PAGE = 500;

/** Chains the entries that were written before there were chains, as they are found. Part of a migration. */
export function chainOlderEntries(db: Database): void {
  let after = '';
  for (;;) {
    const rows = db.all('SELECT * FROM closure WHERE id > ? ORDER BY id LIMIT ?', [after, PAGE]);
    for (const row of rows) chainOne(db, row);
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id as string;
  }
}

function chainOne(db: Database, row: SqlRow): void {
  const closure = closureFromRow(row);
  let head = startOfChain(closure);
  for (const entry of db.all('SELECT * FROM closure_event WHERE closure_id = ? ORDER BY seq', [closure.id]).map(entryFromRow)) {
    head = { hash: entryHash(head.hash, entry), count: entry.seq };
    db.run('UPDATE closure_event SET hash = ? WHERE closure_id = ? AND seq = ?', [head.hash, closure.id, entry.seq]);
  }
  db.run('UPDATE closure SET audit_head = ?, audit_count = ? WHERE id = ?', [head.hash, head.count, closure.id]);
}
