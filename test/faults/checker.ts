import { isTerminal, canBecome } from '../../src/domain/closure-status';
import type { Attempt, Closure, ClosureEvent } from '../../src/domain/closure';
import type { LedgerEntry } from '../../src/provider-kit/sandbox';
import { contradictions } from './contradictions';
import type { CallerHistory } from './caller';
import { timelineOf } from './timeline';
import { announcementFindings, familyFindings, isAnnouncement, isRefusal, saleFindings } from './wish-checks';

/**
 * What a run did wrong.
 * - LOST: an acknowledged closure is not there, or is not settled; a close request left without a mark.
 * - DOUBLE: an account was closed twice.
 * - RESENT: a close request left where only the provider could keep it from closing twice.
 * - ORDER: a group's close request left before its accounts were on their way.
 * - NOT_ASKED: closed, announced or to be sold, and nobody asked for that.
 * - SALE: positions sold twice, or a sale told of that the provider did not make.
 * - FALSE_CLOSED: CLOSED, and the provider had not closed the account.
 * - FALSE_REFUSED: told that nothing was closed, and we closed it.
 * - UNFOUNDED: REJECTED, FAILED, CANCELLED or ANNOUNCED, and nobody said so.
 * - GIVEN_UP: left to a person, and the provider had carried out our close.
 * - ILLEGAL: a move that the state machine does not have, or a history that does not lead to where the closure is.
 * - CONTRADICTED: an answer that a later one or the store denies.
 */
export const FINDING_KINDS = [
  'LOST',
  'DOUBLE',
  'RESENT',
  'ORDER',
  'NOT_ASKED',
  'SALE',
  'FALSE_CLOSED',
  'FALSE_REFUSED',
  'UNFOUNDED',
  'GIVEN_UP',
  'ILLEGAL',
  'CONTRADICTED',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  kind: FindingKind;
  text: string;
}

/** A closure with everything that the store keeps of it. */
export interface StoredClosure {
  closure: Closure;
  attempts: readonly Attempt[];
  /** Oldest first. */
  events: readonly ClosureEvent[];
  /** The closures that it waits for, by id. Default: none. */
  children?: readonly string[];
}

/** All that is left of a run, from four sides that do not know of each other. */
export interface Remains {
  callers: CallerHistory;
  stored: readonly StoredClosure[];
  /** The provider's own books, by provider. */
  ledgers: Readonly<Record<string, readonly LedgerEntry[]>>;
  /** How long after an accepted close the provider has closed the account, ms, by provider. Default 0. */
  closingMs?: Readonly<Record<string, number>>;
  /** How far the store's clock may be from the providers', ms. Default 0. */
  clockErrorMs?: number;
  /** Accounts that were closed before the run. */
  closedBefore?: ReadonlySet<string>;
  /** The accounts of groups, by provider and id of the group. Default: no group has any. */
  families?: Readonly<Record<string, readonly string[]>>;
}

/** The sandbox enters a close a moment after it carried it out, ms. */
const LEDGER_SLACK_MS = 10;
/** The request was not carried out, by the provider's own word, and may leave again without a look at the account. */
const MAY_COME_AGAIN: ReadonlySet<LedgerEntry['status']> = new Set([401, 403, 429, 503]);
const NOTHING_CLOSED: ReadonlySet<Closure['status']> = new Set(['REJECTED', 'FAILED', 'CANCELLED', 'ANNOUNCED']);

/** Compares the callers' answers, the store and the provider's own books. No findings: every promise was kept. */
export function check(remains: Remains): Finding[] {
  const { stored, ledgers } = remains;
  const accounts = new Map<string, StoredClosure[]>();
  for (const one of stored) {
    const { provider, id } = one.closure.account;
    grouped(accounts, `${provider} ${id}`).push(one);
  }
  const books = new Map<string, LedgerEntry[]>();
  for (const [provider, ledger] of Object.entries(ledgers)) {
    for (const entry of ledger) if (entry.accountId !== undefined) grouped(books, `${provider} ${entry.accountId}`).push(entry);
  }
  const all = new Set([...accounts.keys(), ...books.keys()]);
  return [
    ...stored.flatMap(historyFindings),
    ...[...all].flatMap((account) => accountFindings(account, accounts.get(account) ?? [], books.get(account) ?? [], remains)),
    ...contradictions(remains.callers, stored),
  ];
}

function grouped<Item>(map: Map<string, Item[]>, key: string): Item[] {
  const group = map.get(key) ?? [];
  map.set(key, group);
  return group;
}

