import type { AccountIdType, AccountKind, AccountRef, IdRules } from '../domain/account';
import type { ClosureReport } from '../domain/closure';
import type { LiquidationOutcome, SalesRead } from '../domain/liquidation';
import type { AccountRead, AccountState, CloseOutcome, Evidence, ReadFailed } from '../domain/outcome';
import type { ClosureInitiator, ClosureReason, ReasonMapping } from '../domain/reason';

/** Whether a close answer is the end (SYNC) or a beginning (ASYNC). */
export type Completion = 'SYNC' | 'ASYNC';
/** What of a reason a provider can be told: nothing, one of its words, or text. */
export type ReasonMode = 'NONE' | 'ENUM' | 'TEXT';
export type OutcomeSource = 'RESPONSE' | 'POLL' | 'WEBHOOK';
export type EligibilityMode = 'NONE' | 'BY_READS';

/** What a provider can do for one kind of account. Data: it drives validation and `Query.closureProviders`. */
export interface KindCapabilities {
  kind: AccountKind;
  idTypes: readonly AccountIdType[];
  defaultIdType: AccountIdType;
  completion: Completion;
  reasonMode: ReasonMode;
  /** With TEXT: the most characters, and what they may be (anchored at both ends). */
  reasonText?: { maxLength: number; pattern: RegExp };
  announceOnly: boolean;
  /** Whether the adapter's `liquidation` works for it. */
  liquidatePositions: boolean;
  /** For a group: the kind of the accounts that the adapter's `listChildren` lists. */
  childKind?: AccountKind;
  eligibility: EligibilityMode;
}

export interface ProviderCapabilities {
  kinds: readonly KindCapabilities[];
  /** POLL means that the account can be read. */
  outcomeSources: readonly OutcomeSource[];
  /** How long a change at the provider may stay invisible to its own reads, ms. */
  visibilityLagMs: number;
  /** A second close of a closed account is answered differently from a first: the resend can be the probe. */
  alreadyClosedDistinct: boolean;
  /** All kinds live in one id space and close through one URL: one live closure covers them. */
  kindsShareIds: boolean;
  idRules: IdRules;
  /** Most requests per second that the gateway makes of it; absent: as many as come up. */
  requestsPerSecond?: number;
}

/** What a provider is asked to close. */
export interface CloseRequest {
  closureId: string;
  account: AccountRef;
  reason: ClosureReason;
  reasonText: string | null;
  initiator: ClosureInitiator;
  announceOnly: boolean;
  correlationId: string;
}

/** How one close request is sent. */
export interface CloseSend {
  /** The token used last was refused: get another before this request. */
  freshToken: boolean;
  /**
   * To be awaited when token, pool slot and signature are there and nothing has left yet. It commits the
   * durable mark. Where it throws, nothing may be sent, and what it threw goes on to the caller.
   */
  beforeFirstByte(): Promise<void>;
}

/** Who waits for a read; where a rate limit is short, the first named comes first. */
export type ReadPurpose = 'RECONCILE' | 'POLL' | 'ELIGIBILITY';

export interface ReadContext {
  correlationId: string;
  purpose: ReadPurpose;
  /** Whether to find out what stands in the way too, where that takes further requests. */
  blockers: boolean;
}

/** Who asks for a list. */
export type ListingContext = Pick<ReadContext, 'correlationId' | 'purpose'>;

/** One account of a group. */
export interface ChildAccount {
  account: AccountRef;
  state: AccountState;
}

/** All accounts of a group: one that is missing would be forgotten, so a list that may not be whole is a failure. */
export type ChildrenRead = (Evidence & { ok: true; children: ChildAccount[] }) | ReadFailed;

/** What a provider is asked to sell: all positions of the account. */
export interface LiquidationRequest {
  account: AccountRef;
  /** UUID; the same for every resend. */
  idempotencyKey: string;
  correlationId: string;
}

