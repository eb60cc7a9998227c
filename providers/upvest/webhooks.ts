import type { ProviderWebhooks, WebhookDelivery, WebhookEvent, WebhookNews, WebhookReceipt } from '../../src/ports/provider';
import type { AdapterContext } from '../../src/provider-kit/define';
import { problemJson } from '../../src/provider-kit/error-body';
import { isReadFailed, judgeRead, readWithToken } from '../../src/provider-kit/judge-read';
import { KeySet } from '../../src/provider-kit/key-set';
import type { TokenCache } from '../../src/provider-kit/oauth';
import { DRAFT_6 } from '../../src/provider-kit/signatures';
import { verifyWebhook } from '../../src/provider-kit/webhook-signature';
import { REQUEST_ID_HEADER, VERIFY_KEYS_PATH, WEBHOOKS_SCOPE } from './api';
import type { UpvestClient } from './client';
import type { Settings } from './settings';
import { eventsOf, newsOf } from './webhooks-events';

export interface WebhooksOptions {
  settings: Pick<Settings, 'WEBHOOK_PATH' | 'WEBHOOK_TOLERANCE_SECONDS'>;
  context: Pick<AdapterContext, 'id' | 'clock' | 'random' | 'telemetry'>;
  client: Pick<UpvestClient, 'call'>;
  tokens: TokenCache;
}

/**
 * The provider's webhooks. They are signed by version 6 alone, whatever version the gateway's own requests have.
 * Source: https://docs.upvest.co/products/byol/getting_started/http_signatures/choosing_http_signature_versions.md
 */
export class UpvestWebhooks implements ProviderWebhooks {
  readonly #options: WebhooksOptions;
  readonly #keys: KeySet;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#keys = new KeySet({ fetch: () => this.#fetchKeys(), clock: options.context.clock });
  }

  /** Verifies over the raw bytes; the signed path is the one that the provider called, which an ingress may have rewritten. */
  async receive(delivery: WebhookDelivery): Promise<WebhookReceipt> {
    const { settings, context } = this.#options;
    const message = { ...delivery, path: settings.WEBHOOK_PATH ?? delivery.path };
    const rules = { scheme: DRAFT_6, keys: this.#keys, toleranceSeconds: settings.WEBHOOK_TOLERANCE_SECONDS };
    const verdict = await verifyWebhook(message, rules, context.clock.now());
    return verdict.kind === 'verified' ? { kind: 'verified', events: eventsOf(delivery.body) } : verdict;
  }

  /** @throws Error for an event that is not as documented */
  read(event: WebhookEvent): WebhookNews {
    return newsOf(event, this.#options.context.id);
  }

  async #fetchKeys(): Promise<{ value: unknown } | null> {
    const { client, tokens, context } = this.#options;
    const { clock, random, telemetry, id: provider } = context;
    const started = clock.monotonic();
    const answer = await readWithToken(tokens, WEBHOOKS_SCOPE, (token) => client.call(token, { method: 'GET', path: VERIFY_KEYS_PATH, priority: 'RECONCILE' }));
    const read = isReadFailed(answer)
      ? ({ kind: 'failed', failure: answer } as const)
      : judgeRead(answer, { dialect: problemJson, requestIdHeader: REQUEST_ID_HEADER }, { nowMs: clock.now() });
    const { httpStatus, requestId } = read.kind === 'failed' ? read.failure : read.evidence;
    telemetry.providerCall({
      provider,
      operation: 'keys',
      outcome: read.kind === 'failed' ? read.failure.code : read.kind,
      durationMs: clock.monotonic() - started,
      httpStatus,
      requestId,
      // Keys are fetched for every delivery that waits for them, so the request has an id of its own.
      correlationId: random.id(),
    });
    return read.kind === 'json' ? { value: read.value } : null;
  }
}
