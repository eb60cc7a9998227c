/**
 * An instance of a GraphQL class with all of its fields: the compiler sees that none is forgotten.
 * TypeGraphQL tells types apart by class, so plain objects will not do.
 */
export function instance<T extends object>(type: new () => T, fields: T): T {
  return Object.assign(new type(), fields);
}

/** A date of the API, from epoch ms. */
export function date(epochMs: number): Date {
  return new Date(epochMs);
}

/** A date of the API, from epoch ms or nothing. */
export function dateOrNull(epochMs: number | null | undefined): Date | null {
  return epochMs === null || epochMs === undefined ? null : new Date(epochMs);
}
