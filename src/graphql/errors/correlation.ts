import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The correlation id of the request under way. Errors are formatted in places that know neither request nor
 * context (a document that does not parse has none), so the id travels with the asynchronous call.
 */
const current = new AsyncLocalStorage<string>();

/** Runs the handling of one request under its correlation id. */
export function withCorrelationId<T>(id: string, work: () => T): T {
  return current.run(id, work);
}

/** The id given to {@link withCorrelationId}. Throws outside of it, which is a bug. */
export function correlationId(): string {
  const id = current.getStore();
  if (id === undefined) throw new Error('No request is under way.');
  return id;
}
