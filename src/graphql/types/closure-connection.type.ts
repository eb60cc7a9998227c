import { Directive, Field, ObjectType } from 'type-graphql';
import type { ClosurePage } from '../../engine/service';
import { encodeCursor } from '../cursor';
import { instance } from '../instance';
import { ClosureType } from './closure.type';

/** GraphQL `PageInfo` of the Relay cursor connections specification, https://relay.dev/graphql/connections.htm */
@ObjectType('PageInfo', { description: 'Where a page of a list begins and ends (Relay).' })
@Directive('@shareable')
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether more follow.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether the page begins behind a cursor.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first entry; null on an empty page.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last entry, for `after`; null on an empty page.' })
  endCursor!: string | null;
}

/** GraphQL `ClosureEdge`. */
@ObjectType('ClosureEdge', { description: 'One entry of a page of closures (Relay).' })
export class ClosureEdgeType {
  @Field(() => String, { description: 'Opaque; for `after`.' })
  cursor!: string;

  @Field(() => ClosureType, { description: 'The closure.' })
  node!: ClosureType;
}

/** GraphQL `ClosureConnection`. */
@ObjectType('ClosureConnection', { description: 'A page of closures, newest first (Relay).' })
export class ClosureConnectionType {
  @Field(() => [ClosureEdgeType], { description: 'The entries of the page.' })
  edges!: ClosureEdgeType[];

  @Field(() => PageInfoType, { description: 'Where the page begins and ends.' })
  pageInfo!: PageInfoType;

  static of(page: ClosurePage, isContinued: boolean): ClosureConnectionType {
    const edges = page.closures.map((record) =>
      instance(ClosureEdgeType, { cursor: encodeCursor(record.id), node: ClosureType.of(record) }),
    );
    const pageInfo = instance(PageInfoType, {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: isContinued,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    });
    return instance(ClosureConnectionType, { edges, pageInfo });
  }
}
