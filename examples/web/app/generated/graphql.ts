// Written by `npm run generate` from schema/api.graphql and schema/operations; do not edit.
/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Which account. */
export type AccountInput = {
  /** ISO 3166-1 alpha-2 in upper case; required with BBAN. */
  country?: string | null | undefined;
  /** The id, at most 128 characters. */
  id: string;
  /** What the id is written in; absent: the provider's default for the kind. */
  idType?: ClosureAccountIdType | null | undefined;
  /** What kind of thing it is. */
  kind?: ClosureAccountKind;
  /** Id of a configured provider, as `closureProviders` lists them. */
  provider: string;
};

/** What stands in the way of a closing. Open: treat a value that you do not know as OTHER, and branch on `stage` and `resolvableBy`. */
export type BlockerCode =
  /** The account is not active yet, or no longer. */
  | 'ACCOUNT_NOT_ACTIVE'
  /** The account is locked or restricted. */
  | 'ACCOUNT_RESTRICTED'
  /** Interest has built up and is not settled. */
  | 'ACCRUED_INTEREST'
  /** Cards of the account are active. */
  | 'ACTIVE_CARDS'
  /** A compliance measure holds the account. */
  | 'COMPLIANCE_HOLD'
  /** Somebody must consent. */
  | 'CONSENT_REQUIRED'
  /** A waiting time after an earlier event has not passed. */
  | 'COOLING_WINDOW'
  /** A dispute or chargeback is open. */
  | 'DISPUTE'
  /** A dividend, split or other corporate action is still expected. */
  | 'EXPECTED_CORPORATE_ACTIONS'
  /** A legal order holds the account. */
  | 'LEGAL_HOLD'
  /** The provider is reviewing the account. */
  | 'MANUAL_REVIEW'
  /** The minimum term has not passed. */
  | 'MINIMUM_TERM'
  /** The account is overdrawn. */
  | 'NEGATIVE_BALANCE'
  /** A notice period is running. */
  | 'NOTICE_PERIOD'
  /** Accounts of this kind are not closed through the provider. */
  | 'NOT_CLOSEABLE'
  /** Accounts below this one are open. */
  | 'OPEN_CHILD_ACCOUNTS'
  /** Orders are not executed or cancelled yet. */
  | 'OPEN_ORDERS'
  /** Securities or other holdings are left. */
  | 'OPEN_POSITIONS'
  /** Something else; the message says what is known. */
  | 'OTHER'
  /** A loan or another debt is open. */
  | 'OUTSTANDING_DEBT'
  /** Fees are not collected yet. */
  | 'OUTSTANDING_FEES'
  /** A withdrawal is being processed. */
  | 'OUTSTANDING_WITHDRAWALS'
  /** No account is known that the remaining money could be paid to. */
  | 'PAYOUT_DESTINATION_MISSING'
  /** Money is on its way in or out. */
  | 'PENDING_FUNDS'
  /** Transactions are not settled yet. */
  | 'PENDING_TRANSACTIONS'
  /** Money is left on the account. */
  | 'POSITIVE_BALANCE'
  /** Money is reserved, for example by card authorisations. */
  | 'RESERVED_FUNDS'
  /** Standing orders, direct debits or other future payments exist. */
  | 'SCHEDULED_PAYMENTS'
  /** A tax settlement is outstanding. */
  | 'TAX_PERIOD_OPEN';

/** Who can remove a blocker. */
export type BlockerResolver =
  /** The holder of the account. */
  | 'HOLDER'
  /** Nobody can. */
  | 'NOBODY'
  /** The business that offers the account to the holder. */
  | 'PARTNER'
  /** The banking provider. */
  | 'PROVIDER'
  /** Nobody needs to: it goes by itself. */
  | 'TIME';

/** When a blocker blocks. */
export type BlockerStage =
  /** The close is accepted, and the account stays CLOSING until it is gone. */
  | 'COMPLETION'
  /** The close is refused until it is gone. */
  | 'REQUEST';