/** The closure, its attempts and its history against each other. */
function historyFindings({ closure, attempts, events }: StoredClosure): Finding[] {
  const findings: Finding[] = [];
  const illegal = (text: string) => void findings.push({ kind: 'ILLEGAL', text: `Closure ${closure.id} ${text}` });
  let status: Closure['status'] | null = null;
  for (const { from, to } of events) {
    if (from !== status) illegal(`moved from ${String(from)}, and was ${String(status)}.`);
    // What becomes of a sale is told in lines that move no status.
    else if (from !== null && !canBecome(from, to) && !(from === to && closure.liquidation !== null)) illegal(`moved from ${from} to ${to}.`);
    status = to;
  }
  if (status !== closure.status) illegal(`is ${closure.status}, and its history ends with ${String(status)}.`);
  if (attempts.some(({ number }, index) => number !== index + 1)) illegal('has attempts that are not numbered through.');
  if (closure.attempts !== attempts.length) illegal(`counts ${closure.attempts} attempts and has ${attempts.length}.`);
  if (!isTerminal(closure.status) && closure.status !== 'NEEDS_REVIEW') {
    findings.push({ kind: 'LOST', text: `Closure ${closure.id} is ${closure.status} and not settled.` });
  }
  return findings;
}

/** What the store says of an account against the provider's books. */
function accountFindings(account: string, stored: readonly StoredClosure[], entries: readonly LedgerEntry[], remains: Remains): Finding[] {
  const findings: Finding[] = [];
  const found = (kind: FindingKind, text: string) => void findings.push({ kind, text: `Account ${account}: ${text} In ms: ${timelineOf(stored, entries)}.` });
  const closes = entries.filter(({ operation }) => operation === 'close');
  const effective = closes.filter(({ effect }) => effect);
  const marks = stored.reduce((sum, { attempts }) => sum + attempts.length, 0);
  if (closes.length > marks) found('LOST', `${closes.length} close requests arrived, and ${marks} were marked.`);
  if (effective.length > 1) found('DOUBLE', `closed ${effective.length} times.`);
  const closings = closes.filter((entry) => !isAnnouncement(entry));
  closings.slice(1).forEach((entry, index) => {
    const before = closings[index] as LedgerEntry;
    if (before.effect) found('RESENT', `a close request left ${entry.at - before.at} ms after one that had closed it.`);
    else if (!MAY_COME_AGAIN.has(before.status) && !isReadBetween(entries, before, entry)) {
      found('RESENT', `a close request left ${entry.at - before.at} ms after one that ended with ${before.status}, and nobody had looked.`);
    }
  });
  const [first] = effective;
  const provider = account.slice(0, account.indexOf(' '));
  const closedFrom = first && first.at + (remains.closingMs?.[provider] ?? 0) - LEDGER_SLACK_MS - (remains.clockErrorMs ?? 0);
  for (const { closure, events } of stored) {
    const since = events.find(({ to }) => to === 'CLOSED')?.at;
    if (since === undefined || remains.closedBefore?.has(account)) continue;
    if (closedFrom === undefined) found('FALSE_CLOSED', `closure ${closure.id} was CLOSED, and the provider never closed it.`);
    else if (since < closedFrom) found('FALSE_CLOSED', `closure ${closure.id} was CLOSED ${closedFrom - since} ms before the provider closed it.`);
  }
  if (first && stored.length > 0 && stored.every(({ closure }) => NOTHING_CLOSED.has(closure.status))) {
    found('FALSE_REFUSED', `its closures are ${stored.map(({ closure }) => closure.status).join(' and ')}, and we closed it.`);
  }
  const isClosed = first !== undefined || remains.closedBefore?.has(account) === true;
  for (const { closure } of stored) {
    const missing = missingWord(closure.status, isClosed || closes.some(isRefusal));
    if (missing) found('UNFOUNDED', `closure ${closure.id} is ${closure.status}, and ${missing}.`);
  }
  // Whoever gives up where the books show nothing has a reason: what was never carried out reads open for ever.
  const givenUp = stored.find(({ closure }) => closure.status === 'NEEDS_REVIEW');
  if (first && givenUp && !stored.some(({ closure }) => closure.status === 'CLOSED')) {
    found('GIVEN_UP', `closure ${givenUp.closure.id} waits for a person, and the provider had closed it.`);
  }
  const ledger = remains.ledgers[provider] ?? [];
  announcementFindings(stored, closes, found);
  saleFindings(stored, entries, ledger, found);
  for (const one of stored) familyFindings(one, remains.families?.[account] ?? [], remains, found);
  return findings;
}

/**
 * What somebody must have said before a closing ends so, where it was not said. Callers of a run withdraw nothing, and no
 * accepted closing fails.
 */
function missingWord(status: Closure['status'], isRefused: boolean): string | null {
  switch (status) {
    case 'REJECTED':
      return isRefused ? null : 'the provider never refused it';
    case 'CANCELLED':
      return 'nobody withdrew it';
    case 'FAILED':
      return 'the provider never said that it failed';
    default:
      return null;
  }
}

function isReadBetween(entries: readonly LedgerEntry[], before: LedgerEntry, after: LedgerEntry): boolean {
  return entries.slice(entries.indexOf(before) + 1, entries.indexOf(after)).some(({ operation, status }) => operation === 'read' && status === 200);
}
