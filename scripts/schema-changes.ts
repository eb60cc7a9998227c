import { CriticalityLevel, diff, type Change } from '@graphql-inspector/core';
import { buildASTSchema, parse, visit, type ConstDirectiveNode, type DocumentNode, type GraphQLSchema } from 'graphql';
import { deprecations, typesInUse } from './schema-facts';

/** How a deprecation is written: what to use in its place, and from when on it may be gone. */
const REASON = /^Use .+; removal not before (\d{4}-\d{2}-\d{2})$/;
/** How long clients are given, days. */
export const NOTICE_DAYS = 90;
const DAY_MS = 86_400_000;

/** What is different, each in a line for a person. */
export interface SchemaChanges {
  /** Breaks some client, or the rules of this file. */
  breaking: string[];
  /** Breaks no client that does as docs/schema.md says. */
  notable: string[];
}

/**
 * Compares a schema with the released one.
 * @param released SDL
 * @param current SDL
 * @param today ms since the epoch: what was deprecated may go when its date is past
 * @throws GraphQLError for SDL that is none
 */
export async function schemaChanges(released: string, current: string, today: number): Promise<SchemaChanges> {
  const { breaking, notable } = await differences(released, current, today);
  const faults = deprecationFaults(buildASTSchema(parse(released)), buildASTSchema(parse(current)), today);
  return { breaking: [...breaking, ...faults], notable };
}

/** The same without the rules for deprecations, of which those of an older release may be past their dates by now. */
export async function differences(released: string, current: string, today: number): Promise<SchemaChanges> {
  const before = buildASTSchema(parse(released));
  const kept = buildASTSchema(withoutExpired(parse(released), today));
  const changes = (await diff(kept, buildASTSchema(parse(current)))).filter((change) => !isTypeThatWentAlong(change, before, kept));
  const isBreaking = (change: Change) => change.criticality.level === CriticalityLevel.Breaking || breaksHere(change, before);
  const notable = (change: Change) => change.criticality.level === CriticalityLevel.Dangerous && !isBreaking(change) && !isOpen(change, before);
  return { breaking: changes.filter(isBreaking).map(lineOf), notable: changes.filter(notable).map(lineOf) };
}

function lineOf({ message, criticality }: Change): string {
  return criticality.reason ? `${message}. ${criticality.reason}` : `${message}.`;
}

/** What breaks no client in form, and yet does: another meaning of what it leaves out, or a value that was never to come. */
function breaksHere(change: Change, before: GraphQLSchema): boolean {
  if (change.type === 'FIELD_ARGUMENT_DEFAULT_CHANGED' || change.type === 'INPUT_FIELD_DEFAULT_VALUE_CHANGED') return true;
  return change.type === 'ENUM_VALUE_ADDED' && enumPolicy(change, before) === 'Closed';
}

function isOpen(change: Change, before: GraphQLSchema): boolean {
  return change.type === 'ENUM_VALUE_ADDED' && enumPolicy(change, before) === 'Open';
}

/** As the released description of the enum says. */
function enumPolicy({ path }: Change, before: GraphQLSchema): 'Open' | 'Closed' | null {
  const type = before.getType(String(path).split('.')[0] ?? '');
  const [, policy] = /\b(Open|Closed): /.exec(type?.description ?? '') ?? [];
  return policy === 'Open' || policy === 'Closed' ? policy : null;
}

/** A type cannot be deprecated: it may go with the last field that led to it. */
function isTypeThatWentAlong({ type, path }: Change, before: GraphQLSchema, kept: GraphQLSchema): boolean {
  return type === 'TYPE_REMOVED' && typesInUse(before).has(String(path)) && !typesInUse(kept).has(String(path));
}

function removalDate(reason: string): number | null {
  const [, date] = REASON.exec(reason) ?? [];
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? null : time;
}

/** The released contract without what clients have been told long enough to leave. */
function withoutExpired(document: DocumentNode, today: number): DocumentNode {
  const isExpired = ({ directives }: { directives?: readonly ConstDirectiveNode[] }) => {
    const argument = directives?.find(({ name }) => name.value === 'deprecated')?.arguments?.find(({ name }) => name.value === 'reason');
    const date = argument?.value.kind === 'StringValue' ? removalDate(argument.value.value) : null;
    return date !== null && date <= today;
  };
  const drop = (node: { directives?: readonly ConstDirectiveNode[] }) => (isExpired(node) ? null : undefined);
  return visit(document, { FieldDefinition: drop, InputValueDefinition: drop, EnumValueDefinition: drop });
}

function deprecationFaults(before: GraphQLSchema, now: GraphQLSchema, today: number): string[] {
  const known = deprecations(before);
  return [...deprecations(now)].flatMap(([place, reason]) => {
    const date = removalDate(reason);
    if (date === null) return [`${place} is deprecated without saying "Use …; removal not before YYYY-MM-DD".`];
    const isShort = !known.has(place) && date < today + NOTICE_DAYS * DAY_MS;
    return isShort ? [`${place} is deprecated with less than ${NOTICE_DAYS} days of notice.`] : [];
  });
}
