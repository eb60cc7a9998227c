import type { ChildClosure, ClosureChange, StoreNews } from '../ports/store';

/** Who wants to hear of changes; see ClosureStore.onNews. */
export class News {
  readonly #listeners = new Set<(news: StoreNews) => void>();

  /** @returns ends it */
  listen(listener: (news: StoreNews) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(news: StoreNews): void {
    for (const listener of this.#listeners) listener(news);
  }

  tellChanged(ids: readonly string[]): void {
    for (const id of ids) this.tell({ kind: 'changed', id });
  }
}

/** The closures whose version rises, or that get a new line in their history, by this change. */
export function changedBy({ id, visible, event, also = [], children = [] }: ClosureChange): string[] {
  return [...(visible || event ? [id] : []), ...also.flatMap(changedBy), ...childrenChangedBy(children)];
}

export function childrenChangedBy(children: readonly ChildClosure[]): string[] {
  return children.flatMap(({ closure, also }) => [closure.id, ...(also ? changedBy(also) : [])]);
}