/** The sale of what blocks a closing. */
export interface ProviderLiquidation {
  /** Sends one request to sell, or none when something that it needs cannot be had (`notApplied`). */
  request(request: LiquidationRequest, send: Pick<CloseSend, 'beforeFirstByte'>): Promise<LiquidationOutcome>;
  /** All sales of the account's positions, whoever asked for them. */
  list(account: AccountRef, context: ListingContext): Promise<SalesRead>;
}

/** A request to the provider's webhook route, as it arrived. */
export interface WebhookDelivery {
  method: string;
  /** As the gateway saw it, percent-encoding untouched. */
  path: string;
  /** Raw, with "?", or empty. */
  query: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Buffer;
}

/** One event of a delivery, not read yet. */
export interface WebhookEvent {
  /** The provider's own; what tells a duplicate. */
  id: string;
  /** The provider's own word. */
  type: string;
  /** JSON. */
  payload: string;
}

export type WebhookReceipt =
  | { kind: 'verified'; events: WebhookEvent[] }
  /** Not proven to come from the provider: nothing is kept. `reason` is for logs. */
  | { kind: 'refused'; reason: string }
  /** It cannot be told now, because the provider's keys cannot be had. */
  | { kind: 'unavailable'; reason: string };

/** What an event says. */
export type WebhookNews =
  /** `changed`: something else about the account, worth a read. `at`: when it happened, epoch ms. */
  | { kind: 'closing' | 'closed' | 'changed'; account: AccountRef; at: number; /** With `closed`: the provider's word for that, raw. */ providerStatus?: string }
  | { kind: 'report'; account: AccountRef; report: ClosureReport }
  /** Nothing about a closing. */
  | { kind: 'other' };

export interface ProviderWebhooks {
  /** Verifies a delivery over its raw bytes. Resolves for everything that a sender can do. */
  receive(delivery: WebhookDelivery): Promise<WebhookReceipt>;
  /**
   * Reads one verified event.
   * @throws Error for one that cannot be read; it is kept for inspection and not tried again
   */
  read(event: WebhookEvent): WebhookNews;
}

/** One configured provider's side of the protocol. Stateless but for tokens and connections. */
export interface ProviderAdapter {
  readonly capabilities: ProviderCapabilities;
  /** What the provider will be told of a reason; pure. */
  mapReason(request: Pick<CloseRequest, 'account' | 'reason' | 'reasonText' | 'announceOnly'>): ReasonMapping;
  /**
   * Sends one close request, or none when the token cannot be had (`notApplied`).
   * Resolves for everything that can happen on a network; throws for bugs and for what `beforeFirstByte` threw.
   */
  requestClosure(request: CloseRequest, send: CloseSend): Promise<CloseOutcome>;
  /** Reads the account. Changes nothing at the provider. */
  readAccount(account: AccountRef, context: ReadContext): Promise<AccountRead>;
  /** Present where `outcomeSources` has WEBHOOK. */
  readonly webhooks?: ProviderWebhooks;
  /** Lists the accounts of a group. Present where a kind has a `childKind`. */
  listChildren?(group: AccountRef, context: ListingContext): Promise<ChildrenRead>;
  /** Present where a kind has `liquidatePositions`. */
  readonly liquidation?: ProviderLiquidation;
  /** Frees connections. Requests under way are given up: their answers are lost. */
  dispose(): Promise<void>;
}

/** A provider as configured under one id. */
export interface ConfiguredProvider {
  /** For example "bank_uk". */
  id: string;
  /** The adapter's name, for example "bank". */
  adapterName: string;
  displayName: string;
  /** Tenants that may use it; to all others it does not exist. */
  tenants: '*' | ReadonlySet<string>;
  /** How long one request may take, ms. */
  deadlineMs: number;
  adapter: ProviderAdapter;
}

export interface ProviderRegistry {
  find(id: string): ConfiguredProvider | undefined;
  all(): readonly ConfiguredProvider[];
}
