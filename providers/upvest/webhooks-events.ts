import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AccountKind } from '../../src/domain/account';
import type { WebhookEvent, WebhookNews } from '../../src/ports/provider';
import { parseJson } from '../../src/provider-kit/error-body';
import { accountEventSchema, CLOSING_REPORT, closingReportEventSchema, eventHeadSchema, reportEventSchema } from './api';

/** What is kept of an event that names neither itself nor what it is. No such type is documented. */
const UNREADABLE = 'unreadable';
const MAX_NAME = 128;

/** What goes into an index and into logs: printable, and not longer than anything documented. */
const name = z.string().max(MAX_NAME).regex(/^[\x21-\x7E]+$/);
const namesSchema = z.object({ id: name, type: name });
const envelopeSchema = z.object({ payload: z.array(z.unknown()) });

/**
 * The events of a verified body: `{"payload": [event, …]}`, or one bare event as in some of the provider's samples.
 * Never throws and drops nothing: what cannot be read is an event of the type "unreadable", whose id is the SHA-256
 * of its JSON, so that a delivery with an odd event in it is not sent for ever.
 */
export function eventsOf(body: Buffer): WebhookEvent[] {
  try {
    const json = parseJson(body);
    if (json) return listed(json.value).map(webhookEvent);
  } catch {
    // JSON nested too deeply to be written again: kept as the text that it is.
  }
  return [unreadable(JSON.stringify(body.toString('utf8')))];
}

function listed(value: unknown): unknown[] {
  return envelopeSchema.safeParse(value).data?.payload ?? [value];
}

function webhookEvent(event: unknown): WebhookEvent {
  const payload = JSON.stringify(event);
  const names = namesSchema.safeParse(event).data;
  return names ? { ...names, payload } : unreadable(payload);
}

function unreadable(payload: string): WebhookEvent {
  return { id: createHash('sha256').update(payload).digest('hex'), type: UNREADABLE, payload };
}

const KINDS: Readonly<Record<string, AccountKind>> = { ACCOUNT: 'ACCOUNT', ACCOUNT_GROUP: 'ACCOUNT_GROUP' };

/**
 * What an event says of a closing.
 * Sources: https://docs.upvest.co/products/tol/guides/accounts/accounts_webhooks,
 * https://docs.upvest.co/documentation/guides/reports/user_reports_access
 * @param provider the id that the provider is configured under
 * @throws Error for an event that is not as documented
 */
export function newsOf({ type: kept, payload }: WebhookEvent, provider: string): WebhookNews {
  const value = JSON.parse(payload) as unknown;
  const { type } = eventHeadSchema.parse(value);
  if (type !== kept) throw new Error('The event is kept under another type than its own.');
  if (type === 'REPORT.CREATED') return reportNews(value, provider);
  const [, subject = '', what = ''] = /^([^.]*)\.(.*)$/.exec(type) ?? [];
  const kind = Object.hasOwn(KINDS, subject) ? KINDS[subject] : undefined;
  // An account that was just created cannot be one that is being closed.
  if (!kind || what === 'CREATED') return { kind: 'other' };
  const { created_at: at, object } = accountEventSchema.parse(value);
  const account = { provider, kind, idType: 'UUID', id: object.id } as const;
  const news = meaning(what, object.status);
  return { kind: news, account, at, ...(news === 'closed' && { providerStatus: object.status }) };
}

/** Closed is what type and status agree on; where they do not, a read has to decide. */
function meaning(what: string, status: string | undefined): 'closing' | 'closed' | 'changed' {
  switch (what) {
    case 'CLOSING_INITIATED':
      return 'closing';
    case 'CLOSED':
      return (status ?? 'CLOSED') === 'CLOSED' ? 'closed' : 'changed';
    default:
      return 'changed';
  }
}

function reportNews(value: unknown, provider: string): WebhookNews {
  if (reportEventSchema.parse(value).object.type !== CLOSING_REPORT) return { kind: 'other' };
  const { id, created_at: createdAt, type, data } = closingReportEventSchema.parse(value).object;
  const account = { provider, kind: 'ACCOUNT', idType: 'UUID', id: data.account.id } as const;
  return { kind: 'report', account, report: { id, type, createdAt } };
}
