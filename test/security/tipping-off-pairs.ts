import { uuidv7 } from 'uuidv7';
import type { AccountRef } from '../../src/domain/account';
import type { Blocker } from '../../src/domain/blocker';
import type { Closure, ClosureEvent } from '../../src/domain/closure';
import { type ClosureError, closureError } from '../../src/domain/closure-error';
import type { ClosureStatus } from '../../src/domain/closure-status';
import type { ClosureErrorCode } from '../../src/domain/error-code';
import type { AccountRead } from '../../src/domain/outcome';
import type { ClosureReason } from '../../src/domain/reason';
import type { Api } from '../support/api';
import { closureRecord } from '../support/closure-record';
import { ScriptedProvider, seen } from '../support/scripted-provider';

/** Two closures that differ in what the holder must not hear, and in nothing that an ordinary one does not have as well. */

export const AT = 1_780_000_000_000;
export const PROVIDER = 'some_bank';
/** What no caller may find in an answer who may not operate. */
export const TOLD = /SANCTIONS|FRAUD|IDENTITY_THEFT|FINANCIAL_CRIME|OUT_OF_RISK|AML|SAR|AUTHORITY|COMPLIANCE|LEGAL|case-77|secret/;

export const review: Blocker = {
  code: 'MANUAL_REVIEW',
  message: 'The provider is reviewing the account.',
  stage: 'COMPLETION',
  resolvableBy: 'PROVIDER',
  selfResolving: false,
  relatedIds: [],
};
export const hold: Blocker = { ...review, code: 'COMPLIANCE_HOLD', message: 'AML hold', resolvableBy: 'NOBODY', relatedIds: ['case-77'] };

/** What one of the two says, wherever a closure has room for it. */
interface Words {
  intent: Pick<Closure, 'reason' | 'reasonText' | 'reasonMapping' | 'initiator'>;
  providerStatus: string;
  blocker: Blocker;
  action: NonNullable<Closure['requiredAction']>;
  providerCode: string;
  detail: string;
}

const SECRET: Words = {
  intent: { reason: 'SANCTIONS', reasonText: 'secret text', reasonMapping: 'LOSSY', initiator: 'AUTHORITY' },
  providerStatus: 'AML_REVIEW',
  blocker: hold,
  action: { type: 'AML_FORM', url: 'https://bank.example/aml' },
  providerCode: 'AML_HOLD',
  detail: 'SAR filed',
};
const PLAIN: Words = {
  intent: { reason: 'OTHER', reasonText: 'a text', reasonMapping: 'EXACT', initiator: 'PROVIDER' },
  providerStatus: 'CLOSING_STARTED',
  blocker: review,
  action: { type: 'ADDRESS_FORM', url: 'https://bank.example/address' },
  providerCode: 'MAINTENANCE',
  detail: 'The account was closing.',
};

function trouble(code: ClosureErrorCode, { providerCode }: Words, blockers: Blocker[] = []): ClosureError {
  return closureError(code, 'Something went wrong.', 'c', { blockers, providerErrors: [{ code: providerCode, message: `${providerCode} of the account` }] });
}

/** What goes with each status. */
const STATUSES: Record<ClosureStatus, (words: Words) => Partial<Closure>> = {
  SCHEDULED: ({ blocker }) => ({ expectedCloseAt: AT + 86_400_000, blockers: [blocker] }),
  REQUESTED: (words) => ({ error: trouble('PROVIDER_UNAVAILABLE', words) }),
  UNCONFIRMED: (words) => ({ error: trouble('CLOSURE_BLOCKED', words, [words.blocker]) }),
  ACTION_REQUIRED: ({ action, blocker }) => ({ requiredAction: action, blockers: [blocker] }),
  CLOSING: (words) => ({ requiredAction: words.action, blockers: [words.blocker], error: trouble('PROVIDER_UNAVAILABLE', words) }),
  CLOSED: () => ({ closedAt: AT }),
  ANNOUNCED: () => ({ announceOnly: true }),
  REJECTED: (words) => {
    const blockers: Blocker[] = [{ ...words.blocker, stage: 'REQUEST' }];
    return { blockers, error: trouble('CLOSURE_BLOCKED', words, blockers) };
  },
  FAILED: (words) => ({ error: trouble('ACCOUNT_STATE_CONFLICT', words) }),
  CANCELLED: () => ({}),
  NEEDS_REVIEW: (words) => ({ blockers: [words.blocker], error: trouble('MANUAL_INTERVENTION_REQUIRED', words) }),
  REOPENED: () => ({ closedAt: AT }),
};

