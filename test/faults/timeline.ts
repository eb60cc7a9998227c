import type { LedgerEntry } from '../../src/provider-kit/sandbox';
import type { StoredClosure } from './checker';

/** What the store and the provider's books know of one account, in the order of their clocks, ms from the first of it. */
export function timelineOf(stored: readonly StoredClosure[], entries: readonly LedgerEntry[]): string {
  const lines = [
    ...stored.flatMap(({ attempts }) =>
      attempts.flatMap(({ number, markedAt, deadlineMs, effect, answeredAt }) => [
        { at: markedAt, text: `mark ${number} for ${deadlineMs}` },
        ...(answeredAt === null ? [] : [{ at: answeredAt, text: `mark ${number} is ${effect}` }]),
      ]),
    ),
    ...stored.flatMap(({ events }) => events.map(({ at, to, cause }) => ({ at, text: `${to} by ${cause}` }))),
    ...entries.map(({ at, operation, status, effect }) => ({ at, text: `${operation} ${status}${effect ? ' takes effect' : ''}` })),
  ].toSorted((one, other) => one.at - other.at);
  const start = lines[0]?.at ?? 0;
  return lines.map(({ at, text }) => `${Math.round(at - start)} ${text}`).join(', ');
}
