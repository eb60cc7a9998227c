import { GraphQLDateTime } from 'graphql-scalars';
import { ArgsType, Field, ID, InputType, Int } from 'type-graphql';
import type { BlockerCode } from '../../domain/blocker';
import type { ClosureStatus } from '../../domain/closure-status';
import type { ClosureFilter } from '../../engine/service';
import { BlockerCodeEnum } from '../enums/blocker.enum';
import { ClosureStatusEnum } from '../enums/closure-status.enum';
import { AccountInputType } from './account.input';

/** GraphQL `ClosureFilter`; all conditions must hold. */
@InputType('ClosureFilter', { description: 'Which closures; all of the conditions given must hold.' })
export class ClosureFilterInput {
  @Field(() => [ClosureStatusEnum], { nullable: true, description: 'In one of these statuses.' })
  status?: ClosureStatus[] | null;

  @Field(() => ID, { nullable: true, description: 'At this provider.' })
  provider?: string | null;

  @Field(() => AccountInputType, { nullable: true, description: 'Of this account, by any of its identifiers.' })
  account?: AccountInputType | null;

  @Field(() => [BlockerCodeEnum], { nullable: true, description: 'With one of these blockers.' })
  blocker?: BlockerCode[] | null;

  @Field(() => String, { nullable: true, description: 'With this idempotency key; finds your own only.' })
  idempotencyKey?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Recorded after.' })
  requestedAfter?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Changed after.' })
  updatedAfter?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'In its status since before: finds what is stuck.' })
  statusBefore?: Date | null;
}

/** Arguments of `Query.closures`. */
@ArgsType()
export class ClosuresArgs {
  @Field(() => ClosureFilterInput, { nullable: true, description: 'Which closures; absent: all of yours.' })
  filter?: ClosureFilterInput | null;

  @Field(() => Int, { nullable: true, defaultValue: 20, description: 'How many, 1 to 100.' })
  first?: number | null;

  @Field(() => String, { nullable: true, description: '`endCursor` of the page before.' })
  after?: string | null;
}

/** The engine's filter; times in epoch ms. */
export function toFilter(input: ClosureFilterInput | null | undefined): ClosureFilter {
  return {
    status: input?.status,
    provider: input?.provider,
    account: input?.account,
    blocker: input?.blocker,
    idempotencyKey: input?.idempotencyKey,
    requestedAfter: input?.requestedAfter?.getTime(),
    updatedAfter: input?.updatedAfter?.getTime(),
    statusBefore: input?.statusBefore?.getTime(),
  };
}
