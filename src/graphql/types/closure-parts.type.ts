import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, ObjectType } from 'type-graphql';
import type { ClosureEvent, ClosureReport, EventCause } from '../../domain/closure';
import type { ClosureStatus } from '../../domain/closure-status';
import type { RequiredAction } from '../../domain/outcome';
import { ClosureEventCause } from '../enums/closure.enum';
import { ClosureStatusEnum } from '../enums/closure-status.enum';
import { date, dateOrNull, instance } from '../instance';

/** GraphQL `ClosureAction`. */
@ObjectType('ClosureAction', { description: 'What somebody must do before the provider goes on.' })
export class ClosureActionType {
  @Field(() => String, { description: "The provider's word for it." })
  type!: string;

  @Field(() => String, { nullable: true, description: 'Where to do it, an https URL.' })
  url!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Until when it can be done.' })
  expiresAt!: Date | null;

  static orNull(action: RequiredAction | null): ClosureActionType | null {
    return action && instance(ClosureActionType, { type: action.type, url: action.url ?? null, expiresAt: dateOrNull(action.expiresAt) });
  }
}

/** GraphQL `ClosureReport`. */
@ObjectType('ClosureReport', { description: "A document about the closing, for example the provider's closing statement." })
export class ClosureReportType {
  @Field(() => ID, { description: "The provider's id of the document." })
  id!: string;

  @Field(() => String, { description: "The provider's word for what it is." })
  type!: string;

  @Field(() => GraphQLDateTime, { description: 'When the document was made.' })
  createdAt!: Date;

  static of(report: ClosureReport): ClosureReportType {
    return instance(ClosureReportType, { id: report.id, type: report.type, createdAt: date(report.createdAt) });
  }
}

/** GraphQL `ClosureEvent`. */
@ObjectType('ClosureEvent', { description: 'One step in the history of a closure.' })
export class ClosureEventType {
  @Field(() => ClosureStatusEnum, { nullable: true, description: 'The status before; null for the first step.' })
  from!: ClosureStatus | null;

  @Field(() => ClosureStatusEnum, { description: 'The status after; equal to `from` where only a fact was noted.' })
  to!: ClosureStatus;

  @Field(() => GraphQLDateTime, { description: 'When it happened.' })
  at!: Date;

  @Field(() => ClosureEventCause, { description: 'What caused it.' })
  cause!: EventCause;

  @Field(() => String, { nullable: true, description: "More about it: the gateway's own words, or the note of an operator, which only operators see." })
  detail!: string | null;

  static of(event: ClosureEvent): ClosureEventType {
    return instance(ClosureEventType, { from: event.from, to: event.to, at: date(event.at), cause: event.cause, detail: event.detail });
  }
}
