import { Arg, Ctx, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { Closure } from '../../domain/closure';
import { TooManyWatches } from '../../engine/service';
import { requireScope, withFreshLoaders, type ApiContext } from '../context';
import { ApiError } from '../errors/api-error';
import { ClosureType } from '../types/closure.type';

@Resolver()
export class SubscriptionResolver {
  @Subscription(() => ClosureType, {
    description:
      'A closure as it is now, and after each change. Completes after a terminal status, and without a word for one that is unknown or not yours. Who reads slowly gets the latest, not everything in between.',
    subscribe: ({ args, context }) => watch(context as ApiContext, String(args['closureId'])),
  })
  closureUpdated(
    @Root() closure: Closure,
    @Arg('closureId', () => ID, { description: '`Closure.id`.' }) _closureId: string,
    @Ctx() context: ApiContext,
  ): ClosureType {
    // One context is for all events, and what was loaded for the one before is old.
    withFreshLoaders(context);
    return ClosureType.of(closure);
  }
}

function watch(context: ApiContext, closureId: string): AsyncIterableIterator<Closure, void, void> {
  requireScope(context, 'closures:read');
  try {
    return context.service.watch(context.caller, closureId, { until: context.expiresAt, signal: context.ends });
  } catch (error) {
    if (!(error instanceof TooManyWatches)) throw error;
    throw new ApiError('SERVICE_UNAVAILABLE', 'Too many closures are being watched here; the same subscription may be tried again later.');
  }
}
