import { Field, ID, InputType, Int } from 'type-graphql';
import type { Resolution, ResolveClosureInput } from '../../engine/service';
import { ClosureResolution } from '../enums/closure.enum';

/** GraphQL `ResolveClosureInput`. */
@InputType('ResolveClosureInput', { description: "A person's decision about a closure that is in NEEDS_REVIEW." })
export class ResolveClosureInputType implements ResolveClosureInput {
  @Field(() => ID, { description: 'Id of the closure.' })
  closureId!: string;

  @Field(() => ClosureResolution, { description: 'What was found, or RETRY.' })
  outcome!: Resolution;

  @Field(() => String, { description: 'How it was found out; kept in the history.' })
  note!: string;

  @Field(() => Int, { description: '`Closure.version` that the decision was made on; another one is refused.' })
  expectedVersion!: number;
}
