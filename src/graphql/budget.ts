import { Kind, type GraphQLResolveInfo, type SelectionNode, type SelectionSetNode } from 'graphql';
import type { ApiContext } from './context';
import { ApiError } from './errors/api-error';

/**
 * How many fields an answer may have within the lists of closures. How long these are stands in no document (see
 * limits.ts), and a group of a hundred accounts, each asked for its group and that for its accounts again, would be
 * answered with a million closures.
 */
const MOST_FIELDS_IN_LISTS = 25_000;

/**
 * Counts what a field's value brings into the answer; with nothing, before it is read, refuses where there is no room any more.
 * @param items in its list
 * @throws ApiError GRAPHQL_VALIDATION_FAILED when the answer has become too long
 */
export function spend(context: ApiContext, { fieldNodes, fragments }: GraphQLResolveInfo, items: number): void {
  context.spentFields += items * fieldNodes.reduce((sum, { selectionSet }) => sum + widthOf(selectionSet, fragments), 0);
  if (!isTooLong(context)) return;
  throw new ApiError('GRAPHQL_VALIDATION_FAILED', 'The answer is too long: ask for fewer closures, or for less of their histories and groups, at once.');
}

/** True when a list had to be left out of the answer. */
export function isTooLong({ spentFields }: Pick<ApiContext, 'spentFields'>): boolean {
  return spentFields > MOST_FIELDS_IN_LISTS;
}

/** Of documents that are asked for again and again, and of fragments that are put in again and again. */
const widths = new WeakMap<SelectionSetNode, number>();

function widthOf(set: SelectionSetNode | undefined, fragments: GraphQLResolveInfo['fragments']): number {
  if (!set) return 0;
  const known = widths.get(set);
  if (known !== undefined) return known;
  const width = set.selections.reduce((sum, node) => sum + widthOfNode(node, fragments), 0);
  widths.set(set, width);
  return width;
}

function widthOfNode(node: SelectionNode, fragments: GraphQLResolveInfo['fragments']): number {
  if (node.kind === Kind.FRAGMENT_SPREAD) return widthOf(fragments[node.name.value]?.selectionSet, fragments);
  return (node.kind === Kind.FIELD ? 1 : 0) + widthOf(node.selectionSet, fragments);
}
