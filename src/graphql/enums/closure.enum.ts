import type { EventCause } from '../../domain/closure';
import type { Resolution } from '../../engine/service';
import { apiEnum } from './api-enum';

export const ClosureEventCause = apiEnum<EventCause>('ClosureEventCause', 'What caused a step in the history of a closure.', {
  REQUEST: 'A request of a caller.',
  RESPONSE: "The provider's answer to a request to close, or to sell positions.",
  POLL: 'A read of the account at the provider.',
  WEBHOOK: 'A verified notification by the provider.',
  OPERATOR: "A person's decision.",
  TIMER: 'Time that passed.',
});

export const ClosureResolution = apiEnum<Resolution>('ClosureResolution', 'How a person settles a closure that is in NEEDS_REVIEW.', {
  CLOSED: 'The account is closed.',
  REJECTED: 'The provider refused; the account is as it was.',
  FAILED: 'The provider accepted and did not complete.',
  RETRY: 'Proven not applied: send it again.',
});
