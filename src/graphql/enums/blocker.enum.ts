import type { BlockerCode, BlockerResolver, BlockerStage } from '../../domain/blocker';
import { apiEnum } from './api-enum';

export const BlockerCodeEnum = apiEnum<BlockerCode>(
  'BlockerCode',
  'What stands in the way of a closing. Open: treat a value that you do not know as OTHER, and branch on `stage` and `resolvableBy`.',
  {
    POSITIVE_BALANCE: 'Money is left on the account.',
    NEGATIVE_BALANCE: 'The account is overdrawn.',
    RESERVED_FUNDS: 'Money is reserved, for example by card authorisations.',
    PENDING_FUNDS: 'Money is on its way in or out.',
    ACCRUED_INTEREST: 'Interest has built up and is not settled.',
    OPEN_POSITIONS: 'Securities or other holdings are left.',
    OPEN_ORDERS: 'Orders are not executed or cancelled yet.',
    EXPECTED_CORPORATE_ACTIONS: 'A dividend, split or other corporate action is still expected.',
    PENDING_TRANSACTIONS: 'Transactions are not settled yet.',
    OUTSTANDING_WITHDRAWALS: 'A withdrawal is being processed.',
    SCHEDULED_PAYMENTS: 'Standing orders, direct debits or other future payments exist.',
    COOLING_WINDOW: 'A waiting time after an earlier event has not passed.',
    ACTIVE_CARDS: 'Cards of the account are active.',
    OPEN_CHILD_ACCOUNTS: 'Accounts below this one are open.',
    OUTSTANDING_FEES: 'Fees are not collected yet.',
    OUTSTANDING_DEBT: 'A loan or another debt is open.',
    DISPUTE: 'A dispute or chargeback is open.',
    LEGAL_HOLD: 'A legal order holds the account.',
    COMPLIANCE_HOLD: 'A compliance measure holds the account.',
    ACCOUNT_RESTRICTED: 'The account is locked or restricted.',
    ACCOUNT_NOT_ACTIVE: 'The account is not active yet, or no longer.',
    NOT_CLOSEABLE: 'Accounts of this kind are not closed through the provider.',
    PAYOUT_DESTINATION_MISSING: 'No account is known that the remaining money could be paid to.',
    TAX_PERIOD_OPEN: 'A tax settlement is outstanding.',
    NOTICE_PERIOD: 'A notice period is running.',
    MINIMUM_TERM: 'The minimum term has not passed.',
    CONSENT_REQUIRED: 'Somebody must consent.',
    MANUAL_REVIEW: 'The provider is reviewing the account.',
    OTHER: 'Something else; the message says what is known.',
  },
);

export const BlockerStageEnum = apiEnum<BlockerStage>('BlockerStage', 'When a blocker blocks.', {
  REQUEST: 'The close is refused until it is gone.',
  COMPLETION: 'The close is accepted, and the account stays CLOSING until it is gone.',
});

export const BlockerResolverEnum = apiEnum<BlockerResolver>('BlockerResolver', 'Who can remove a blocker.', {
  HOLDER: 'The holder of the account.',
  PARTNER: 'The business that offers the account to the holder.',
  PROVIDER: 'The banking provider.',
  TIME: 'Nobody needs to: it goes by itself.',
  NOBODY: 'Nobody can.',
});
