import { GraphQLDateTime } from 'graphql-scalars';
import { Directive, Field, ID, Int, ObjectType } from 'type-graphql';
import type { BlockerCode } from '../../domain/blocker';
import type { Closure } from '../../domain/closure';
import { isTerminal, type ClosureStatus } from '../../domain/closure-status';
import type { ClosureInitiator, ClosureReason, ReasonMapping } from '../../domain/reason';
import { BlockerCodeEnum } from '../enums/blocker.enum';
import { ClosureStatusEnum } from '../enums/closure-status.enum';
import { ClosureInitiatorEnum, ClosureReasonEnum, ReasonMappingEnum } from '../enums/reason.enum';
import { date, dateOrNull, instance } from '../instance';
import { INTERNAL } from '../tags';
import { ClosureAccountType } from './closure-account.type';
import { ClosureBlockerType } from './closure-blocker.type';
import { ClosureErrorType } from './closure-error.type';
import { ClosureActionType } from './closure-parts.type';

/** GraphQL `Closure`. `provider`, `reports` and `history` are loaded when asked for; see its resolver. */
@ObjectType('Closure', { description: 'One request to close one account, from its recording to its end.' })
@Directive('@key(fields: "id")')
export class ClosureType {
  /** What it was made from; not in the schema. */
  record!: Closure;

  @Field(() => ID, { description: 'A UUIDv7, opaque.' })
  id!: string;

  @Field(() => ClosureAccountType, { description: 'The account that is closed.' })
  account!: ClosureAccountType;

  @Field(() => ClosureStatusEnum, { description: 'Where it stands.' })
  status!: ClosureStatus;

  @Field(() => GraphQLDateTime, { description: 'Since when it is in its status.' })
  statusSince!: Date;

  @Field(() => Boolean, { description: 'True: the status is an outcome. CLOSED alone may still become REOPENED.' })
  terminal!: boolean;

  @Field(() => ClosureReasonEnum, { description: 'Why the account is closed.' })
  reason!: ClosureReason;

  @Field(() => String, { nullable: true, description: 'The reason in words, where the caller gave any.' })
  reasonText!: string | null;

  @Field(() => ReasonMappingEnum, { description: 'What the provider was really told about the reason.' })
  reasonMapping!: ReasonMapping;

  @Field(() => ClosureInitiatorEnum, { description: 'Who wants the account closed.' })
  initiator!: ClosureInitiator;

  @Field(() => String, { nullable: true, description: "The provider's own word for the state of the account, raw. Without `closures:operate` null wherever it could name a hold." })
  providerStatus!: string | null;

  @Field(() => [ClosureBlockerType], {
    description:
      'What keeps a CLOSING account from CLOSED, as the last read saw it (empty until the first one: see `nextCheckAt`; `refreshClosure` looks now), what a group waits for before it is sent, or why the closing was refused.',
  })
  blockers!: ClosureBlockerType[];

  @Field(() => [BlockerCodeEnum], {
    description: 'What else may keep a CLOSING account from CLOSED: the provider does not let the gateway see it. OTHER: anything. Other trouble with reading is not told.',
  })
  blockersUnknown!: BlockerCode[];

  @Field(() => ClosureActionType, { nullable: true, description: 'With ACTION_REQUIRED: what somebody must do, and where.' })
  requiredAction!: ClosureActionType | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When the account is expected to be closed, where the provider says so.' })
  expectedCloseAt!: Date | null;

  @Field(() => ClosureErrorType, { nullable: true, description: 'Why it is REJECTED or FAILED, or the last trouble while it is still being worked on.' })
  error!: ClosureErrorType | null;

  @Field(() => Boolean, { description: 'Whether the accounts of the group are closed before it; see `children`.' })
  includeAccounts!: boolean;

  @Directive(INTERNAL)
  @Field(() => Int, { description: 'How many close requests left the gateway.' })
  attempts!: number;

  @Field(() => String, { nullable: true, description: 'The idempotency key; shown only to the subject that gave it.' })
  idempotencyKey!: string | null;

  @Field(() => GraphQLDateTime, { description: 'When it was recorded.' })
  requestedAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When it last changed.' })
  updatedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it became CLOSED.' })
  closedAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When the gateway looks at it next; null: not by itself.' })
  nextCheckAt!: Date | null;

  @Field(() => Int, { description: 'Rises with every change that can be seen; `resolveClosure` asks for it.' })
  version!: number;

  static of(record: Closure): ClosureType {
    return instance(ClosureType, {
      record,
      id: record.id,
      account: ClosureAccountType.of(record.account),
      status: record.status,
      statusSince: date(record.statusSince),
      terminal: isTerminal(record.status),
      reason: record.reason,
      reasonText: record.reasonText,
      reasonMapping: record.reasonMapping,
      initiator: record.initiator,
      providerStatus: record.providerStatus,
      blockers: record.blockers.map((blocker) => ClosureBlockerType.of(blocker)),
      blockersUnknown: record.blockersUnknown ?? [],
      requiredAction: ClosureActionType.orNull(record.requiredAction),
      expectedCloseAt: dateOrNull(record.expectedCloseAt),
      error: ClosureErrorType.orNull(record.error),
      includeAccounts: record.includeAccounts,
      attempts: record.attempts,
      idempotencyKey: record.idempotencyKey,
      requestedAt: date(record.requestedAt),
      updatedAt: date(record.updatedAt),
      closedAt: dateOrNull(record.closedAt),
      nextCheckAt: dateOrNull(record.dueAt),
      version: record.version,
    });
  }

  static orNull(record: Closure | null): ClosureType | null {
    return record && ClosureType.of(record);
  }
}