/** Which account to close, and why. */
export type CloseAccountInput = {
  /** The account to close. */
  account: AccountInput;
  /** Only tell the provider that a closing is intended; close nothing. */
  announceOnly?: boolean;
  /** Names this intent: ^[A-Za-z0-9_-]{16,64}$. The same key with the same input gives the same closure, however often it is sent. */
  idempotencyKey: string;
  /** Close the accounts of the group first, each by a closure of its own; see `Closure.children`. An account that is being closed already keeps its closure unchanged: neither the reason nor `liquidatePositions` of this request reaches it. */
  includeAccounts?: boolean;
  /** Who wants it; anybody but HOLDER needs the scope closures:operate. */
  initiator?: ClosureInitiator;
  /** Sell what blocks the closing, where the provider can: asked for once the provider has accepted the closing, and followed in `history`. A sale that is refused or cancelled shows in `error` and `history`, and the closing goes on. With `includeAccounts`: what the accounts of the group hold. */
  liquidatePositions?: boolean;
  /** Why it is closed. */
  reason: ClosureReason;
  /** The reason in words, for providers that take free text. */
  reasonText?: string | null | undefined;
};

/** What an account id is written in. Open: treat a value that you do not know as opaque. */
export type ClosureAccountIdType =
  /** A national account number (the IBAN without country and check digits); needs the country. */
  | 'BBAN'
  /** An IBAN (ISO 13616); spaces and case do not matter, kept in electronic form. */
  | 'IBAN'
  /** The provider's own id, in the provider's own format. */
  | 'PROVIDER_ID'
  /** A UUID (RFC 9562), read without case, kept in lower case. */
  | 'UUID';

/** What kind of thing is to be closed. */
export type ClosureAccountKind =
  /** One account. */
  | 'ACCOUNT'
  /** A group of accounts that closes as a whole. */
  | 'ACCOUNT_GROUP'
  /** A virtual account that belongs to an account. */
  | 'VIRTUAL_ACCOUNT';

/** Whether an accepted close is the end or a beginning. */
export type ClosureCompletion =
  /** An accepted close is CLOSING first, for seconds or for months. */
  | 'ASYNC'
  /** An accepted close is closed. */
  | 'SYNC';

/** Whether a closing can be previewed. */
export type ClosureEligibilityMode =
  /** By reading the account and what belongs to it. */
  | 'BY_READS'
  /** No. */
  | 'NONE';

