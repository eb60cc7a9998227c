import { Kind, parse, visit, type ASTNode, type GraphQLError } from 'graphql';

const ARGUMENT = /^Argument "(\w+)" /;
const VARIABLE = /^Variable "\$(\w+)" /;
const PATH_IN_VARIABLE = / at "\w+((?:\.\w+|\[\d+\])*)"/;
const MISSING = /; Field "(\w+)" of required type /;

/**
 * The path of the argument that the server refused, for example ["input", "account", "id"]: names of the schema and
 * places in lists, and nothing that the caller typed as a value.
 * @param message of the error, without values
 * @returns undefined where it is not known
 */
export function refusedField(error: GraphQLError, message: string): string[] | undefined {
  const argument = ARGUMENT.exec(message)?.[1];
  if (argument) return [argument];
  const variable = VARIABLE.exec(message)?.[1];
  const used = variable && error.source && whereUsed(variable, error.source.body);
  if (!used) return undefined;
  const within = PATH_IN_VARIABLE.exec(message)?.[1] ?? '';
  const missing = MISSING.exec(message)?.[1];
  return [...used, ...(within.match(/\w+/g) ?? []), ...(missing ? [missing] : [])];
}

/** The path of the first argument that a variable is given to. */
function whereUsed(variable: string, document: string): string[] | undefined {
  let used: string[] | undefined;
  visit(parse(document), {
    Variable(node, _key, parent, _path, ancestors) {
      if (used || node.name.value !== variable) return;
      const names = [...ancestors, parent].flatMap(nameOf);
      // None: this is where it is declared.
      if (names.length > 0) used = names;
    },
  });
  return used;
}

function nameOf(above: ASTNode | readonly ASTNode[] | undefined): string[] {
  const isNamed = above && 'kind' in above && (above.kind === Kind.ARGUMENT || above.kind === Kind.OBJECT_FIELD);
  return isNamed ? [above.name.value] : [];
}
