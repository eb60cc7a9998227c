import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { requireScope, type ApiContext } from '../context';
import { AccountType } from '../types/account.type';
import { ClosureType } from '../types/closure.type';

/** What this subgraph adds to `Account`. */
@Resolver(() => AccountType)
export class AccountResolver {
  @FieldResolver(() => ClosureType, { nullable: true, description: 'The newest closure of the account that the caller may see; null: none.' })
  async closure(@Root() account: AccountType, @Ctx() context: ApiContext): Promise<ClosureType | null> {
    requireScope(context, 'closures:read');
    return ClosureType.orNull(await context.loaders.newest.load(account.closureRef));
  }
}