/** What went wrong, in the same words for every provider. Open: treat a value that you do not know as INTERNAL, and branch on `retry`. */
export type ClosureErrorCode =
  /** The account was closed before this request. Retry advice: NEVER. */
  | 'ACCOUNT_ALREADY_CLOSED'
  /** The provider knows no such account. Retry advice: AFTER_CHANGE. */
  | 'ACCOUNT_NOT_FOUND'
  /** The account's state does not allow the closing, and the provider does not say why. Retry advice: READ_FIRST. */
  | 'ACCOUNT_STATE_CONFLICT'
  /** The provider waits for a person or for data. Retry advice: AFTER_CHANGE. */
  | 'ACTION_REQUIRED'
  /** Something on the account must go first; `blockers` says what. Retry advice: AFTER_CHANGE. */
  | 'CLOSURE_BLOCKED'
  /** Another closure of the account is live; the payload carries it. Retry advice: READ_FIRST. */
  | 'CLOSURE_IN_PROGRESS'
  /** The provider may have been told already, or the closure has ended. Retry advice: NEVER. */
  | 'CLOSURE_NOT_CANCELLABLE'
  /** No such closure, or not the caller's. Retry advice: NEVER. */
  | 'CLOSURE_NOT_FOUND'
  /** The closure does not wait for a person's decision. Retry advice: NEVER. */
  | 'CLOSURE_NOT_RESOLVABLE'
  /** The account policy refuses the caller. Retry advice: NEVER. */
  | 'FORBIDDEN'
  /** The key was used before with another input. Retry advice: AFTER_CHANGE. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** A fault of the gateway; the same key finds out what became of the request. Retry advice: SAFE_NOW. */
  | 'INTERNAL'
  /** A value of the input breaks its rules; `field` names it. Nothing was recorded. Retry advice: AFTER_CHANGE. */
  | 'INVALID_INPUT'
  /** Reconciliation gave up; a person or late evidence settles it. Retry advice: NEVER. */
  | 'MANUAL_INTERVENTION_REQUIRED'
  /** The request was sent and its answer was lost or unusable; it is being reconciled. Retry advice: READ_FIRST. */
  | 'OUTCOME_UNKNOWN'
  /** The gateway has no room for the request. Nothing was recorded. Retry advice: SAFE_NOW. */
  | 'OVERLOADED'
  /** The provider did not accept the gateway's credentials; retried on a schedule. Retry advice: SAFE_NOW. */
  | 'PROVIDER_AUTHENTICATION_FAILED'
  /** The provider does not allow the gateway this operation. Also an operator's alarm. Retry advice: AFTER_CHANGE. */
  | 'PROVIDER_PERMISSION_DENIED'
  /** The provider gave an answer that its documentation does not have. Retry advice: READ_FIRST. */
  | 'PROVIDER_PROTOCOL_ERROR'
  /** The provider asked the gateway to slow down; retried on a schedule. Retry advice: SAFE_NOW. */
  | 'PROVIDER_RATE_LIMITED'
  /** The provider refused the form of the request. Also an operator's alarm. Retry advice: AFTER_CHANGE. */
  | 'PROVIDER_REJECTED_REQUEST'
  /** The provider did not answer a read in time. Retry advice: SAFE_NOW. */
  | 'PROVIDER_TIMEOUT'
  /** The provider cannot be reached or is out of service; retried on a schedule. Retry advice: SAFE_NOW. */
  | 'PROVIDER_UNAVAILABLE'
  /** No provider of that id is configured for the caller. Retry advice: AFTER_CHANGE. */
  | 'UNKNOWN_PROVIDER'
  /** The provider cannot do what is asked; `field` names it where it is input. Nothing was recorded. Retry advice: AFTER_CHANGE. */
  | 'UNSUPPORTED_BY_PROVIDER';

/** What caused a step in the history of a closure. */
export type ClosureEventCause =
  /** A person's decision. */
  | 'OPERATOR'
  /** A read of the account at the provider. */
  | 'POLL'
  /** A request of a caller. */
  | 'REQUEST'
  /** The provider's answer to a request to close, or to sell positions. */
  | 'RESPONSE'
  /** Time that passed. */
  | 'TIMER'
  /** A verified notification by the provider. */
  | 'WEBHOOK';

/** Which closures; all of the conditions given must hold. */
export type ClosureFilter = {
  /** Of this account, by any of its identifiers. */
  account?: AccountInput | null | undefined;
  /** With one of these blockers. */
  blocker?: Array<BlockerCode> | null | undefined;
  /** With this idempotency key; finds your own only. */
  idempotencyKey?: string | null | undefined;
  /** At this provider. */
  provider?: string | null | undefined;
  /** Recorded after. */
  requestedAfter?: string | null | undefined;
  /** In one of these statuses. */
  status?: Array<ClosureStatus> | null | undefined;
  /** In its status since before: finds what is stuck. */
  statusBefore?: string | null | undefined;
  /** Changed after. */
  updatedAfter?: string | null | undefined;
};

/** Who wants the account closed. */
export type ClosureInitiator =
  /** A court, a regulator or another authority. */
  | 'AUTHORITY'
  /** The holder of the account. */
  | 'HOLDER'
  /** The business that offers the account to the holder. */
  | 'PARTNER'
  /** The banking provider. */
  | 'PROVIDER';

