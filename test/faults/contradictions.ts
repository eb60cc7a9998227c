import { isTerminal } from '../../src/domain/closure-status';
import type { CallerHistory, Sight } from './caller';
import type { Finding, StoredClosure } from './checker';

/** What callers were told against what they were told later, and against the store. */
export function contradictions({ requests, sights }: CallerHistory, stored: readonly StoredClosure[]): Finding[] {
  const findings: Finding[] = [];
  const byId = new Map(stored.map((one) => [one.closure.id, one]));
  const keys = new Set(stored.map(({ closure }) => closure.idempotencyKey));
  const contradicted = (text: string) => void findings.push({ kind: 'CONTRADICTED', text });

  for (const { idempotencyKey, answers } of requests) {
    const own = new Set(answers.flatMap(({ closureId, isOwn }) => (closureId !== null && isOwn ? [closureId] : [])));
    if (own.size > 1) contradicted(`Key ${idempotencyKey} was answered with ${own.size} closures.`);
    for (const id of own) {
      const kept = byId.get(id);
      if (!kept) findings.push({ kind: 'LOST', text: `Closure ${id} was acknowledged and is not stored.` });
      else if (kept.closure.idempotencyKey !== idempotencyKey) contradicted(`Closure ${id} was given for key ${idempotencyKey} and has another.`);
    }
    // INTERNAL says that it is not known; everything else without a closure of its own says that nothing was recorded.
    const nothing = answers.length > 0 && answers.every(({ isOwn, code }) => !isOwn && code !== 'INTERNAL');
    if (nothing && keys.has(idempotencyKey)) contradicted(`Key ${idempotencyKey} was refused and is recorded.`);
    const first = answers.filter(({ isOwn, replayed }) => isOwn && !replayed);
    if (first.length > 1) contradicted(`Key ${idempotencyKey} was answered ${first.length} times as if it were new.`);
  }

  const seen = new Map<string, Sight[]>();
  for (const sight of sights) seen.set(sight.closureId, [...(seen.get(sight.closureId) ?? []), sight]);
  for (const [id, ofOne] of seen) {
    const kept = byId.get(id);
    const statuses = new Set(kept?.events.map(({ to }) => to));
    for (const { status, version } of ofOne) {
      if (!statuses.has(status)) contradicted(`Closure ${id} was shown ${status}, and its history has no such line.`);
      if (kept && version > kept.closure.version) contradicted(`Closure ${id} was shown in version ${version}, and is in version ${kept.closure.version}.`);
    }
    for (const later of ofOne) {
      const earlier = ofOne.filter(({ endedAt }) => endedAt < later.begunAt);
      if (earlier.some(({ version }) => version > later.version)) contradicted(`Closure ${id} was shown in an older version after a newer one.`);
      const end = earlier.find(({ status }) => isTerminal(status));
      if (end && end.status !== later.status && !(end.status === 'CLOSED' && later.status === 'REOPENED')) {
        contradicted(`Closure ${id} was shown ${end.status}, and ${later.status} later.`);
      }
    }
  }
  return findings;
}
