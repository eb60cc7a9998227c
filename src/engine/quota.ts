import type { Caller } from '../domain/caller';
import type { EngineParts } from './driver';

const HOUR_MS = 3_600_000;
/** Where those that are about to be recorded fill it, it is known soon whether they were, ms. */
const SOON_MS = 1_000;

/** A place among the closings of the hour. */
export interface Place {
  /** In how many seconds there is one; null: this is one. */
  waitSeconds: number | null;
  /** The closing is recorded, or is not going to be. */
  release: () => void;
}

/**
 * How many closings may be asked for in an hour, by one subject and by all of a tenant: a stolen token or a loop gone
 * wild must not close what nobody can reopen. Counted in the store, so that it holds across processes and restarts, with those
 * that this process is about to record; another process may be about to record some more.
 */
export class Quota {
  private readonly pending = new Map<string, number>();

  constructor(private readonly parts: Pick<EngineParts, 'store' | 'clock' | 'settings'>) {}

  /** Takes a place, to be released whatever it was. Rejects where the store does. */
  async take({ tenant, subject }: Caller): Promise<Place> {
    const { maxClosesPerHourBySubject: bySubject, maxClosesPerHourByTenant: byTenant } = this.parts.settings;
    const mine = this.add(tenant, subject);
    const all = this.add(tenant);
    const release = once(() => {
      mine.remove();
      all.remove();
    });
    try {
      const waits = await Promise.all([this.wait(tenant, subject, bySubject, mine.before), this.wait(tenant, null, byTenant, all.before)]);
      const longest = Math.max(...waits);
      return { waitSeconds: longest > 0 ? Math.ceil(longest / 1000) : null, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  private add(...who: string[]): { before: number; remove: () => void } {
    const name = JSON.stringify(who);
    const before = this.pending.get(name) ?? 0;
    this.pending.set(name, before + 1);
    const remove = () => {
      const left = (this.pending.get(name) ?? 1) - 1;
      if (left > 0) this.pending.set(name, left);
      else this.pending.delete(name);
    };
    return { before, remove };
  }

  private async wait(tenant: string, subject: string | null, most: number | undefined, before: number): Promise<number> {
    if (most === undefined) return 0;
    if (before >= most) return SOON_MS;
    const since = await this.parts.store.requestedAt(tenant, subject, most - before);
    return since === null ? 0 : since + HOUR_MS - this.parts.clock.now();
  }
}

function once(run: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) run();
    isDone = true;
  };
}