/** Why the account is closed. Open: treat a value that you do not know as OTHER. */
export type ClosureReason =
  /** The holder moved to another bank. */
  | 'ACCOUNT_SWITCHED'
  /** The business that held the account ended. */
  | 'BUSINESS_CEASED'
  /** The holder revoked the contract. */
  | 'CONTRACT_REVOKED'
  /** The holder wants it. */
  | 'CUSTOMER_REQUEST'
  /** The holder does not pay what is owed. */
  | 'DELINQUENT'
  /** A dispute with the holder. */
  | 'DISPUTE'
  /** The holder has the same account twice. */
  | 'DUPLICATE_ACCOUNT'
  /** Suspicion of money laundering or another financial crime. Sensitive: needs the scope closures:operate, and is shown as OTHER to callers without it. */
  | 'FINANCIAL_CRIME'
  /** The account was used for fraud. Sensitive: needs the scope closures:operate, and is shown as OTHER to callers without it. */
  | 'FRAUD'
  /** The holder died. */
  | 'HOLDER_DECEASED'
  /** The account was opened or used with a stolen identity. Sensitive: needs the scope closures:operate, and is shown as OTHER to callers without it. */
  | 'IDENTITY_THEFT'
  /** The account was not used for long. */
  | 'INACTIVITY'
  /** The holder is insolvent. */
  | 'INSOLVENCY'
  /** The holder could not be identified, or the documents are out of date. */
  | 'KYC_INCOMPLETE'
  /** The holder lost legal capacity. */
  | 'LOSS_OF_LEGAL_CAPACITY'
  /** None of the others. */
  | 'OTHER'
  /** The risk is above what the business takes. Sensitive: needs the scope closures:operate, and is shown as OTHER to callers without it. */
  | 'OUT_OF_RISK_APPETITE'
  /** Somebody with a power of attorney asked for it. */
  | 'POWER_OF_ATTORNEY'
  /** The product or programme ended. */
  | 'PROGRAM_ENDED'
  /** The banking provider decided it. */
  | 'PROVIDER_DECISION'
  /** A rule or an authority demands it. */
  | 'REGULATORY'
  /** The business relationship ended. */
  | 'RELATIONSHIP_ENDED'
  /** A sanctions list names the holder. Sensitive: needs the scope closures:operate, and is shown as OTHER to callers without it. */
  | 'SANCTIONS'
  /** The holder broke the terms. */
  | 'TERMS_VIOLATION';

/** What of a reason the provider takes. */
export type ClosureReasonMode =
  /** One word of a list of its own. */
  | 'ENUM'
  /** Nothing. */
  | 'NONE'
  /** Free text. */
  | 'TEXT';

/** How a person settles a closure that is in NEEDS_REVIEW. */
export type ClosureResolution =
  /** The account is closed. */
  | 'CLOSED'
  /** The provider accepted and did not complete. */
  | 'FAILED'
  /** The provider refused; the account is as it was. */
  | 'REJECTED'
  /** Proven not applied: send it again. */
  | 'RETRY';

/** Where a closure stands. Closed: no value will be added. */
export type ClosureStatus =
  /** The provider waits for a person or for data; `requiredAction` says what. */
  | 'ACTION_REQUIRED'
  /** Terminal. The provider was told that a closing is intended; nothing is closed. */
  | 'ANNOUNCED'
  /** Terminal. Withdrawn or lapsed before anything was closed. */
  | 'CANCELLED'
  /** Terminal. The provider's own evidence says closed. */
  | 'CLOSED'
  /** The provider accepted; not all of its preconditions are met yet, see `blockers`. */
  | 'CLOSING'
  /** Terminal. Accepted and then not completed, by the provider's own word. */
  | 'FAILED'
  /** Reconciliation gave up; the account is still read at long intervals, and a person or late evidence settles it. */
  | 'NEEDS_REVIEW'
  /** Terminal. Refused; the account is as it was. */
  | 'REJECTED'
  /** Terminal. The account came back after CLOSED. */
  | 'REOPENED'
  /** Durably recorded, without evidence that the provider took it: being sent, or waiting for its next try, or, of a group with its accounts, for these (`blockers`). */
  | 'REQUESTED'
  /** Takes effect at a later date, by the gateway's schedule or the provider's notice period. */
  | 'SCHEDULED'
  /** Was sent, and its answer was lost or unusable; being reconciled with the provider. Never becomes FAILED by the passing of time. */
  | 'UNCONFIRMED';

