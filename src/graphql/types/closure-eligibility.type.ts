import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ObjectType } from 'type-graphql';
import type { Eligibility } from '../../engine/service';
import { date, instance } from '../instance';
import { ClosureAccountType } from './closure-account.type';
import { ClosureBlockerType } from './closure-blocker.type';
import { ClosureErrorType } from './closure-error.type';

/** GraphQL `ClosureEligibility`. */
@ObjectType('ClosureEligibility', { description: 'A live preview of a closing. It changes nothing and promises nothing.' })
export class ClosureEligibilityType {
  @Field(() => ClosureAccountType, { nullable: true, description: 'The account in canonical form; null when the input names none.' })
  account!: ClosureAccountType | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: the provider would accept the close now (no blocker of stage REQUEST). False: it would not. Null: not everything that may stand in the way could be seen, `error` says why.',
  })
  eligible!: boolean | null;

  @Field(() => String, { nullable: true, description: "The provider's own word for the state of the account, raw. Without `closures:operate` null wherever it could name a hold." })
  providerStatus!: string | null;

  @Field(() => [ClosureBlockerType], { description: 'What stands in the way of the request or of the completion.' })
  blockers!: ClosureBlockerType[];

  @Field(() => ClosureErrorType, { nullable: true, description: 'Why nothing, or not everything, could be determined, or why `eligible` is false where no blocker says so.' })
  error!: ClosureErrorType | null;

  @Field(() => GraphQLDateTime, { description: 'When the provider was asked.' })
  checkedAt!: Date;

  static of(eligibility: Eligibility): ClosureEligibilityType {
    return instance(ClosureEligibilityType, {
      account: eligibility.account && ClosureAccountType.of(eligibility.account),
      eligible: eligibility.eligible,
      providerStatus: eligibility.providerStatus,
      blockers: eligibility.blockers.map((blocker) => ClosureBlockerType.of(blocker)),
      error: ClosureErrorType.orNull(eligibility.error),
      checkedAt: date(eligibility.checkedAt),
    });
  }
}
