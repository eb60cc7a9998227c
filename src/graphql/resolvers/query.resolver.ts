import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { InputRefused } from '../../domain/closure-error';
import { requireScope, type ApiContext } from '../context';
import { decodeCursor } from '../cursor';
import { badArgument, refusedArgument } from '../errors/api-error';
import { AccountInputType } from '../inputs/account.input';
import { ClosuresArgs, toFilter } from '../inputs/closures.args';
import { ClosureConnectionType } from '../types/closure-connection.type';
import { ClosureEligibilityType } from '../types/closure-eligibility.type';
import { ClosureProviderType } from '../types/closure-provider.type';
import { ClosureType } from '../types/closure.type';

const DEFAULT_PAGE = 20;
const LARGEST_PAGE = 100;

@Resolver()
export class QueryResolver {
  @Query(() => ClosureType, { nullable: true, description: 'A closure by its id. Null: unknown, or not yours; the two look the same.' })
  async closureStatus(
    @Arg('closureId', () => ID, { description: '`Closure.id`.' }) closureId: string,
    @Ctx() context: ApiContext,
  ): Promise<ClosureType | null> {
    requireScope(context, 'closures:read');
    return ClosureType.orNull(await context.loaders.closure.load(closureId));
  }

  @Query(() => ClosureConnectionType, { description: 'The closures you may see, newest first.' })
  async closures(@Args(() => ClosuresArgs) args: ClosuresArgs, @Ctx() context: ApiContext): Promise<ClosureConnectionType> {
    requireScope(context, 'closures:read');
    const first = args.first ?? DEFAULT_PAGE;
    if (first < 1 || first > LARGEST_PAGE) throw badArgument(`The argument "first" must be 1 to ${LARGEST_PAGE}.`, 'first');
    const after = args.after ?? null;
    const afterId = after === null ? null : decodeCursor(after);
    if (after !== null && afterId === null) throw badArgument('The argument "after" is not a cursor of this list.', 'after');
    try {
      const page = await context.service.list(context.caller, toFilter(args.filter), first, afterId);
      return ClosureConnectionType.of(page, after !== null);
    } catch (error) {
      throw error instanceof InputRefused ? refusedArgument(error) : error;
    }
  }

  @Query(() => ClosureEligibilityType, { description: 'Asks the provider whether an account could be closed now. Changes nothing.' })
  async closureEligibility(
    @Arg('account', () => AccountInputType, { description: 'The account.' }) account: AccountInputType,
    @Ctx() context: ApiContext,
  ): Promise<ClosureEligibilityType> {
    requireScope(context, 'closures:read');
    return ClosureEligibilityType.of(await context.loaders.eligibility.load(account));
  }

  @Query(() => [ClosureProviderType], { description: 'The providers that you may use, or have closures at.' })
  async closureProviders(@Ctx() context: ApiContext): Promise<ClosureProviderType[]> {
    requireScope(context, 'closures:read');
    return (await context.loaders.providers()).map((provider) => ClosureProviderType.of(provider));
  }
}