/** How the gateway learns what became of a closing. */
export type OutcomeSource =
  /** By reading the account. */
  | 'POLL'
  /** From the provider's answer to the close request. */
  | 'RESPONSE'
  /** From the provider's notifications. */
  | 'WEBHOOK';

/** What the provider was really told about the reason. */
export type ReasonMapping =
  /** The reason itself. */
  | 'EXACT'
  /** The nearest word that the provider has. */
  | 'LOSSY'
  /** Nothing: the provider has no word for it, or takes none. */
  | 'NOT_SENT';

/** A person's decision about a closure that is in NEEDS_REVIEW. */
export type ResolveClosureInput = {
  /** Id of the closure. */
  closureId: string;
  /** `Closure.version` that the decision was made on; another one is refused. */
  expectedVersion: number;
  /** How it was found out; kept in the history. */
  note: string;
  /** What was found, or RETRY. */
  outcome: ClosureResolution;
};

/** What the caller should do about an error. Closed: no value will be added. */
export type RetryAdvice =
  /** Mend the cause, then use a new idempotency key. */
  | 'AFTER_CHANGE'
  /** No key will help. */
  | 'NEVER'
  /** Read the closure or the account, then decide. */
  | 'READ_FIRST'
  /** Send the same idempotency key again, after `retryAfterSeconds`; the gateway also goes on by itself. */
  | 'SAFE_NOW';

export type CancelClosureMutationVariables = Exact<{
  closureId: string;
}>;


export type CancelClosureMutation = { cancelClosure: { closure: { id: string, status: ClosureStatus, terminal: boolean } | null, error: { code: ClosureErrorCode, message: string, retry: RetryAdvice, correlationId: string } | null } };

export type CloseAccountMutationVariables = Exact<{
  input: CloseAccountInput;
}>;


export type CloseAccountMutation = { closeAccount: { replayed: boolean, closure: { id: string, status: ClosureStatus, terminal: boolean, reasonMapping: ReasonMapping, account: { provider: string, displayId: string, closureRef: string }, requiredAction: { type: string, url: string | null, expiresAt: string | null } | null, blockers: Array<{ code: BlockerCode, message: string, stage: BlockerStage, resolvableBy: BlockerResolver, selfResolving: boolean, amount: string | null, currency: string | null }> } | null, error: { code: ClosureErrorCode, message: string, retry: RetryAdvice, retryAfterSeconds: number | null, field: Array<string> | null, correlationId: string, blockers: Array<{ code: BlockerCode, message: string, stage: BlockerStage, resolvableBy: BlockerResolver, selfResolving: boolean, amount: string | null, currency: string | null }> } | null } };

export type ClosureEligibilityQueryVariables = Exact<{
  account: AccountInput;
}>;


export type ClosureEligibilityQuery = { closureEligibility: { eligible: boolean | null, checkedAt: string, providerStatus: string | null, account: { displayId: string, closureRef: string } | null, blockers: Array<{ code: BlockerCode, message: string, stage: BlockerStage, resolvableBy: BlockerResolver, selfResolving: boolean, amount: string | null, currency: string | null }>, error: { code: ClosureErrorCode, message: string, retry: RetryAdvice, field: Array<string> | null } | null } };

export type ClosureProvidersQueryVariables = Exact<{ [key: string]: never; }>;


export type ClosureProvidersQuery = { closureProviders: Array<{ id: string, adapter: string, displayName: string, active: boolean, outcomeSources: Array<OutcomeSource>, accountKinds: Array<{ kind: ClosureAccountKind, idTypes: Array<ClosureAccountIdType>, defaultIdType: ClosureAccountIdType, completion: ClosureCompletion, reasonMode: ClosureReasonMode, reasonTextMaxLength: number | null, announceOnly: boolean, liquidatePositions: boolean, includeAccounts: boolean, eligibility: ClosureEligibilityMode }> }> };

