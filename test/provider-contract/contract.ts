import type { AccountIdType, AccountKind, AccountRef } from '../../src/domain/account';
import type { Sale } from '../../src/domain/liquidation';
import type { AccountState } from '../../src/domain/outcome';
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
  /** A read of the account with this status word. */
  readAnswer(account: AccountRef, word: string): SandboxAnswer;
  /** Where a kind has a `childKind`: makes the sandbox open a group, by id, with so many accounts of its own. */
  openGroup?(sandbox: Sandbox, accounts: number): { id: string; accounts: readonly string[] };
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
