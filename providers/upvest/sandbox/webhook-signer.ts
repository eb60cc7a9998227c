import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { DRAFT_6, type SignatureScheme, signMessage } from '../../../src/provider-kit/signatures';

/** A delivery ready to be sent. */
export interface SignedDelivery {
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface SignDeliveryOptions {
  /** The path that is signed, as the provider sees the subscriber. */
  path: string;
  /** With its "?"; covered where there is one. */
  query?: string;
  /** Default POST. */
  method?: string;
  /** Unix seconds. Default: now. */
  created?: number;
  /** Unix seconds. Default: a minute after `created`. */
  expires?: number;
  /** Default: the id of the sandbox's key. */
  keyId?: string;
  /** Default: everything that the provider's own signer covers. */
  components?: readonly string[];
  digestField?: SignatureScheme['digestField'];
}

const CONTENT_DIGEST: SignatureScheme = {
  ...DRAFT_6,
  digestField: 'content-digest',
  digest: (body) => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
};

/** The key with which the sandbox signs its webhooks, and the key set that shows its public half. */
export class WebhookSigner {
  #key = webhookKey();

  /** What `GET /auth/verify_keys` answers. */
  keySet(): { keys: unknown[] } {
    const { kty, crv, x, y } = this.#key.publicKey.export({ format: 'jwk' });
    return { keys: [{ kid: this.#key.id, kty, crv, x, y }] };
  }

  /** Signs with another key from now on, and shows that one alone. */
  rotate(): void {
    this.#key = webhookKey();
  }

  /** @param content events, which go into an envelope, or a raw body */
  sign(content: readonly unknown[] | string | Buffer, options: SignDeliveryOptions): SignedDelivery {
    const body = Buffer.from(typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify({ payload: content }));
    const scheme = options.digestField === 'content-digest' ? CONTENT_DIGEST : DRAFT_6;
    const { path, query = '', method = 'POST', created = Math.floor(Date.now() / 1000) } = options;
    const headers = {
      accept: 'application/json',
      'content-type': 'application/json',
      'content-length': String(body.length),
      [scheme.digestField]: scheme.digest(body),
    };
    const signature = signMessage(
      { method, path, query, headers, body },
      {
        scheme,
        key: this.#key.privateKey,
        keyId: options.keyId ?? this.#key.id,
        created,
        expires: options.expires ?? created + 60,
        nonce: randomUUID(),
        components: options.components ?? ['content-type', 'content-length', 'accept', '@method', '@path', '@query', scheme.digestField],
      },
    );
    return { headers: { ...headers, ...signature }, body };
  }
}

function webhookKey(): { id: string; privateKey: KeyObject; publicKey: KeyObject } {
  return { id: randomUUID(), ...generateKeyPairSync('ec', { namedCurve: 'secp521r1' }) };
}
