import { client, type Closure } from './api';
import { ClosureUpdatedDocument } from './generated/graphql';

/**
 * Tells how a closure stands, at once and after each change, until it has come to its end. A connection that is lost is made
 * anew, and tells at once what was missed.
 * @returns stops it
 */
export function watchClosure(closureId: string, onClosure: (closure: Closure) => void): () => void {
  const { unsubscribe } = client.subscription(ClosureUpdatedDocument, { closureId }).subscribe(({ data }) => {
    if (data) onClosure(data.closureUpdated);
  });
  return unsubscribe;
}
