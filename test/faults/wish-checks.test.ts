import type { AttemptEffect, Closure, LiquidationStage } from '../../src/domain/closure';
import type { ClosureStatus } from '../../src/domain/closure-status';
import type { LedgerEntry } from '../../src/provider-kit/sandbox';
import { closureRecord, firstEvent } from '../support/closure-record';
import { check, type FindingKind, type StoredClosure } from './checker';

/** What the provider's books have of an announcement, a group and a sale, and each way in which they could not fit. */
const START = 1_000_000;
const GROUP = 'group-1';

function stored(id: string, path: ClosureStatus[], effects: AttemptEffect[], more: Partial<Closure> = {}, children: string[] = [], from = 0): StoredClosure {
  const status = path.at(-1) ?? 'REQUESTED';
  const kind = id === GROUP ? 'ACCOUNT_GROUP' : 'ACCOUNT';
  const closure = { ...closureRecord({ account: { provider: 'bank', kind, idType: 'UUID', id } }), id: `closure of ${id}`, status, attempts: effects.length, ...more };
  const events = path.map((to, index) => ({ ...firstEvent(closure), from: path[index - 1] ?? null, to, at: START + 1000 + index }));
  // Each is answered before the next one is marked, and all of them before the first move.
  const attempts = effects.map((effect, index) => ({ number: index + 1, markedAt: START + from + 100 * index, deadlineMs: 10, effect, answeredAt: START + from + 100 * index + 50, evidence: {} }));
  return { closure, attempts, events, children };
}

function entry(operation: LedgerEntry['operation'], accountId: string, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return { at: START, method: 'POST', path: `/${accountId}`, query: '', operation, accountId, status: 202, effect: false, ...more };
}
const close = (id: string, effect = true): LedgerEntry => entry('close', id, { effect });
const announce = (status: LedgerEntry['status'] = 202): LedgerEntry => entry('close', GROUP, { status, query: '?closure_reason=aml&notification_only=true' });
const sell = (more: Partial<LedgerEntry> = {}): LedgerEntry => entry('liquidate', 'acc-1', more);
const list = entry('list', 'sales acc-1', { path: '/acc-1', status: 200 });

function kinds(closures: StoredClosure[], ledger: LedgerEntry[], accounts: string[] = []): FindingKind[] {
  const found = check({ callers: { requests: [], sights: [] }, stored: closures, ledgers: { bank: ledger }, families: { [`bank ${GROUP}`]: accounts } });
  return found.map(({ kind }) => kind);
}

describe('an announcement', () => {
  const announced = (path: ClosureStatus[], ...effects: AttemptEffect[]): StoredClosure[] => [stored(GROUP, ['REQUESTED', ...path], effects, { announceOnly: true })];

  it.each<[string, StoredClosure[], LedgerEntry[]]>([
    ['that was taken', announced(['ANNOUNCED'], 'COMPLETED'), [announce()]],
    ['that is told again after it was lost', announced(['UNCONFIRMED', 'ANNOUNCED'], 'UNKNOWN', 'COMPLETED'), [announce('reset'), announce()]],
    ['that is told again, since nobody heard that it was taken', announced(['UNCONFIRMED', 'ANNOUNCED'], 'MARKED', 'COMPLETED'), [announce(), announce()]],
    ['that was refused', announced(['REJECTED'], 'REFUSED'), [announce(403)]],
  ])('%s is as it should be', (_, closures, ledger) => {
    expect(kinds(closures, ledger)).toEqual([]);
  });

  it.each<[string, FindingKind[], StoredClosure[], LedgerEntry[]]>([
    ['told again after its answer was stored', ['RESENT'], announced(['ANNOUNCED'], 'COMPLETED', 'COMPLETED'), [announce(), announce()]],
    ['taken, and stored as proven without effect', ['FALSE_REFUSED'], announced(['ANNOUNCED'], 'NOT_APPLIED', 'COMPLETED'), [announce(), announce()]],
    ['taken and then called refused', ['FALSE_REFUSED'], announced(['UNCONFIRMED', 'REJECTED'], 'UNKNOWN', 'REFUSED'), [announce(), announce(403)]],
    ['called ANNOUNCED, and nobody took it', ['UNFOUNDED'], announced(['ANNOUNCED'], 'COMPLETED'), [announce('reset')]],
    ['that closed the group', ['NOT_ASKED', 'UNFOUNDED', 'FALSE_REFUSED'], announced(['ANNOUNCED'], 'COMPLETED'), [close(GROUP)]],
    ['in place of a closing', ['FALSE_CLOSED', 'NOT_ASKED'], [stored(GROUP, ['REQUESTED', 'CLOSED'], ['ACCEPTED'])], [announce()]],
  ])('%s is found', (_, expected, closures, ledger) => {
    expect(kinds(closures, ledger).toSorted()).toEqual(expected.toSorted());
  });
});

