import type { Caller } from '../domain/caller';
import type { EngineParts } from './driver';

const HOUR_MS = 3_600_000;

/**
 * How many closings may be asked for in an hour, by one subject and by all of a tenant: a stolen token or a loop gone
 * wild must not close what nobody can reopen. Counted in the store, so that it holds across processes and restarts; requests at
 * the same moment may go over it by as many as they are.
 */
export class Quota {
  constructor(private readonly parts: Pick<EngineParts, 'store' | 'clock' | 'settings'>) {}

  /** In how many seconds there is room for another one; null: now. */
  async waitSeconds({ tenant, subject }: Caller): Promise<number | null> {
    const { maxClosesPerHourBySubject: bySubject, maxClosesPerHourByTenant: byTenant } = this.parts.settings;
    const waits = await Promise.all([this.wait(tenant, subject, bySubject), this.wait(tenant, null, byTenant)]);
    const longest = Math.max(...waits);
    return longest > 0 ? Math.ceil(longest / 1000) : null;
  }

  private async wait(tenant: string, subject: string | null, most: number | undefined): Promise<number> {
    if (most === undefined) return 0;
    const since = await this.parts.store.requestedAt(tenant, subject, most);
    return since === null ? 0 : since + HOUR_MS - this.parts.clock.now();
  }
}
