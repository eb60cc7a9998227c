import type { ClosureInitiator, ClosureReason, ReasonMapping } from '../../domain/reason';
import { apiEnum } from './api-enum';

const SENSITIVE = 'Sensitive: needs the scope closures:operate, and is shown as OTHER to callers without it.';

export const ClosureReasonEnum = apiEnum<ClosureReason>(
  'ClosureReason',
  'Why the account is closed. Open: treat a value that you do not know as OTHER.',
  {
    CUSTOMER_REQUEST: 'The holder wants it.',
    ACCOUNT_SWITCHED: 'The holder moved to another bank.',
    DUPLICATE_ACCOUNT: 'The holder has the same account twice.',
    HOLDER_DECEASED: 'The holder died.',
    INSOLVENCY: 'The holder is insolvent.',
    BUSINESS_CEASED: 'The business that held the account ended.',
    INACTIVITY: 'The account was not used for long.',
    FRAUD: `The account was used for fraud. ${SENSITIVE}`,
    IDENTITY_THEFT: `The account was opened or used with a stolen identity. ${SENSITIVE}`,
    FINANCIAL_CRIME: `Suspicion of money laundering or another financial crime. ${SENSITIVE}`,
    SANCTIONS: `A sanctions list names the holder. ${SENSITIVE}`,
    KYC_INCOMPLETE: 'The holder could not be identified, or the documents are out of date.',
    TERMS_VIOLATION: 'The holder broke the terms.',
    OUT_OF_RISK_APPETITE: `The risk is above what the business takes. ${SENSITIVE}`,
    REGULATORY: 'A rule or an authority demands it.',
    DELINQUENT: 'The holder does not pay what is owed.',
    RELATIONSHIP_ENDED: 'The business relationship ended.',
    PROGRAM_ENDED: 'The product or programme ended.',
    PROVIDER_DECISION: 'The banking provider decided it.',
    CONTRACT_REVOKED: 'The holder revoked the contract.',
    DISPUTE: 'A dispute with the holder.',
    POWER_OF_ATTORNEY: 'Somebody with a power of attorney asked for it.',
    LOSS_OF_LEGAL_CAPACITY: 'The holder lost legal capacity.',
    OTHER: 'None of the others.',
  },
);

export const ClosureInitiatorEnum = apiEnum<ClosureInitiator>('ClosureInitiator', 'Who wants the account closed.', {
  HOLDER: 'The holder of the account.',
  PARTNER: 'The business that offers the account to the holder.',
  PROVIDER: 'The banking provider.',
  AUTHORITY: 'A court, a regulator or another authority.',
});

export const ReasonMappingEnum = apiEnum<ReasonMapping>('ReasonMapping', 'What the provider was really told about the reason.', {
  EXACT: 'The reason itself.',
  LOSSY: 'The nearest word that the provider has.',
  NOT_SENT: 'Nothing: the provider has no word for it, or takes none.',
});
