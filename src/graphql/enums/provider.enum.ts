import type { Completion, EligibilityMode, OutcomeSource, ReasonMode } from '../../ports/provider';
import { apiEnum } from './api-enum';

export const OutcomeSourceEnum = apiEnum<OutcomeSource>('OutcomeSource', 'How the gateway learns what became of a closing.', {
  RESPONSE: "From the provider's answer to the close request.",
  POLL: 'By reading the account.',
  WEBHOOK: "From the provider's notifications.",
});

export const ClosureCompletion = apiEnum<Completion>('ClosureCompletion', 'Whether an accepted close is the end or a beginning.', {
  SYNC: 'An accepted close is closed.',
  ASYNC: 'An accepted close is CLOSING first, for seconds or for months.',
});

export const ClosureReasonMode = apiEnum<ReasonMode>('ClosureReasonMode', 'What of a reason the provider takes.', {
  NONE: 'Nothing.',
  ENUM: 'One word of a list of its own.',
  TEXT: 'Free text.',
});

export const ClosureEligibilityMode = apiEnum<EligibilityMode>('ClosureEligibilityMode', 'Whether a closing can be previewed.', {
  NONE: 'No.',
  BY_READS: 'By reading the account and what belongs to it.',
});
