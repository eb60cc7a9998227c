import type { ClosureStatus } from '../../domain/closure-status';
import { apiEnum } from './api-enum';

export const ClosureStatusEnum = apiEnum<ClosureStatus>(
  'ClosureStatus',
  'Where a closure stands. Closed: no value will be added.',
  {
    SCHEDULED: "Takes effect at a later date, by the gateway's schedule or the provider's notice period.",
    REQUESTED: 'Durably recorded, without evidence that the provider took it: being sent, or waiting for its next try, or, of a group with its accounts, for these (`blockers`).',
    UNCONFIRMED: 'Was sent, and its answer was lost or unusable; being reconciled with the provider. Never becomes FAILED by the passing of time.',
    ACTION_REQUIRED: 'The provider waits for a person or for data; `requiredAction` says what.',
    CLOSING: 'The provider accepted; not all of its preconditions are met yet, see `blockers`.',
    CLOSED: "Terminal. The provider's own evidence says closed.",
    ANNOUNCED: 'Terminal. The provider was told that a closing is intended; nothing is closed.',
    REJECTED: 'Terminal. Refused; the account is as it was.',
    FAILED: "Terminal. Accepted and then not completed, by the provider's own word.",
    CANCELLED: 'Terminal. Withdrawn or lapsed before anything was closed.',
    NEEDS_REVIEW: 'Reconciliation gave up; the account is still read at long intervals, and a person or late evidence settles it.',
    REOPENED: 'Terminal. The account came back after CLOSED.',
  },
);
