import { closureRecord, firstEvent } from '../support/closure-record';
import type { Attempt, Closure, ClosureEvent } from '../../src/domain/closure';
import type { ClosureStatus } from '../../src/domain/closure-status';
import type { LedgerEntry } from '../../src/provider-kit/sandbox';
import type { CallerHistory, CloseAnswer } from './caller';
import { check, type FindingKind, type Remains, type StoredClosure } from './checker';

/** A run in which nothing went wrong, and each way in which it could have. */
const START = 1_000_000;
const account = { provider: 'bank', kind: 'ACCOUNT', idType: 'UUID', id: 'acc-1' } as const;

function attempt(number: number): Attempt {
  return { number, markedAt: START, deadlineMs: 100, effect: 'COMPLETED', answeredAt: START + 10, evidence: {} };
}

function stored(path: ClosureStatus[], attempts = 1, more: Partial<Closure> = {}): StoredClosure {
  const status = path.at(-1) ?? 'REQUESTED';
  const closure = { ...closureRecord({ account, requestedAt: START, idempotencyKey: 'key-1' }), id: 'closure-1', status, attempts, version: path.length, ...more };
  const events = path.map((to, index): ClosureEvent => ({ ...firstEvent(closure), from: path[index - 1] ?? null, to, at: START + 100 * index }));
  return { closure, attempts: Array.from({ length: attempts }, (_, index) => attempt(index + 1)), events };
}

function entry(operation: LedgerEntry['operation'], at: number, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return { at: START + at, method: 'POST', path: '/', query: '', operation, accountId: 'acc-1', status: operation === 'read' ? 200 : 204, effect: false, ...more };
}
const effective = (at: number): LedgerEntry => entry('close', at, { effect: true });

const OWN: CloseAnswer = { closureId: 'closure-1', isOwn: true, replayed: false, code: null };
function callers(answers: CloseAnswer[], sights: [status: ClosureStatus, version: number, begunAt: number, endedAt: number][] = []): CallerHistory {
  return {
    requests: [{ idempotencyKey: 'key-1', provider: 'bank', accountId: 'acc-1', answers }],
    sights: sights.map(([status, version, begunAt, endedAt]) => ({ closureId: 'closure-1', status, version, begunAt, endedAt })),
  };
}

const CLOSED = stored(['REQUESTED', 'CLOSED']);
const GOOD: Remains = { callers: callers([OWN], [['CLOSED', 2, 0, 1]]), stored: [CLOSED], ledgers: { bank: [effective(50)] } };
/** A closing that took this way, at a provider with these close requests in its books. */
const went = (path: ClosureStatus[], attempts: number, ...ledger: LedgerEntry[]): Partial<Remains> => ({
  stored: [stored(path, attempts)],
  callers: callers([OWN]),
  ledgers: { bank: ledger },
});
const kinds = (broken: Partial<Remains>): FindingKind[] => check({ ...GOOD, ...broken }).map(({ kind }) => kind);

it('finds nothing in a run that kept its promises', () => {
  expect(kinds({})).toEqual([]);
  expect(kinds({ callers: callers([], []), stored: [], ledgers: { bank: [entry('token', 0, { accountId: undefined })] } })).toEqual([]);
});

it.each<[string, FindingKind, Partial<Remains>]>([
  ['an acknowledged closure that is not stored', 'LOST', { stored: [], ledgers: { bank: [] } }],
  ['a closure that is not settled', 'LOST', { stored: [stored(['REQUESTED'])], callers: callers([OWN]), ledgers: { bank: [] } }],
  ['a close request without a mark', 'LOST', { ledgers: { bank: [entry('close', 10, { status: 429 }), effective(50)] } }],
  ['an unsettled group of moves', 'LOST', { stored: [stored(['REQUESTED', 'CLOSING'])], callers: callers([OWN]), ledgers: { bank: [effective(50)] } }],
  ['CLOSED without a close', 'FALSE_CLOSED', { ledgers: { bank: [entry('close', 10, { status: 404 })] } }],
  ['CLOSED before the provider closed it', 'FALSE_CLOSED', { closingMs: { bank: 500 } }],
  ['a refusal that nobody made', 'UNFOUNDED', went(['REQUESTED', 'REJECTED'], 1, entry('close', 10, { status: 401 }))],
  ['a refusal after a lost answer', 'UNFOUNDED', went(['REQUESTED', 'UNCONFIRMED', 'REJECTED'], 1, entry('close', 10, { status: 'hang' }))],
  ['a withdrawal that nobody asked for', 'UNFOUNDED', went(['REQUESTED', 'CANCELLED'], 0)],
  ['a time-out that counts as a failure', 'UNFOUNDED', went(['REQUESTED', 'UNCONFIRMED', 'NEEDS_REVIEW', 'FAILED'], 1)],
  ['a closing that was carried out and left to a person', 'GIVEN_UP', went(['REQUESTED', 'UNCONFIRMED', 'NEEDS_REVIEW'], 1, effective(50))],
  ['a move that there is no arrow for', 'ILLEGAL', { stored: [stored(['REQUESTED', 'REJECTED', 'CLOSED'])] }],
  ['a terminal state that was left', 'ILLEGAL', { stored: [stored(['REQUESTED', 'CLOSED', 'CLOSING', 'CLOSED'])] }],
  ['a history with a gap', 'ILLEGAL', { stored: [{ ...CLOSED, events: CLOSED.events.slice(1) }] }],
  ['a history that ends elsewhere', 'ILLEGAL', { stored: [{ ...CLOSED, closure: { ...CLOSED.closure, status: 'REJECTED' } }], callers: callers([OWN]) }],
  ['attempts that are not counted', 'ILLEGAL', { stored: [stored(['REQUESTED', 'CLOSED'], 1, { attempts: 2 })] }],
  ['a key with two closures', 'CONTRADICTED', { callers: callers([OWN, { ...OWN, closureId: 'closure-2' }]) }],
  ['a key that is new twice', 'CONTRADICTED', { callers: callers([OWN, OWN]) }],
  ['a refusal of what is recorded', 'CONTRADICTED', { callers: callers([{ closureId: null, isOwn: false, replayed: false, code: 'INVALID_INPUT' }]) }],
  ['a status that its history does not have', 'CONTRADICTED', { callers: callers([OWN], [['REJECTED', 2, 0, 1]]) }],
  ['an older version after a newer one', 'CONTRADICTED', { callers: callers([OWN], [['CLOSED', 2, 0, 1], ['CLOSED', 1, 2, 3]]) }],
  ['an end that was not one', 'CONTRADICTED', { callers: callers([OWN], [['CLOSED', 2, 0, 1], ['REQUESTED', 2, 2, 3]]) }],
  ['a version that is gone', 'CONTRADICTED', { callers: callers([OWN], [['CLOSED', 9, 0, 1]]) }],
])('%s: %s', (_, kind, broken) => {
  expect(kinds(broken)).toContain(kind);
});

