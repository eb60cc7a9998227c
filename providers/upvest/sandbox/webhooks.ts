import type { SandboxAccounts } from './accounts';
import { ClosingEvents, type Collection } from './webhook-events';
import { type WebhookCounts, WebhookSender, type WebhookSenderOptions } from './webhook-sender';
import { type SignDeliveryOptions, type SignedDelivery, WebhookSigner } from './webhook-signer';

/** What a test or demo can do with the sandbox's webhooks. */
export interface WebhookControls {
  /** Sends events of closings to this URL from now on. Default: to nobody. */
  subscribe(url: string): void;
  /** Signs events, or a raw body, to be delivered by hand. */
  signDelivery(content: readonly unknown[] | string | Buffer, options: SignDeliveryOptions): SignedDelivery;
  /** The provider closes an ACTIVE account or group by its own decision. False: it was not ACTIVE. */
  startClosing(id: string, collection?: Collection): boolean;
  /** Webhooks are signed with a new key, and `/auth/verify_keys` shows no other. */
  rotateWebhookKey(): void;
  webhookCounts(): WebhookCounts;
}

/** The sandbox's webhooks: key, subscriber and events. */
export class SandboxWebhooks {
  readonly #books: Readonly<Record<Collection, SandboxAccounts>>;
  readonly #signer = new WebhookSigner();
  readonly #sender: WebhookSender;
  readonly #closings: ClosingEvents;

  constructor(books: Readonly<Record<Collection, SandboxAccounts>>, options: WebhookSenderOptions) {
    this.#books = books;
    this.#sender = new WebhookSender(this.#signer, options);
    this.#closings = new ClosingEvents(this.#sender, (collection, id) => ({ id, status: books[collection].status(id, Date.now()) }));
  }

  /** What `GET /auth/verify_keys` answers. */
  keySet(): { keys: unknown[] } {
    return this.#signer.keySet();
  }

  closingBegan(collection: Collection, id: string): void {
    this.#closings.began(collection, id);
  }

  controls(): WebhookControls {
    return {
      subscribe: (url) => this.#sender.subscribe(url),
      signDelivery: (content, options) => this.#signer.sign(content, options),
      startClosing: (id, collection = 'accounts') => {
        const closes = this.#books[collection].closeByStaff(id, Date.now());
        if (closes) this.closingBegan(collection, id);
        return closes;
      },
      rotateWebhookKey: () => this.#signer.rotate(),
      webhookCounts: () => this.#sender.counts(),
    };
  }

  async dispose(): Promise<void> {
    this.#closings.dispose();
    await this.#sender.dispose();
  }
}
