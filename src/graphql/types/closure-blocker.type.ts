import { Field, ObjectType } from 'type-graphql';
import type { Blocker, BlockerCode, BlockerResolver, BlockerStage } from '../../domain/blocker';
import { BlockerCodeEnum, BlockerResolverEnum, BlockerStageEnum } from '../enums/blocker.enum';
import { instance } from '../instance';

/** GraphQL `ClosureBlocker`. */
@ObjectType('ClosureBlocker', { description: 'Something that stands in the way of a closing.' })
export class ClosureBlockerType {
  @Field(() => BlockerCodeEnum, { description: 'What it is.' })
  code!: BlockerCode;

  @Field(() => String, { description: 'The same in words, for developers.' })
  message!: string;

  @Field(() => BlockerStageEnum, { description: 'Whether it blocks the request or the completion.' })
  stage!: BlockerStage;

  @Field(() => BlockerResolverEnum, { description: 'Who can remove it.' })
  resolvableBy!: BlockerResolver;

  @Field(() => Boolean, { description: 'True: it goes without anybody doing anything.' })
  selfResolving!: boolean;

  @Field(() => String, { nullable: true, description: 'The amount in question, a decimal number such as "12.50".' })
  amount!: string | null;

  @Field(() => String, { nullable: true, description: 'The currency of the amount, ISO 4217.' })
  currency!: string | null;

  @Field(() => [String], { description: "The provider's ids of the orders, positions, accounts and so on that block." })
  relatedIds!: string[];

  static of(blocker: Blocker): ClosureBlockerType {
    const { code, message, stage, resolvableBy, selfResolving, relatedIds } = blocker;
    return instance(ClosureBlockerType, {
      code,
      message,
      stage,
      resolvableBy,
      selfResolving,
      amount: blocker.amount ?? null,
      currency: blocker.currency ?? null,
      relatedIds,
    });
  }
}
