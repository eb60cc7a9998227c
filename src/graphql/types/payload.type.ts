import { Field, ObjectType } from 'type-graphql';
import type { CloseAccountResult, ClosureResult } from '../../engine/service';
import { instance } from '../instance';
import { ClosureErrorType } from './closure-error.type';
import { ClosureType } from './closure.type';

/** GraphQL `CloseAccountPayload`. */
@ObjectType('CloseAccountPayload', { description: 'What became of a request to close an account.' })
export class CloseAccountPayloadType {
  @Field(() => ClosureType, {
    nullable: true,
    description: "This request's closure, or the existing one that stands in its way. Null: nothing was recorded.",
  })
  closure!: ClosureType | null;

  @Field(() => ClosureErrorType, {
    nullable: true,
    description: 'Present exactly when nothing was recorded for this request, or its closure is REJECTED or FAILED.',
  })
  error!: ClosureErrorType | null;

  @Field(() => Boolean, { description: 'True: this idempotency key was seen before, and this is the same closure.' })
  replayed!: boolean;

  static of(result: CloseAccountResult): CloseAccountPayloadType {
    return instance(CloseAccountPayloadType, {
      closure: ClosureType.orNull(result.closure),
      error: ClosureErrorType.orNull(result.error),
      replayed: result.replayed,
    });
  }
}

/** The two fields that the other payloads have in common; nothing returns it, so it is not in the schema. */
@ObjectType()
class ClosurePayload {
  @Field(() => ClosureType, { nullable: true, description: 'The closure as it is now. Null: unknown, or not yours.' })
  closure!: ClosureType | null;

  @Field(() => ClosureErrorType, { nullable: true, description: 'Why it was not done; null when it was.' })
  error!: ClosureErrorType | null;
}

/** GraphQL `RefreshClosurePayload`. */
@ObjectType('RefreshClosurePayload', { description: 'What the provider says about a closure now.' })
export class RefreshClosurePayloadType extends ClosurePayload {}

/** GraphQL `CancelClosurePayload`. */
@ObjectType('CancelClosurePayload', { description: 'What became of a request to withdraw a closure.' })
export class CancelClosurePayloadType extends ClosurePayload {}

/** GraphQL `ResolveClosurePayload`. */
@ObjectType('ResolveClosurePayload', { description: "What became of a person's decision about a closure." })
export class ResolveClosurePayloadType extends ClosurePayload {}

/** Any of the three from the engine's result. */
export function closurePayload<T extends ClosurePayload>(type: new () => T, result: ClosureResult): T {
  return Object.assign(new type(), { closure: ClosureType.orNull(result.closure), error: ClosureErrorType.orNull(result.error) });
}
