import { Arg, Ctx, Directive, ID, Mutation, Resolver } from 'type-graphql';
import { isSensitive } from '../../domain/reason';
import { requireScope, type ApiContext } from '../context';
import { CloseAccountInputType } from '../inputs/close-account.input';
import { ResolveClosureInputType } from '../inputs/resolve-closure.input';
import { INTERNAL } from '../tags';
import {
  CancelClosurePayloadType,
  CloseAccountPayloadType,
  closurePayload,
  RefreshClosurePayloadType,
  ResolveClosurePayloadType,
} from '../types/payload.type';

@Resolver()
export class MutationResolver {
  @Mutation(() => CloseAccountPayloadType, {
    description:
      'Closes an account. Answers after the first word from the provider, or after two seconds or so with what is known; the work goes on without the caller.',
  })
  async closeAccount(
    @Arg('input', () => CloseAccountInputType, { description: 'Which account, and why.' }) input: CloseAccountInputType,
    @Ctx() context: ApiContext,
  ): Promise<CloseAccountPayloadType> {
    const isOrdinary = input.initiator === 'HOLDER' && !isSensitive(input.reason);
    requireScope(context, isOrdinary ? 'closures:write' : 'closures:operate');
    return CloseAccountPayloadType.of(await context.service.closeAccount(context.caller, input));
  }

  @Mutation(() => RefreshClosurePayloadType, { description: 'Asks the provider now, instead of at `nextCheckAt`.' })
  async refreshClosure(
    @Arg('closureId', () => ID, { description: '`Closure.id`.' }) closureId: string,
    @Ctx() context: ApiContext,
  ): Promise<RefreshClosurePayloadType> {
    requireScope(context, 'closures:write');
    return closurePayload(RefreshClosurePayloadType, await context.service.refreshClosure(context.caller, closureId));
  }

  @Mutation(() => CancelClosurePayloadType, { description: 'Withdraws a closure, while every attempt so far is proven not applied.' })
  async cancelClosure(
    @Arg('closureId', () => ID, { description: '`Closure.id`.' }) closureId: string,
    @Ctx() context: ApiContext,
  ): Promise<CancelClosurePayloadType> {
    requireScope(context, 'closures:write');
    return closurePayload(CancelClosurePayloadType, await context.service.cancelClosure(context.caller, closureId));
  }

  @Directive(INTERNAL)
  @Mutation(() => ResolveClosurePayloadType, { description: "Settles a closure in NEEDS_REVIEW by a person's decision." })
  async resolveClosure(
    @Arg('input', () => ResolveClosureInputType, { description: 'The decision.' }) input: ResolveClosureInputType,
    @Ctx() context: ApiContext,
  ): Promise<ResolveClosurePayloadType> {
    requireScope(context, 'closures:operate');
    return closurePayload(ResolveClosurePayloadType, await context.service.resolveClosure(context.caller, input));
  }
}
