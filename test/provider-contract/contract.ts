import type { AccountIdType, AccountKind, AccountRef } from '../../src/domain/account';
import type { Sale } from '../../src/domain/liquidation';
import type { AccountState } from '../../src/domain/outcome';
import type { ChildAccount, WebhookDelivery, WebhookNews } from '../../src/ports/provider';
import type { ProviderDefinition } from '../../src/provider-kit/define';
import type { ErrorRow } from '../../src/provider-kit/judge-close';
import type { RunningSandbox } from '../../src/provider-kit/sandbox';
import type { SandboxAnswer } from '../../src/provider-kit/sandbox-faults';

/** One kind of account under one type of id, as the capabilities declare them. */
export interface ContractAccount {
  kind: AccountKind;
  idType: AccountIdType;
  /** An id, as a caller may write it, of an account that the sandbox has not seen and would close. */
  fresh(): { id: string; country?: string };
  /** Ids that break the grammar of the type, beside those that break everybody's. */
  malformed?: readonly string[];
}

/** A documented answer to the close request. */
export interface ContractFixture {
  name: string;
  /** Where the answer names the account, `{{account}}` stands in its body: another account there proves nothing. */
  answer: SandboxAnswer;
  /** What it comes to, in the words of `inShort`; written down here and not derived from the provider's tables. */
  outcome: string;
}

/** Where a provider gives out tokens. Absent for keys that never change. */
export interface ContractTokens<Sandbox> {
  /** Makes every token so far invalid. */
  revoke(sandbox: Sandbox): void;
  /** Every token so far. */
  issued(sandbox: Sandbox): readonly string[];
}

/** What a provider that sells positions tells of its sales. */
export interface ContractSales {
  /** Documented answers to the request to sell, but for success. */
  fixtures: readonly ContractFixture[];
  /** The error table of the request to sell. */
  errorRows: readonly ErrorRow[];
  /** The provider's words for how far a sale is, and what they mean. */
  states: Readonly<Record<string, Sale['state']>>;
  /** A list with one sale of the account under this word. */
  listAnswer(account: AccountRef, word: string): SandboxAnswer;
}

/** The accounts of a group, for a provider that has such groups. */
export interface ContractGroups<Sandbox> {
  /** Makes the sandbox open a group, by id, with so many accounts of its own. */
  open(sandbox: Sandbox, accounts: number): { id: string; accounts: readonly string[] };
  /** A whole list of the group's accounts: `child` alone, under this status word. */
  listAnswer(group: AccountRef, child: ChildAccount['account'], word: string): SandboxAnswer;
}

/** A provider that sends webhooks. */
export interface ContractWebhooks<Sandbox> {
  /** The body as it arrives at `/webhooks/bank`, signed by the sandbox a moment ago. */
  sign(sandbox: Sandbox, body: Buffer): WebhookDelivery;
  /** Documented events, each another one for each call, and what they say of the account. */
  events: readonly { name: string; body(account: AccountRef): string; news: Exclude<WebhookNews['kind'], 'report' | 'other'> }[];
  /** Whether the signature says when it was made, so that an old one can be refused. */
  timed: boolean;
}

/** What a provider tells of itself to be held to the contract of `docs/adding-a-provider.md`. */
export interface ProviderContract<Sandbox extends RunningSandbox = RunningSandbox> {
  definition: ProviderDefinition;
  /** A sandbox of its own for each test. */
  startSandbox(): Promise<Sandbox>;
  tokens?: ContractTokens<Sandbox>;
  /** Each pair of kind and id type that the capabilities declare. */
  accounts: readonly ContractAccount[];
  /** How the sandbox names an account in its ledger and its scripts. Default: by its id. */
  nameAtSandbox?(account: AccountRef): string;
  fixtures: readonly ContractFixture[];
  /** `errors.ts`. */
  errorRows: readonly ErrorRow[];
  /** An error as the provider words it: `word` where its code or problem type stands, `text` wherever else text can. */
  errorAnswer(status: number, word: string, text: string): SandboxAnswer;
  /** Success statuses that are documented without a body, and the outcome; every other bare 2xx is in doubt. */
  bareSuccess: Readonly<Record<number, string>>;
  /** The provider's status words and what they mean; empty where the account cannot be read. */
  reads: Readonly<Record<string, AccountState>>;
  /**
   * A read of the account with this status word. Several answers where the word stands in the last of several requests, all
   * of which the sandbox enters as `read` of the account.
   */
  readAnswer(account: AccountRef, word: string): SandboxAnswer | readonly SandboxAnswer[];
  /** Where a kind has a `childKind`. The sandbox enters requests for its accounts as `list`. */
  groups?: ContractGroups<Sandbox>;
  /** Where `outcomeSources` has WEBHOOK. */
  webhooks?: ContractWebhooks<Sandbox>;
  /** Where a kind has `liquidatePositions`. The sandbox enters requests to sell as `liquidate`, and their lists as `list`. */
  sales?: ContractSales;
  settings: {
    required: readonly string[];
    /** For each variable, values that it must not have; none where any text will do. */
    wrong: Readonly<Record<string, readonly string[]>>;
    /** Variables whose values must come out nowhere. */
    secret: readonly string[];
  };
}