export type ClosureStatusQueryVariables = Exact<{
  closureId: string;
}>;


export type ClosureStatusQuery = { closureStatus: { id: string, status: ClosureStatus, statusSince: string, terminal: boolean, expectedCloseAt: string | null, closedAt: string | null, nextCheckAt: string | null, blockersUnknown: Array<BlockerCode>, account: { displayId: string }, provider: { id: string, displayName: string }, blockers: Array<{ code: BlockerCode, message: string, stage: BlockerStage, resolvableBy: BlockerResolver, selfResolving: boolean, amount: string | null, currency: string | null, relatedIds: Array<string> }>, requiredAction: { type: string, url: string | null, expiresAt: string | null } | null, error: { code: ClosureErrorCode, message: string, retry: RetryAdvice, retryAfterSeconds: number | null } | null, children: Array<{ id: string, status: ClosureStatus, account: { displayId: string }, blockers: Array<{ code: BlockerCode, message: string, resolvableBy: BlockerResolver, selfResolving: boolean }> }>, reports: Array<{ id: string, type: string, createdAt: string }>, history: Array<{ from: ClosureStatus | null, to: ClosureStatus, at: string, cause: ClosureEventCause, detail: string | null }> } | null };

export type ClosureUpdatedSubscriptionVariables = Exact<{
  closureId: string;
}>;


export type ClosureUpdatedSubscription = { closureUpdated: { id: string, version: number, status: ClosureStatus, statusSince: string, terminal: boolean, expectedCloseAt: string | null, closedAt: string | null, nextCheckAt: string | null, blockersUnknown: Array<BlockerCode>, blockers: Array<{ code: BlockerCode, message: string, stage: BlockerStage, resolvableBy: BlockerResolver, selfResolving: boolean, amount: string | null, currency: string | null }>, requiredAction: { type: string, url: string | null, expiresAt: string | null } | null, error: { code: ClosureErrorCode, message: string, retry: RetryAdvice, retryAfterSeconds: number | null } | null, history: Array<{ from: ClosureStatus | null, to: ClosureStatus, at: string }> } };