describe('a group', () => {
  const accounts = ['acc-1', 'acc-2'];
  const [first, second] = accounts.map((id) => stored(id, ['REQUESTED', 'CLOSING', 'CLOSED'], ['ACCEPTED'])) as [StoredClosure, StoredClosure];
  const both = [first.closure.id, second.closure.id];
  // Marked when its accounts are on their way.
  const group = (includeAccounts: boolean, children: string[] = both, from = 2000): StoredClosure => stored(GROUP, ['REQUESTED', 'CLOSING', 'CLOSED'], ['ACCEPTED'], { includeAccounts }, children, from);

  it('with its accounts, or by itself, is as it should be', () => {
    expect(kinds([group(true), first, second], [close('acc-1'), close('acc-2'), close(GROUP)], accounts)).toEqual([]);
    expect(kinds([group(false, [])], [close(GROUP)], accounts)).toEqual([]);
  });

  it.each<[string, FindingKind[], StoredClosure[], LedgerEntry[]]>([
    ['whose request left before those of its accounts', ['ORDER'], [group(true), first, second], [close('acc-1'), close(GROUP), close('acc-2')]],
    ['whose request was marked before those of its accounts were known to be taken', ['ORDER', 'ORDER'], [group(true, both, 0), first, second], [close('acc-1'), close('acc-2'), close(GROUP)]],
    ['without one of its accounts', ['ORDER', 'ORDER', 'LOST', 'LOST'], [group(true, [both[0]!]), first], [close('acc-1'), close(GROUP)]],
    ['that does not know a closure of its accounts', ['ORDER', 'LOST'], [group(true, [both[0]!]), first, second], [close('acc-1'), close('acc-2'), close(GROUP)]],
    ['an account of which was closed twice', ['DOUBLE', 'RESENT', 'LOST'], [group(true), first, second], [close('acc-1'), close('acc-1'), close('acc-2'), close(GROUP)]],
    ['asked for by itself, and an account of it closed', ['NOT_ASKED'], [group(false), first], [close('acc-1'), close(GROUP)]],
  ])('%s is found', (_, expected, closures, ledger) => {
    expect(kinds(closures, ledger, accounts).toSorted()).toEqual(expected.toSorted());
  });
});

describe('a sale', () => {
  function closed(stage: LiquidationStage | null, liquidatePositions = true): StoredClosure[] {
    const liquidation = stage && { stage, idempotencyKey: 'key', markedAt: START, notBefore: START };
    // The line in which the sale is told of moves no status.
    const path: ClosureStatus[] = ['REQUESTED', 'CLOSING', ...(stage ? (['CLOSING'] as const) : []), 'CLOSED'];
    return [stored('acc-1', path, ['ACCEPTED'], { liquidation, liquidatePositions })];
  }
  const sold = sell({ effect: true });

  it.each<[string, LiquidationStage, LedgerEntry[]]>([
    ['that was made', 'SETTLED', [list, sold]],
    ['that was lost, looked for and asked for again', 'SETTLED', [list, sell({ status: 'reset' }), list, sold]],
    ['that was refused', 'REFUSED', [list, sell({ status: 403 })]],
    ['that was given up', 'GIVEN_UP', [list, sell({ status: 'hang' }), list, sell({ status: 403 })]],
  ])('%s is as it should be', (_, stage, ledger) => {
    expect(kinds(closed(stage), [close('acc-1'), ...ledger])).toEqual([]);
  });

  it.each<[string, FindingKind[], StoredClosure[], LedgerEntry[]]>([
    ['made twice', ['SALE', 'RESENT'], closed('SETTLED'), [list, sell({ effect: true }), list, sold]],
    ['asked for without a look', ['RESENT'], closed('SETTLED'), [sold]],
    ['asked for again without a look', ['RESENT'], closed('SETTLED'), [list, sell({ status: 'reset' }), sold]],
    ['asked for again after it was made', ['RESENT'], closed('SETTLED'), [list, sold, list, sell()]],
    ['called SETTLED, and not made', ['SALE'], closed('SETTLED'), [list, sell({ status: 'reset' })]],
    ['called REFUSED, and made', ['SALE'], closed('REFUSED'), [list, sell({ status: 403 }), list, sold]],
    ['called REFUSED, and never refused', ['UNFOUNDED'], closed('REFUSED'), [list, sell({ status: 503 })]],
    ['given up, and made', ['SALE'], closed('GIVEN_UP'), [list, sold]],
    ['left in doubt', ['LOST'], closed('MARKED'), [list, sell({ status: 'hang' })]],
    ['not followed to its end', ['LOST'], closed('ACCEPTED'), [list, sold]],
    ['without a mark', ['LOST'], closed(null), [list, sold]],
    ['that nobody asked for', ['NOT_ASKED'], closed('SETTLED', false), [list, sold]],
  ])('%s is found', (_, expected, closures, ledger) => {
    expect(kinds(closures, [close('acc-1'), ...ledger]).toSorted()).toEqual(expected.toSorted());
  });

  it('a status that stays is told of nothing but a sale', () => {
    expect(kinds([stored('acc-1', ['REQUESTED', 'CLOSING', 'CLOSING', 'CLOSED'], ['ACCEPTED'])], [close('acc-1')])).toEqual(['ILLEGAL']);
  });
});
