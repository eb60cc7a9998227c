import type { ClosureStatus } from '../../src/domain/closure-status';
import { changeOf } from '../../src/engine/change';
import { systemRandomness } from '../../src/system';
import { closureRecord } from '../support/closure-record';
import { QUICK } from '../support/engine';

/** The provider's word is shown beside the blockers that were read with it: one that was read before must not come to stand there. */
describe("the provider's word of before", () => {
  const after = (from: ClosureStatus, to: ClosureStatus, word?: string | null) => {
    const closure = closureRecord({ status: from, providerStatus: 'BLOCKED_FRAUD' });
    const context = { guard: { fence: 1 }, lease: 'release', cause: 'RESPONSE', now: 1, settings: QUICK, random: systemRandomness } as const;
    const { set } = changeOf(closure, { set: { status: to, ...(word !== undefined && { providerStatus: word }) }, next: { kind: 'never' } }, context);
    return { ...closure, ...set }.providerStatus;
  };

  it.each<[ClosureStatus, ClosureStatus]>([
    ['UNCONFIRMED', 'CLOSED'],
    ['NEEDS_REVIEW', 'CLOSED'],
    ['CLOSING', 'CLOSED'],
    ['REQUESTED', 'CLOSING'],
    ['UNCONFIRMED', 'CLOSING'],
    ['UNCONFIRMED', 'SCHEDULED'],
    ['REQUESTED', 'ACTION_REQUIRED'],
  ])('is gone where %s becomes %s', (from, to) => {
    expect(after(from, to)).toBeNull();
    expect(after(from, to, 'OF_NOW')).toBe('OF_NOW');
  });

  it.each<[ClosureStatus, ClosureStatus]>([
    ['ACTION_REQUIRED', 'CLOSING'],
    ['SCHEDULED', 'CLOSING'],
    ['UNCONFIRMED', 'NEEDS_REVIEW'],
    ['REQUESTED', 'UNCONFIRMED'],
    ['CLOSING', 'NEEDS_REVIEW'],
  ])('stays where %s becomes %s', (from, to) => {
    expect(after(from, to)).toBe('BLOCKED_FRAUD');
  });
});
