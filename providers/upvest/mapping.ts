import type { AccountKind, AccountRef } from '../../src/domain/account';
import type { Blocker } from '../../src/domain/blocker';
import type { AccountState } from '../../src/domain/outcome';
import type { ClosureReason, ReasonMapping } from '../../src/domain/reason';
import type { CloseRequest } from '../../src/ports/provider';
import { pathSegment } from '../../src/provider-kit/http';
import type { ClosureReasonWord } from './api';

/** The provider's word for a reason, and whether it says the same. Reasons that are not here are not sent. */
const REASON_WORDS: Partial<Record<ClosureReason, { word: ClosureReasonWord; mapping: ReasonMapping }>> = {
  CUSTOMER_REQUEST: { word: 'user_initiated', mapping: 'EXACT' },
  DELINQUENT: { word: 'dunning', mapping: 'EXACT' },
  POWER_OF_ATTORNEY: { word: 'power_of_attorney', mapping: 'EXACT' },
  LOSS_OF_LEGAL_CAPACITY: { word: 'loss_of_legal_capacity', mapping: 'EXACT' },
  FINANCIAL_CRIME: { word: 'aml', mapping: 'EXACT' },
  OUT_OF_RISK_APPETITE: { word: 'risk_based', mapping: 'EXACT' },
  TERMS_VIOLATION: { word: 'contract_breach', mapping: 'EXACT' },
  ACCOUNT_SWITCHED: { word: 'user_initiated', mapping: 'LOSSY' },
  SANCTIONS: { word: 'aml', mapping: 'LOSSY' },
  FRAUD: { word: 'risk_based', mapping: 'LOSSY' },
  IDENTITY_THEFT: { word: 'risk_based', mapping: 'LOSSY' },
};

/** The close of a single account takes no reason. */
export function reasonMapping({ account, reason }: Pick<CloseRequest, 'account' | 'reason'>): ReasonMapping {
  return account.kind === 'ACCOUNT_GROUP' ? (REASON_WORDS[reason]?.mapping ?? 'NOT_SENT') : 'NOT_SENT';
}

/** `/accounts/{id}` or `/account_groups/{id}`: read with GET, closed with DELETE. */
export function resourcePath({ kind, id }: Pick<AccountRef, 'kind' | 'id'>): string {
  return `/${collection(kind)}/${pathSegment(id)}`;
}

function collection(kind: AccountKind): string {
  switch (kind) {
    case 'ACCOUNT':
      return 'accounts';
    case 'ACCOUNT_GROUP':
      return 'account_groups';
    case 'VIRTUAL_ACCOUNT':
      throw new Error('The provider has no virtual accounts: the capabilities say so.');
  }
}

/** The query of the close. Only a group has one; its default for `notification_only` is not documented, so false is left out. */
export function closeQuery({ account, reason, announceOnly }: Pick<CloseRequest, 'account' | 'reason' | 'announceOnly'>): [string, string][] {
  if (account.kind !== 'ACCOUNT_GROUP') {
    // The request would close the account.
    if (announceOnly) throw new Error('The closing of a single account cannot be announced: the capabilities say so.');
    return [];
  }
  const word = REASON_WORDS[reason]?.word;
  const query: [string, string][] = word ? [['closure_reason', word]] : [];
  return announceOnly ? [...query, ['notification_only', 'true']] : query;
}

interface Standing {
  state: AccountState;
  blockers: Blocker[];
}

const locked: Blocker = {
  code: 'ACCOUNT_RESTRICTED',
  message: 'The account is locked at the provider.',
  stage: 'REQUEST',
  resolvableBy: 'PROVIDER',
  selfResolving: false,
  relatedIds: [],
};
const pendingApproval: Blocker = {
  code: 'ACCOUNT_NOT_ACTIVE',
  message: 'The provider has not approved the account yet.',
  stage: 'REQUEST',
  resolvableBy: 'PROVIDER',
  selfResolving: true,
  relatedIds: [],
};

/** Accounts and account groups share their statuses. https://docs.upvest.co/api/Accounts */
const STANDINGS = new Map<string, Standing>([
  ['ACTIVE', { state: 'OPEN', blockers: [] }],
  ['PENDING_APPROVAL', { state: 'OPEN', blockers: [pendingApproval] }],
  ['LOCKED', { state: 'OPEN', blockers: [locked] }],
  ['CLOSING', { state: 'CLOSING', blockers: [] }],
  ['CLOSED', { state: 'CLOSED', blockers: [] }],
]);

/** What a status says; undefined for a word that is not documented. */
export function standingOf(status: string): Standing | undefined {
  return STANDINGS.get(status);
}
