import { Directive, Field, ID, Int, ObjectType } from 'type-graphql';
import type { AccountIdType, AccountKind } from '../../domain/account';
import type { ProviderView } from '../../engine/service';
import type { Completion, EligibilityMode, KindCapabilities, OutcomeSource, ReasonMode } from '../../ports/provider';
import { ClosureAccountIdType, ClosureAccountKind } from '../enums/account.enum';
import { ClosureCompletion, ClosureEligibilityMode, ClosureReasonMode, OutcomeSourceEnum } from '../enums/provider.enum';
import { instance } from '../instance';
import { INTERNAL } from '../tags';

/** GraphQL `ClosureProviderAccountKind`. */
@ObjectType('ClosureProviderAccountKind', { description: 'What a provider can do for one kind of account.' })
export class ClosureProviderAccountKindType {
  @Field(() => ClosureAccountKind, { description: 'The kind.' })
  kind!: AccountKind;

  @Field(() => [ClosureAccountIdType], { description: 'What an id of this kind may be written in.' })
  idTypes!: AccountIdType[];

  @Field(() => ClosureAccountIdType, { description: 'What an id is taken for where the input does not say.' })
  defaultIdType!: AccountIdType;

  @Field(() => ClosureCompletion, { description: 'Whether an accepted close is the end or a beginning.' })
  completion!: Completion;

  @Field(() => ClosureReasonMode, { description: 'What of a reason the provider takes.' })
  reasonMode!: ReasonMode;

  @Field(() => Int, { nullable: true, description: 'The most characters of `reasonText`; null where no text is taken.' })
  reasonTextMaxLength!: number | null;

  @Field(() => Boolean, { description: 'Whether `announceOnly` works.' })
  announceOnly!: boolean;

  @Field(() => Boolean, { description: 'Whether `liquidatePositions` works. With `includeAccounts` the kind of the accounts of the group counts.' })
  liquidatePositions!: boolean;

  @Field(() => Boolean, { description: 'Whether `includeAccounts` works.' })
  includeAccounts!: boolean;

  @Field(() => ClosureEligibilityMode, { description: 'Whether `closureEligibility` can tell anything.' })
  eligibility!: EligibilityMode;

  static of(kind: KindCapabilities): ClosureProviderAccountKindType {
    return instance(ClosureProviderAccountKindType, {
      kind: kind.kind,
      idTypes: [...kind.idTypes],
      defaultIdType: kind.defaultIdType,
      completion: kind.completion,
      reasonMode: kind.reasonMode,
      reasonTextMaxLength: kind.reasonText?.maxLength ?? null,
      announceOnly: kind.announceOnly,
      liquidatePositions: kind.liquidatePositions,
      includeAccounts: kind.childKind !== undefined,
      eligibility: kind.eligibility,
    });
  }
}

/** GraphQL `ClosureProvider`. */
@ObjectType('ClosureProvider', { description: 'A banking provider, as configured.' })
export class ClosureProviderType {
  @Field(() => ID, { description: 'What `AccountInput.provider` names it by.' })
  id!: string;

  @Directive(INTERNAL)
  @Field(() => String, { description: "Name of the adapter that speaks the provider's protocol; the id where the provider is no longer configured." })
  adapter!: string;

  @Field(() => String, { description: 'Name for screens.' })
  displayName!: string;

  @Field(() => Boolean, { description: 'False: no longer configured; its closures stay readable.' })
  active!: boolean;

  @Field(() => [ClosureProviderAccountKindType], { description: 'What it can close; empty when it is not active.' })
  accountKinds!: ClosureProviderAccountKindType[];

  @Field(() => [OutcomeSourceEnum], { description: 'How the gateway learns what became of a closing; empty when it is not active.' })
  outcomeSources!: OutcomeSource[];

  static of(provider: ProviderView): ClosureProviderType {
    return instance(ClosureProviderType, {
      id: provider.id,
      adapter: provider.adapterName,
      displayName: provider.displayName,
      active: provider.active,
      accountKinds: (provider.capabilities?.kinds ?? []).map((kind) => ClosureProviderAccountKindType.of(kind)),
      outcomeSources: [...(provider.capabilities?.outcomeSources ?? [])],
    });
  }
}