describe('the provider\'s own books', () => {
  const two = stored(['REQUESTED', 'UNCONFIRMED', 'CLOSED'], 2);
  const books = (...ledger: LedgerEntry[]): FindingKind[] => kinds({ stored: [two], callers: callers([OWN]), ledgers: { bank: ledger } });

  it('two effective closes', () => {
    expect(books(effective(10), effective(50))).toEqual(['DOUBLE', 'RESENT']);
  });
  it('a request after the effective one', () => {
    expect(books(effective(10), entry('read', 20), entry('close', 30, { status: 422 }))).toEqual(['RESENT']);
  });
  it('a request after a lost one that nobody looked into', () => {
    expect(books(entry('close', 10, { status: 'reset' }), effective(50))).toEqual(['RESENT']);
  });
  it('a request after a look that saw nothing', () => {
    expect(books(entry('close', 10, { status: 'reset' }), entry('read', 20, { status: 503 }), effective(50))).toEqual(['RESENT']);
  });
  it('says what happened to the account, in order', () => {
    const ledgers = { bank: [effective(10), entry('close', 30, { status: 422 })] };
    const [finding] = check({ ...GOOD, stored: [two], ledgers });
    expect(finding?.text).toContain('0 mark 1 for 100, 0 mark 2 for 100, 0 REQUESTED by REQUEST, 10 mark 1 is COMPLETED, 10 mark 2 is COMPLETED, 10 close 204 takes effect, 30 close 422');
  });
  it('a look in between, and a refusal that proves that nothing was done, are no fault', () => {
    expect(books(entry('close', 10, { status: 'reset' }), entry('read', 20), effective(50))).toEqual([]);
    expect(books(entry('close', 10, { status: 429 }), effective(50))).toEqual([]);
  });
  it('a refusal of what was closed', () => {
    expect(kinds({ stored: [stored(['REQUESTED', 'REJECTED'])], callers: callers([OWN]) })).toEqual(['FALSE_REFUSED']);
  });
  it.each([403, 404, 409, 418])('a refusal with %d is one', (status) => {
    expect(kinds(went(['REQUESTED', 'REJECTED'], 1, entry('close', 10, { status })))).toEqual([]);
  });
  it('a refusal of what was closed before the run needs no other word', () => {
    expect(kinds({ ...went(['REQUESTED', 'REJECTED'], 1), closedBefore: new Set(['bank acc-1']) })).toEqual([]);
  });
  it('what was not carried out may be left to a person', () => {
    expect(kinds(went(['REQUESTED', 'UNCONFIRMED', 'NEEDS_REVIEW'], 1, entry('close', 10, { status: 'reset' })))).toEqual([]);
  });
  it('what was closed before the run is no false CLOSED', () => {
    expect(kinds({ ledgers: { bank: [] }, closedBefore: new Set(['bank acc-1']) })).toEqual([]);
  });
});

it('lets no answer contradict another that was asked for at the same time', () => {
  expect(kinds({ callers: callers([OWN], [['CLOSED', 2, 0, 5], ['REQUESTED', 1, 1, 6]]) })).toEqual([]);
});

it('takes an answer that left it open as no answer', () => {
  expect(kinds({ callers: callers([{ closureId: null, isOwn: false, replayed: false, code: 'INTERNAL' }, { ...OWN, replayed: true }]) })).toEqual([]);
});
