import type { GraphQLResolveInfo } from 'graphql';
import { Ctx, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import { spend } from '../budget';
import type { ApiContext } from '../context';
import { ClosureProviderType } from '../types/closure-provider.type';
import { ClosureEventType, ClosureReportType } from '../types/closure-parts.type';
import { ClosureType } from '../types/closure.type';

/** The fields of `Closure` that are read only when somebody asks for them. */
@Resolver(() => ClosureType)
export class ClosureResolver {
  @FieldResolver(() => ClosureProviderType, { description: 'The provider that has the account; also when it is no longer configured.' })
  async provider(@Root() closure: ClosureType, @Ctx() context: ApiContext): Promise<ClosureProviderType> {
    const providers = await context.loaders.providers();
    const provider = providers.find(({ id }) => id === closure.record.account.provider);
    if (!provider) throw new Error(`The provider of closure ${closure.id} is not among the caller's.`);
    return ClosureProviderType.of(provider);
  }

  @FieldResolver(() => [ClosureReportType], { description: "Documents about the closing, for example the provider's closing statement; of a group, those of its accounts too." })
  async reports(@Root() closure: ClosureType, @Ctx() context: ApiContext, @Info() info: GraphQLResolveInfo): Promise<ClosureReportType[]> {
    spend(context, info, 0);
    const reports = await context.loaders.reports.load(closure.record);
    spend(context, info, reports.length);
    return reports.map((report) => ClosureReportType.of(report));
  }

  @FieldResolver(() => ClosureType, { nullable: true, description: 'The newest closure of a group that this one was recorded for, or that took it up.' })
  async parent(@Root() closure: ClosureType, @Ctx() context: ApiContext, @Info() info: GraphQLResolveInfo): Promise<ClosureType | null> {
    spend(context, info, 0);
    const parent = await context.loaders.parent.load(closure.record);
    if (parent) spend(context, info, 1);
    return ClosureType.orNull(parent);
  }

  @FieldResolver(() => [ClosureType], { description: 'With `includeAccounts`: the closures of the accounts of the group, oldest first. Accounts that were closed before have none.' })
  async children(@Root() closure: ClosureType, @Ctx() context: ApiContext, @Info() info: GraphQLResolveInfo): Promise<ClosureType[]> {
    spend(context, info, 0);
    const children = await context.loaders.children.load(closure.record);
    spend(context, info, children.length);
    return children.map((child) => ClosureType.of(child));
  }

  @FieldResolver(() => [ClosureEventType], { description: 'Every step so far, oldest first.' })
  async history(@Root() closure: ClosureType, @Ctx() context: ApiContext, @Info() info: GraphQLResolveInfo): Promise<ClosureEventType[]> {
    spend(context, info, 0);
    const events = await context.loaders.events.load(closure.record);
    spend(context, info, events.length);
    return events.map((event) => ClosureEventType.of(event));
  }
}
