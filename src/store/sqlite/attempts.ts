import type { Attempt } from '../../domain/closure';
import type { AttemptAnswer } from '../../ports/store';
import { IllegalWrite } from '../errors';
import type { Database } from './database';

/**
 * Adds the mark of a close request that is about to leave.
 * @throws IllegalWrite unless its number is one above the highest
 */
export function insertMark(db: Database, closureId: string, mark: Attempt): void {
  const [row] = db.all('SELECT max(number) AS highest FROM attempt WHERE closure_id = ?', [closureId]);
  const next = Number(row?.highest ?? 0) + 1;
  if (mark.number !== next) throw new IllegalWrite(closureId, `attempt ${mark.number} is marked where ${next} is next`);
  db.run(
    `INSERT INTO attempt (closure_id, number, marked_at, deadline_ms, effect, answered_at, evidence)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    [closureId, mark.number, mark.markedAt, mark.deadlineMs, mark.effect, mark.answeredAt, JSON.stringify(mark.evidence)],
  );
}

/**
 * Keeps an answer, unless the attempt has one that settled it: nothing but a person's decision replaces that.
 * @returns whether it was kept
 * @throws IllegalWrite for an attempt that was never marked
 */
export function keepAnswer(db: Database, closureId: string, answer: AttemptAnswer): boolean {
  const kept = db.run(
    `UPDATE attempt SET effect = ?1, answered_at = ?2, evidence = coalesce(?3, evidence)
     WHERE closure_id = ?4 AND number = ?5 AND (?1 = 'SET_ASIDE' OR effect IN ('MARKED', 'UNKNOWN', 'UNAVAILABLE'))`,
    [answer.effect, answer.answeredAt, answer.evidence ? JSON.stringify(answer.evidence) : null, closureId, answer.number],
  );
  if (kept === 1) return true;
  const marked = db.all('SELECT 1 FROM attempt WHERE closure_id = ? AND number = ?', [closureId, answer.number]);
  if (marked.length === 0) throw new IllegalWrite(closureId, `attempt ${answer.number} is answered and was never marked`);
  return false;
}
