import { randomUUID } from 'node:crypto';
import type { AccountStatus } from './accounts';
import type { WebhookSender } from './webhook-sender';

export type Collection = 'accounts' | 'account_groups';

/** An account or group as events show it. */
export interface Resource {
  id: string;
  status: AccountStatus;
}

const SUBJECTS: Record<Collection, string> = { accounts: 'ACCOUNT', account_groups: 'ACCOUNT_GROUP' };
/** How often a closing is looked at for its end, ms. */
const LOOK_EVERY_MS = 10;
const WEBHOOK_ID = randomUUID();

/**
 * One webhook event. https://docs.upvest.co/api/release/upvest-investment-api.v1-1/accounts/account_event
 * @param over members that are otherwise than usual
 */
export function webhookEvent(type: string, object: unknown, over: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: randomUUID(), created_at: new Date().toISOString(), type, object, webhook_id: WEBHOOK_ID, ...over };
}

/** The event of an account's closing statement. https://docs.upvest.co/documentation/guides/reports/user_reports_access */
export function closingReportEvent(accountId: string, reportId: string = randomUUID()): Record<string, unknown> {
  const created = new Date().toISOString();
  return webhookEvent('REPORT.CREATED', {
    id: reportId,
    created_at: created,
    user_id: randomUUID(),
    type: 'ACCOUNT_CLOSING',
    substituted_report_id: null,
    data: { account: { id: accountId } },
  });
}

/** Tells the subscriber when a closing begins, when it ends, and of the statement that follows the end of an account's. */
export class ClosingEvents {
  readonly #open = new Map<string, { collection: Collection; id: string }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sender: WebhookSender,
    private readonly resource: (collection: Collection, id: string) => Resource,
  ) {}

  /** An account or group is CLOSING as of now. */
  began(collection: Collection, id: string): void {
    if (!this.sender.isSubscribed()) return;
    this.sender.send([webhookEvent(`${SUBJECTS[collection]}.CLOSING_INITIATED`, { ...this.resource(collection, id), status: 'CLOSING' })]);
    this.#open.set(`${collection} ${id}`, { collection, id });
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  dispose(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [key, { collection, id }] of this.#open) {
      const resource = this.resource(collection, id);
      if (resource.status === 'CLOSING') continue;
      this.#open.delete(key);
      if (resource.status !== 'CLOSED') continue;
      this.sender.send([
        webhookEvent(`${SUBJECTS[collection]}.CLOSED`, resource),
        ...(collection === 'accounts' ? [closingReportEvent(id)] : []),
      ]);
    }
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