export type ClosuresQueryVariables = Exact<{
  filter?: ClosureFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ClosuresQuery = { closures: { edges: Array<{ cursor: string, node: { id: string, status: ClosureStatus, statusSince: string, providerStatus: string | null, attempts: number, version: number, blockersUnknown: Array<BlockerCode>, blockers: Array<{ code: BlockerCode, resolvableBy: BlockerResolver, selfResolving: boolean }>, account: { provider: string, kind: ClosureAccountKind, displayId: string }, error: { code: ClosureErrorCode, retry: RetryAdvice, providerRequestId: string | null, providerErrors: Array<{ code: string | null, message: string | null, httpStatus: number | null }> } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type RefreshClosureMutationVariables = Exact<{
  closureId: string;
}>;


export type RefreshClosureMutation = { refreshClosure: { closure: { id: string, status: ClosureStatus, providerStatus: string | null, updatedAt: string, nextCheckAt: string | null } | null, error: { code: ClosureErrorCode, message: string, retry: RetryAdvice, correlationId: string } | null } };

export type ResolveClosureMutationVariables = Exact<{
  input: ResolveClosureInput;
}>;


export type ResolveClosureMutation = { resolveClosure: { closure: { id: string, status: ClosureStatus, version: number } | null, error: { code: ClosureErrorCode, message: string, retry: RetryAdvice, field: Array<string> | null, correlationId: string } | null } };


export const CancelClosureDocument = {"__meta__":{"hash":"8fb4624d57c7f922269e0abd12bb69f13520877eb4702a44ac77106320da2ba7"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelClosure"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"closureId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelClosure"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"closureId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"closureId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"closure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"terminal"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retry"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}}]}}]}}]}}]} as unknown as DocumentNode<CancelClosureMutation, CancelClosureMutationVariables>;
export const CloseAccountDocument = {"__meta__":{"hash":"0ccc2a0a344fdcdbc7c4825ff3acea37a40082b968ad2395c6944c33b845ab38"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CloseAccount"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CloseAccountInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"closeAccount"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"replayed"}},{"kind":"Field","name":{"kind":"Name","value":"closure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"terminal"}},{"kind":"Field","name":{"kind":"Name","value":"reasonMapping"}},{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"displayId"}},{"kind":"Field","name":{"kind":"Name","value":"closureRef"}}]}},{"kind":"Field","name":{"kind":"Name","value":"requiredAction"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"blockers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"stage"}},{"kind":"Field","name":{"kind":"Name","value":"resolvableBy"}},{"kind":"Field","name":{"kind":"Name","value":"selfResolving"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retry"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"blockers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"stage"}},{"kind":"Field","name":{"kind":"Name","value":"resolvableBy"}},{"kind":"Field","name":{"kind":"Name","value":"selfResolving"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]}}]}}]}}]} as unknown as DocumentNode<CloseAccountMutation, CloseAccountMutationVariables>;
export const ClosureEligibilityDocument = {"__meta__":{"hash":"863e7c462d57947a3f0be045853919e44dd2323a113bb7cc90eade82826da5c6"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ClosureEligibility"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"account"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"AccountInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"closureEligibility"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"account"},"value":{"kind":"Variable","name":{"kind":"Name","value":"account"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"eligible"}},{"kind":"Field","name":{"kind":"Name","value":"checkedAt"}},{"kind":"Field","name":{"kind":"Name","value":"providerStatus"}},{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"displayId"}},{"kind":"Field","name":{"kind":"Name","value":"closureRef"}}]}},{"kind":"Field","name":{"kind":"Name","value":"blockers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"stage"}},{"kind":"Field","name":{"kind":"Name","value":"resolvableBy"}},{"kind":"Field","name":{"kind":"Name","value":"selfResolving"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retry"}},{"kind":"Field","name":{"kind":"Name","value":"field"}}]}}]}}]}}]} as unknown as DocumentNode<ClosureEligibilityQuery, ClosureEligibilityQueryVariables>;
export const ClosureProvidersDocument = {"__meta__":{"hash":"24e5eeec7941bf0e5279eee5e3dd2ccc780aed4164157145909b55d706232199"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ClosureProviders"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"closureProviders"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"adapter"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"active"}},{"kind":"Field","name":{"kind":"Name","value":"outcomeSources"}},{"kind":"Field","name":{"kind":"Name","value":"accountKinds"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"idTypes"}},{"kind":"Field","name":{"kind":"Name","value":"defaultIdType"}},{"kind":"Field","name":{"kind":"Name","value":"completion"}},{"kind":"Field","name":{"kind":"Name","value":"reasonMode"}},{"kind":"Field","name":{"kind":"Name","value":"reasonTextMaxLength"}},{"kind":"Field","name":{"kind":"Name","value":"announceOnly"}},{"kind":"Field","name":{"kind":"Name","value":"liquidatePositions"}},{"kind":"Field","name":{"kind":"Name","value":"includeAccounts"}},{"kind":"Field","name":{"kind":"Name","value":"eligibility"}}]}}]}}]}}]} as unknown as DocumentNode<ClosureProvidersQuery, ClosureProvidersQueryVariables>;
export const ClosureStatusDocument = {"__meta__":{"hash":"2821c67b1a4dd472508cdf15fa297cffa1b8c2bac40a26a8061dee588210a0cd"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ClosureStatus"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"closureId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"closureStatus"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"closureId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"closureId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusSince"}},{"kind":"Field","name":{"kind":"Name","value":"terminal"}},{"kind":"Field","name":{"kind":"Name","value":"expectedCloseAt"}},{"kind":"Field","name":{"kind":"Name","value":"closedAt"}},{"kind":"Field","name":{"kind":"Name","value":"nextCheckAt"}},{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"displayId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"provider"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}},{"kind":"Field","name":{"kind":"Name","value":"blockers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"stage"}},{"kind":"Field","name":{"kind":"Name","value":"resolvableBy"}},{"kind":"Field","name":{"kind":"Name","value":"selfResolving"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}},{"kind":"Field","name":{"kind":"Name","value":"relatedIds"}}]}},{"kind":"Field","name":{"kind":"Name","value":"blockersUnknown"}},{"kind":"Field","name":{"kind":"Name","value":"requiredAction"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retry"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}},{"kind":"Field","name":{"kind":"Name","value":"children"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"displayId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"blockers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"resolvableBy"}},{"kind":"Field","name":{"kind":"Name","value":"selfResolving"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"reports"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"history"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"cause"}},{"kind":"Field","name":{"kind":"Name","value":"detail"}}]}}]}}]}}]} as unknown as DocumentNode<ClosureStatusQuery, ClosureStatusQueryVariables>;
export const ClosureUpdatedDocument = {"__meta__":{"hash":"63cf24048f8b0de56be4756fa77ec880fa314aeab2b57787ca6f3be4e5006710"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"ClosureUpdated"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"closureId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"closureUpdated"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"closureId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"closureId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusSince"}},{"kind":"Field","name":{"kind":"Name","value":"terminal"}},{"kind":"Field","name":{"kind":"Name","value":"expectedCloseAt"}},{"kind":"Field","name":{"kind":"Name","value":"closedAt"}},{"kind":"Field","name":{"kind":"Name","value":"nextCheckAt"}},{"kind":"Field","name":{"kind":"Name","value":"blockers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"stage"}},{"kind":"Field","name":{"kind":"Name","value":"resolvableBy"}},{"kind":"Field","name":{"kind":"Name","value":"selfResolving"}},{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"Field","name":{"kind":"Name","value":"blockersUnknown"}},{"kind":"Field","name":{"kind":"Name","value":"requiredAction"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retry"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}},{"kind":"Field","name":{"kind":"Name","value":"history"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"at"}}]}}]}}]}}]} as unknown as DocumentNode<ClosureUpdatedSubscription, ClosureUpdatedSubscriptionVariables>;
export const ClosuresDocument = {"__meta__":{"hash":"9e30cea5540fcad0a32939e078a698d277d0ecb6b4363fd250461b698b45a4a7"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Closures"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ClosureFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}},"defaultValue":{"kind":"IntValue","value":"20"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"closures"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"statusSince"}},{"kind":"Field","name":{"kind":"Name","value":"providerStatus"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"blockers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"resolvableBy"}},{"kind":"Field","name":{"kind":"Name","value":"selfResolving"}}]}},{"kind":"Field","name":{"kind":"Name","value":"blockersUnknown"}},{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"displayId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"retry"}},{"kind":"Field","name":{"kind":"Name","value":"providerRequestId"}},{"kind":"Field","name":{"kind":"Name","value":"providerErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"httpStatus"}}]}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<ClosuresQuery, ClosuresQueryVariables>;
export const RefreshClosureDocument = {"__meta__":{"hash":"640934233cc8ef3212b38978e77ebe9d746837a5d30ee80112cc5910b8350fa2"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RefreshClosure"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"closureId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"refreshClosure"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"closureId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"closureId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"closure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"providerStatus"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"nextCheckAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retry"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}}]}}]}}]}}]} as unknown as DocumentNode<RefreshClosureMutation, RefreshClosureMutationVariables>;
export const ResolveClosureDocument = {"__meta__":{"hash":"4e78ae976745052d30a3cc220b847728d623dc4a8468a03780f96ef083447805"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResolveClosure"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResolveClosureInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resolveClosure"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"closure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}}]}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retry"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}}]}}]}}]}}]} as unknown as DocumentNode<ResolveClosureMutation, ResolveClosureMutationVariables>;
