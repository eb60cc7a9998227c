import { Directive, Field, ID, Int, ObjectType } from 'type-graphql';
import type { ClosureError, ProviderError } from '../../domain/closure-error';
import { retryAdvice, type ClosureErrorCode, type RetryAdvice } from '../../domain/error-code';
import { ClosureErrorCodeEnum, RetryAdviceEnum } from '../enums/error.enum';
import { instance } from '../instance';
import { INTERNAL } from '../tags';
import { ClosureBlockerType } from './closure-blocker.type';

/** GraphQL `ProviderError`. */
@ObjectType('ProviderError', { description: "One entry of the provider's own error body, after redaction." })
export class ProviderErrorType {
  @Field(() => String, { nullable: true, description: "The provider's own code." })
  code!: string | null;

  @Field(() => String, { nullable: true, description: "The provider's own text." })
  message!: string | null;

  @Field(() => String, { nullable: true, description: "The provider's own word for the severity." })
  level!: string | null;

  @Field(() => String, { nullable: true, description: 'The problem type (RFC 9457), where the provider names one.' })
  type!: string | null;

  @Field(() => Int, { nullable: true, description: "The HTTP status of the provider's answer." })
  httpStatus!: number | null;

  static of(error: ProviderError): ProviderErrorType {
    return instance(ProviderErrorType, {
      code: error.code ?? null,
      message: error.message ?? null,
      level: error.level ?? null,
      type: error.type ?? null,
      httpStatus: error.httpStatus ?? null,
    });
  }
}

/** GraphQL `ClosureError`; `retry` follows from the code. */
@ObjectType('ClosureError', { description: 'What went wrong, and what to do about it.' })
export class ClosureErrorType {
  @Field(() => ClosureErrorCodeEnum, { description: 'What went wrong, in the same words for every provider.' })
  code!: ClosureErrorCode;

  @Field(() => String, { description: "The gateway's own words, safe to show to a developer; never the provider's text." })
  message!: string;

  @Field(() => RetryAdviceEnum, { description: 'What to do about it; the same for every error of the code.' })
  retry!: RetryAdvice;

  @Field(() => Int, { nullable: true, description: 'Seconds until the same idempotency key may sensibly be sent again.' })
  retryAfterSeconds!: number | null;

  @Field(() => [String], { nullable: true, description: 'Path of the offending input, for example ["input", "account", "id"].' })
  field!: string[] | null;

  @Field(() => [ClosureBlockerType], { description: 'What stands in the way, with CLOSURE_BLOCKED.' })
  blockers!: ClosureBlockerType[];

  @Field(() => ID, { nullable: true, description: 'Id of the provider that the error came from.' })
  provider!: string | null;

  @Directive(INTERNAL)
  @Field(() => [ProviderErrorType], { description: "The provider's own error entries; empty where it gave none." })
  providerErrors!: ProviderErrorType[];

  @Directive(INTERNAL)
  @Field(() => String, { nullable: true, description: "The provider's own id of the request that failed; its support asks for it." })
  providerRequestId!: string | null;

  @Field(() => String, { description: "Joins this error with the gateway's log." })
  correlationId!: string;

  static of(error: ClosureError): ClosureErrorType {
    return instance(ClosureErrorType, {
      code: error.code,
      message: error.message,
      retry: retryAdvice(error.code),
      retryAfterSeconds: error.retryAfterSeconds ?? null,
      field: error.field ?? null,
      blockers: error.blockers.map((blocker) => ClosureBlockerType.of(blocker)),
      provider: error.provider ?? null,
      providerErrors: error.providerErrors.map((entry) => ProviderErrorType.of(entry)),
      providerRequestId: error.providerRequestId ?? null,
      correlationId: error.correlationId,
    });
  }

  static orNull(error: ClosureError | null): ClosureErrorType | null {
    return error && ClosureErrorType.of(error);
  }
}
