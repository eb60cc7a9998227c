import type { ClosureChange, ClosureStore } from '../../src/ports/store';

/** A statement of the store, counted from 1 in the order in which a process makes them, and a side of it. */
export interface Failpoint {
  number: number;
  /**
   * Before it is made, or when it is durable and nobody has heard of it. On a busy machine a claim may come in its place,
   * which has no side before it: then it is the next statement that is not made.
   */
  when: 'before' | 'after';
}

export interface FailpointWatch {
  failpoint: Failpoint | null;
  /** Told of every statement, before it is made; of a claim when something was claimed. */
  reached(number: number, name: string): void;
  die(): never;
}

type Statement = 'record' | 'commit' | 'recordLateAnswer' | 'keepEvents' | 'settleEvent';
const STATEMENTS: ReadonlySet<PropertyKey> = new Set<Statement>(['record', 'commit', 'recordLateAnswer', 'keepEvents', 'settleEvent']);
/** An idle worker asks for work all the time: only what is claimed counts. */
const CLAIMS: ReadonlySet<PropertyKey> = new Set<keyof ClosureStore>(['claimDue', 'claimEvents']);
export const CLAIM_PREFIX = 'claim';
export const MARK = 'commit of the mark';
export const SALE_MARK = 'commit of the mark of a sale';

function nameOf(statement: PropertyKey, [first]: readonly unknown[]): string {
  if (statement !== 'commit') return String(statement);
  const { mark, answers, event, set } = first as ClosureChange;
  if (mark) return MARK;
  // Any later commit of the sale bears a later time.
  if (set.liquidation?.stage === 'MARKED' && set.liquidation.markedAt === set.updatedAt) return SALE_MARK;
  return answers?.length ? 'commit of an answer' : `commit of ${event?.cause ?? 'the schedule'}`;
}

/** The store, ending its process at the failpoint. Reads are no failpoints: nothing is different after them. */
export function withFailpoint(real: ClosureStore, { failpoint, reached, die }: FailpointWatch): ClosureStore {
  let count = 0;

  function next(name: string): { before: boolean; after: boolean } {
    count += 1;
    reached(count, name);
    if (!failpoint) return { before: false, after: false };
    const { number, when } = failpoint;
    return { before: when === 'before' && count >= number, after: when === 'after' && count === number };
  }

  return new Proxy(real, {
    get(target, property: keyof ClosureStore) {
      const statement = target[property] as ((...given: never[]) => Promise<unknown>) | undefined;
      // Whatever awaits the store looks for a `then`.
      if (typeof statement !== 'function') return statement;
      const call = (args: never[]): Promise<unknown> => statement.apply(target, args);
      if (STATEMENTS.has(property)) {
        return async (...args: never[]) => {
          const dies = next(nameOf(property, args));
          if (dies.before) die();
          const result = await call(args);
          if (dies.after) die();
          return result;
        };
      }
      return async (...args: never[]) => {
        const result = await call(args);
        if (CLAIMS.has(property) && (result as unknown[]).length > 0 && next(`${CLAIM_PREFIX}: ${property}`).after) die();
        return result;
      };
    },
  });
}
