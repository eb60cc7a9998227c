import { Directive, Field, ID, ObjectType } from 'type-graphql';
import { instance } from '../instance';

/** GraphQL `Account`: what this subgraph adds to accounts that others own. `closure` is in its resolver. */
@ObjectType('Account', { description: 'An account of the federated graph. Other subgraphs own it; this one adds its closure.' })
@Directive('@key(fields: "closureRef")')
export class AccountType {
  @Field(() => ID, { description: 'As `ClosureAccount.closureRef` gives it; opaque to others.' })
  closureRef!: string;

  static of(closureRef: string): AccountType {
    return instance(AccountType, { closureRef });
  }
}
