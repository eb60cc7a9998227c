/** Why an account is closed, and who wants it. */
export const CLOSURE_REASONS = [
  'CUSTOMER_REQUEST',
  'ACCOUNT_SWITCHED',
  'DUPLICATE_ACCOUNT',
  'HOLDER_DECEASED',
  'INSOLVENCY',
  'BUSINESS_CEASED',
  'INACTIVITY',
  'FRAUD',
  'IDENTITY_THEFT',
  'FINANCIAL_CRIME',
  'SANCTIONS',
  'KYC_INCOMPLETE',
  'TERMS_VIOLATION',
  'OUT_OF_RISK_APPETITE',
  'REGULATORY',
  'DELINQUENT',
  'RELATIONSHIP_ENDED',
  'PROGRAM_ENDED',
  'PROVIDER_DECISION',
  'CONTRACT_REVOKED',
  'DISPUTE',
  'POWER_OF_ATTORNEY',
  'LOSS_OF_LEGAL_CAPACITY',
  'OTHER',
] as const;
export type ClosureReason = (typeof CLOSURE_REASONS)[number];

export const CLOSURE_INITIATORS = ['HOLDER', 'PARTNER', 'PROVIDER', 'AUTHORITY'] as const;
export type ClosureInitiator = (typeof CLOSURE_INITIATORS)[number];

/** What the provider was really told: the reason's own word, the nearest word, or nothing. */
export const REASON_MAPPINGS = ['EXACT', 'LOSSY', 'NOT_SENT'] as const;
export type ReasonMapping = (typeof REASON_MAPPINGS)[number];

const SENSITIVE: ReadonlySet<ClosureReason> = new Set([
  'FRAUD',
  'IDENTITY_THEFT',
  'FINANCIAL_CRIME',
  'SANCTIONS',
  'OUT_OF_RISK_APPETITE',
]);

/** A reason whose disclosure to the holder could be tipping-off. */
export function isSensitive(reason: ClosureReason): boolean {
  return SENSITIVE.has(reason);
}
