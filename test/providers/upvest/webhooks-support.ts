import type { WebhookDelivery, WebhookReceipt } from '../../../src/ports/provider';
import type { SignDeliveryOptions } from '../../../providers/upvest/sandbox/webhook-signer';
import { openPair, type Pair } from './support';

export const PATH = '/webhooks/bank';

/** A sandbox and an adapter, with deliveries by hand. */
export interface Post extends Pair {
  /** Signed by the sandbox, as it arrives when nothing happens to it on the way. */
  signed(content: readonly unknown[] | string | Buffer, options?: Partial<SignDeliveryOptions>): WebhookDelivery;
  receive(delivery: WebhookDelivery): Promise<WebhookReceipt>;
  /** Requests for keys so far. */
  keyRequests(): number;
}

export async function openPost(...given: Parameters<typeof openPair>): Promise<Post> {
  const pair = await openPair(...given);
  const { webhooks } = pair.adapter;
  if (!webhooks) throw new Error('The adapter has no webhooks.');
  return {
    ...pair,
    signed: (content, options = {}) => {
      const { method = 'POST', path = PATH, query = '' } = options;
      return { method, path, query, ...pair.sandbox.signDelivery(content, { path, ...options }) };
    },
    receive: (delivery) => webhooks.receive(delivery),
    keyRequests: () => pair.sandbox.ledger.filter(({ operation }) => operation === 'keys').length,
  };
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);
