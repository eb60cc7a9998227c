import { Field, InputType } from 'type-graphql';
import type { ClosureInitiator, ClosureReason } from '../../domain/reason';
import type { CloseAccountInput } from '../../engine/service';
import { ClosureInitiatorEnum, ClosureReasonEnum } from '../enums/reason.enum';
import { AccountInputType } from './account.input';

/** GraphQL `CloseAccountInput`. */
@InputType('CloseAccountInput', { description: 'Which account to close, and why.' })
export class CloseAccountInputType implements CloseAccountInput {
  @Field(() => String, {
    description:
      'Names this intent: ^[A-Za-z0-9_-]{16,64}$. The same key with the same input gives the same closure, however often it is sent.',
  })
  idempotencyKey!: string;

  @Field(() => AccountInputType, { description: 'The account to close.' })
  account!: AccountInputType;

  @Field(() => ClosureReasonEnum, { description: 'Why it is closed.' })
  reason!: ClosureReason;

  @Field(() => String, { nullable: true, description: 'The reason in words, for providers that take free text.' })
  reasonText?: string | null;

  @Field(() => ClosureInitiatorEnum, { defaultValue: 'HOLDER', description: 'Who wants it; anybody but HOLDER needs the scope closures:operate.' })
  initiator!: ClosureInitiator;

  @Field(() => Boolean, { defaultValue: false, description: 'Only tell the provider that a closing is intended; close nothing.' })
  announceOnly!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Sell what blocks the closing, where the provider can: asked for once the provider has accepted the closing, and followed in `history`. A sale that is refused or cancelled shows in `error` and `history`, and the closing goes on. With `includeAccounts`: what the accounts of the group hold.',
  })
  liquidatePositions!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Close the accounts of the group first, each by a closure of its own; see `Closure.children`. An account that is being closed already keeps its closure unchanged: neither the reason nor `liquidatePositions` of this request reaches it.',
  })
  includeAccounts!: boolean;
}
