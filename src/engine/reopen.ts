import type { Closure } from '../domain/closure';
import type { ConfiguredProvider } from '../ports/provider';
import type { ClosureChange } from '../ports/store';
import { type ChangeContext, changeOf } from './change';
import type { EngineParts } from './driver';

/** True once a read that shows the account of a CLOSED closure open can be believed. */
export function canShowReopened({ clock, settings }: EngineParts, { adapter }: ConfiguredProvider, closure: Closure): boolean {
  const grace = Math.max(adapter.capabilities.visibilityLagMs, settings.reopenGraceMs);
  return clock.now() >= (closure.closedAt ?? closure.statusSince) + grace;
}

/** The change that ends a CLOSED closure whose account was seen open, because somebody wants it closed again. */
export function reopening(
  { clock, random, settings }: EngineParts,
  closure: Closure,
  detail: string,
  seen: Pick<ChangeContext, 'correlationId' | 'evidence'>,
): ClosureChange {
  const verdict = { set: { status: 'REOPENED' as const }, detail, next: { kind: 'never' as const } };
  const guard = { version: closure.version };
  return changeOf(closure, verdict, { ...seen, guard, lease: 'release', cause: 'POLL', now: clock.now(), settings, random });
}
