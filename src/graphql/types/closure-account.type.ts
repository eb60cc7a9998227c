import { Field, ID, ObjectType } from 'type-graphql';
import { closureRef, displayId, type AccountIdType, type AccountKind, type AccountRef } from '../../domain/account';
import { ClosureAccountIdType, ClosureAccountKind } from '../enums/account.enum';
import { instance } from '../instance';

/** GraphQL `ClosureAccount`: a plain value, not the federated `Account`. */
@ObjectType('ClosureAccount', { description: 'The account that a closure is about, in canonical form.' })
export class ClosureAccountType {
  @Field(() => ID, { description: 'Id of the provider that has the account.' })
  provider!: string;

  @Field(() => ClosureAccountKind, { description: 'What kind of thing it is.' })
  kind!: AccountKind;

  @Field(() => ID, { description: "Canonical and never masked: UUID in lower case, IBAN in electronic form, otherwise as the provider's format says." })
  id!: string;

  @Field(() => ClosureAccountIdType, { description: 'What the id is written in.' })
  idType!: AccountIdType;

  @Field(() => String, { nullable: true, description: 'ISO 3166-1 alpha-2; present with BBAN.' })
  country!: string | null;

  @Field(() => String, { description: 'Masked, for screens: an IBAN keeps country and last four, another id its last four.' })
  displayId!: string;

  @Field(() => ID, { description: 'The key of `Account` in a federated graph: opaque, and a pure function of the reference.' })
  closureRef!: string;

  static of(account: AccountRef): ClosureAccountType {
    return instance(ClosureAccountType, {
      provider: account.provider,
      kind: account.kind,
      id: account.id,
      idType: account.idType,
      country: account.country ?? null,
      displayId: displayId(account),
      closureRef: closureRef(account),
    });
  }
}
