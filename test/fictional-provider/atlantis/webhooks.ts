import { createHash } from 'node:crypto';
import type { ProviderWebhooks, WebhookDelivery, WebhookEvent, WebhookNews, WebhookReceipt } from '../../../src/ports/provider';
import type { AdapterContext } from '../../../src/provider-kit/define';
import { parseJson } from '../../../src/provider-kit/error-body';
import { hmacVerifies } from '../../../src/provider-kit/hmac';
import { eventSchema, SEAL_HEADER, TIDE_HEADER } from './api';
import type { Settings } from './settings';

/** How far the tide of a delivery may be from now, either way, seconds. */
const TOLERANCE_SECONDS = 300;

/** The bank sends one event at a time, sealed by a shared secret over its tide (Unix seconds), a dot and the body. */
export class AtlantisWebhooks implements ProviderWebhooks {
  constructor(
    private readonly settings: Settings,
    private readonly context: Pick<AdapterContext, 'id' | 'clock'>,
  ) {}

  async receive({ headers, body }: WebhookDelivery): Promise<WebhookReceipt> {
    const { [TIDE_HEADER]: tide = '', [SEAL_HEADER]: seal = '' } = headers;
    const now = this.context.clock.now() / 1000;
    // Sealed, too: nobody can make an old delivery a new one.
    if (!/^\d{10}$/.test(tide) || Math.abs(now - Number(tide)) > TOLERANCE_SECONDS) return { kind: 'refused', reason: 'the tide is another one' };
    const rules = { secret: this.settings.WEBHOOK_SECRET, algorithm: 'sha256', encoding: 'base64' } as const;
    if (!hmacVerifies([`${tide}.`, body], seal, rules)) return { kind: 'refused', reason: 'the seal is not the bank\'s' };
    return { kind: 'verified', events: [eventOf(body)] };
  }

  /** @throws Error for an event that is not as documented */
  read({ payload }: WebhookEvent): WebhookNews {
    const { what, vault: id, at } = eventSchema.parse(JSON.parse(payload));
    const account = { provider: this.context.id, kind: 'ACCOUNT', idType: 'PROVIDER_ID', id } as const;
    if (what === 'VAULT_SUNK') return { kind: 'closed', account, at };
    return what === 'VAULT_MOVED' ? { kind: 'changed', account, at } : { kind: 'other' };
  }
}

/** One that cannot be read is kept as well, for inspection, known by its bytes. */
function eventOf(body: Buffer): WebhookEvent {
  const parsed = parseJson(body);
  const event = eventSchema.safeParse(parsed?.value).data;
  const payload = JSON.stringify(parsed ? parsed.value : body.toString('latin1'));
  return event ? { id: event.id, type: event.what, payload } : { id: createHash('sha256').update(body).digest('hex'), type: 'unreadable', payload };
}
