import { Field, ID, InputType } from 'type-graphql';
import type { AccountIdType, AccountInput, AccountKind } from '../../domain/account';
import { ClosureAccountIdType, ClosureAccountKind } from '../enums/account.enum';

/** GraphQL `AccountInput`. */
@InputType('AccountInput', { description: 'Which account.' })
export class AccountInputType implements AccountInput {
  @Field(() => ID, { description: 'Id of a configured provider, as `closureProviders` lists them.' })
  provider!: string;

  @Field(() => ClosureAccountKind, { defaultValue: 'ACCOUNT', description: 'What kind of thing it is.' })
  kind!: AccountKind;

  @Field(() => String, { description: 'The id, at most 128 characters.' })
  id!: string;

  @Field(() => ClosureAccountIdType, {
    nullable: true,
    description: "What the id is written in; absent: the provider's default for the kind.",
  })
  idType?: AccountIdType | null;

  @Field(() => String, { nullable: true, description: 'ISO 3166-1 alpha-2 in upper case; required with BBAN.' })
  country?: string | null;
}
