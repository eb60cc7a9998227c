import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

interface Part {
  place: string;
  type: GraphQLNamedType | null;
  deprecationReason?: string | null;
}

/** Fields, arguments and values of a type, by their schema coordinates with dots. */
function partsOf(type: GraphQLNamedType): Part[] {
  const input = (owner: string, { name, type: of, deprecationReason }: GraphQLArgument | GraphQLInputField): Part => {
    return { place: `${owner}.${name}`, type: getNamedType(of), deprecationReason };
  };
  if (isEnumType(type)) return type.getValues().map(({ name, deprecationReason }) => ({ place: `${type.name}.${name}`, type: null, deprecationReason }));
  if (isInputObjectType(type)) return Object.values(type.getFields()).map((field) => input(type.name, field));
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => {
    const place = `${type.name}.${field.name}`;
    return [{ place, type: getNamedType(field.type), deprecationReason: field.deprecationReason }, ...field.args.map((arg) => input(place, arg))];
  });
}

/** Everything that is deprecated, as `Type.field`, `Type.field.argument` or `Enum.VALUE`, with the reason. */
export function deprecations(schema: GraphQLSchema): Map<string, string> {
  const parts = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__')).flatMap(partsOf);
  // An empty reason is one, too: a bad one.
  return new Map(parts.flatMap(({ place, deprecationReason: reason }) => (typeof reason === 'string' ? [[place, reason]] : [])));
}

/** Names of the types that an operation can come across. */
export function typesInUse(schema: GraphQLSchema): Set<string> {
  const seen = new Set<string>();
  const waiting: (GraphQLNamedType | null | undefined)[] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (let type = waiting.pop(); type !== undefined || waiting.length > 0; type = waiting.pop()) {
    if (!type || seen.has(type.name)) continue;
    seen.add(type.name);
    waiting.push(...partsOf(type).map((part) => part.type));
    if (isUnionType(type) || isInterfaceType(type)) waiting.push(...schema.getPossibleTypes(type));
  }
  return seen;
}