export interface Side {
  closure: Closure;
  /** The closure of a group that waits for it: an ordinary one, of the app's. */
  group: Closure;
  /** What the provider says of the account now. */
  read: AccountRead;
}

export interface Pair {
  sensitive: Side;
  ordinary: Side;
}

/** A closing for a sensitive reason, and one that it has to look like. */
export async function seedPair(api: Api, reason: ClosureReason, status: ClosureStatus): Promise<Pair> {
  const secret = { ...SECRET, intent: { ...SECRET.intent, reason } };
  return { sensitive: await seedSide(api, status, secret), ordinary: await seedSide(api, status, PLAIN) };
}

/** Two closings for an ordinary reason: the account of one is held, that of the other reviewed. */
export async function seedHeld(api: Api, status: ClosureStatus): Promise<Pair> {
  // What a provider says in an error is known for a hold's only where the hold stands beside it.
  const inError = status === 'REQUESTED' || status === 'FAILED' ? { providerCode: PLAIN.providerCode } : {};
  const asked = { intent: { reason: 'CUSTOMER_REQUEST', reasonText: 'a text', reasonMapping: 'EXACT', initiator: 'HOLDER' }, detail: 'Our own words.' } as const;
  return { sensitive: await seedSide(api, status, { ...SECRET, ...asked, ...inError }), ordinary: await seedSide(api, status, { ...PLAIN, ...asked }) };
}

async function seedSide(api: Api, status: ClosureStatus, words: Words): Promise<Side> {
  const times = { requestedAt: AT, updatedAt: AT, statusSince: AT };
  const closure = closureRecord({
    ...times,
    ...words.intent,
    account: newAccount('ACCOUNT'),
    subject: 'bank-officer',
    status,
    providerStatus: words.providerStatus,
    ...STATUSES[status](words),
  });
  const group = await api.seed({ ...times, account: newAccount('ACCOUNT_GROUP'), subject: 'app', includeAccounts: true }, [closure]);
  const event: ClosureEvent = { from: status, to: status, at: AT, cause: 'POLL', detail: words.detail, actor: null, correlationId: 'c', providerRequestId: null };
  const change = { id: closure.id, guard: { version: closure.version }, set: {}, visible: true, event, lease: 'release' } as const;
  const stored = await api.watched.store.commit(change);
  if (!stored) throw new Error('The history was not written.');
  return { closure: stored, group, read: seen('CLOSING', { providerStatus: words.providerStatus, blockers: [words.blocker] }) };
}

function newAccount(kind: AccountRef['kind']): AccountRef {
  return { provider: PROVIDER, kind, idType: 'UUID', id: uuidv7() };
}

/** The provider that has the accounts of all pairs. */
export function newBank(): ScriptedProvider {
  return new ScriptedProvider({}, { idTypes: ['UUID'], defaultIdType: 'UUID' });
}

/** What tells one closure from the other, and may: its names, and those of what came of looking at it. */
export function unnamed(text: string, { closure: { id, account, idempotencyKey }, group }: Side, made: readonly string[]): string {
  const named = [[id, '<id>'], [group.id, '<group>'], [account.id, '<account>'], [`••••${account.id.slice(-4)}`, '<tail>'], [String(idempotencyKey), '<key>']] as const;
  const without = named.reduce((left, [name, word]) => left.replaceAll(name, word), text);
  return made.reduce((left, name) => left.replaceAll(name, '<new>'), without);
}
