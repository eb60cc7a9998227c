import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { type InnerList, type Item, parseDictionary, serializeDictionary, serializeInnerList } from 'structured-headers';

/**
 * HTTP message signatures (draft-ietf-httpbis-message-signatures, which became RFC 9421) in the two dialects that
 * providers speak. What differs between them is data: {@link SignatureScheme}.
 */
export interface SignatureScheme {
  /** Whether component names stand in quotes in the signature base, as the specification wants. */
  quotedNames: boolean;
  /** The field that carries the digest of the body. */
  digestField: 'content-digest' | 'digest';
  digest(body: Buffer): string;
}

/** Draft 15: quoted names, `content-digest: sha-512=:…:` (RFC 9530). */
export const DRAFT_15: SignatureScheme = {
  quotedNames: true,
  digestField: 'content-digest',
  digest: (body) => `sha-512=:${createHash('sha512').update(body).digest('base64')}:`,
};

/** Draft 6 as deployed: unquoted names in the base though not in the parameters, `digest: SHA-256=…` (RFC 3230). */
export const DRAFT_6: SignatureScheme = {
  quotedNames: false,
  digestField: 'digest',
  digest: (body) => `SHA-256=${createHash('sha256').update(body).digest('base64')}`,
};

/** A request as its signature sees it. */
export interface SignedMessage {
  method: string;
  /** Percent-encoded, as on the wire. */
  path: string;
  /** As on the wire, with its "?"; "" when there is none. */
  query: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** The raw bytes; absent or empty for no body. */
  body?: Buffer;
}

export interface SignOptions {
  scheme: SignatureScheme;
  /** ECDSA P-521 or Ed25519; see {@link isSigningKey}. */
  key: KeyObject;
  keyId: string;
  /** Unix seconds. */
  created: number;
  /** Unix seconds. */
  expires: number;
  nonce: string;
  /** What is covered where the message has it, in this order. */
  components: readonly string[];
}

export interface VerifyOptions {
  scheme: SignatureScheme;
  /** ECDSA P-521 or Ed25519. */
  key: KeyObject;
  /** Unix seconds. */
  now: number;
  /** How far the signer's clock may be off, seconds. */
  skew: number;
  /** Must be covered where the message has it; the digest field always must with a body. */
  required: readonly string[];
}

/** A signature as a message carries it, not yet verified. */
export interface ClaimedSignature {
  keyId: string;
  created: number;
  expires?: number;
  nonce?: string;
  components: string[];
  parameters: string;
  bytes: Buffer;
}

export type SignatureFault = 'timeWindow' | 'notCovered' | 'digest' | 'signature';

const LABEL = 'sig1';

/** True for a key that the schemes allow: ECDSA on P-521, or Ed25519; public or private. */
export function isSigningKey(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyDetails?.namedCurve === 'secp521r1';
}

/** The fields to add: `signature-input`, `signature` and, with a body, its digest. */
export function signMessage(message: SignedMessage, options: SignOptions): Record<string, string> {
  const { scheme, key, keyId, created, expires, nonce } = options;
  const digest: Record<string, string> = message.body?.length ? { [scheme.digestField]: scheme.digest(message.body) } : {};
  const signed = { ...message, headers: { ...message.headers, ...digest } };
  const components = options.components.filter((name) => componentValue(signed, name) !== undefined);
  const parameters = serializeInnerList([
    components.map((name): Item => [name, new Map()]),
    new Map<string, string | number>([
      ['keyid', keyId],
      ['created', created],
      ['expires', expires],
      ['nonce', nonce],
    ]),
  ]);
  const base = signatureBase(signed, components, parameters, scheme);
  // ECDSA signatures go as ASN.1 DER (Node's default), although the specification wants r and s side by side.
  const bytes = sign(hashFor(key), base, key);
  return { ...digest, 'signature-input': `${LABEL}=${parameters}`, signature: `${LABEL}=:${bytes.toString('base64')}:` };
}

/**
 * The signature that a message carries; null where there is none or its fields are malformed. Base64 has to be
 * what its bytes encode to: with loose final bits, one signature would have several texts.
 */
export function claimedSignature(headers: Readonly<Record<string, string>>): ClaimedSignature | null {
  try {
    const input = parseDictionary(headers['signature-input'] ?? '').get(LABEL);
    const signatures = parseDictionary(headers['signature'] ?? '');
    const signature = signatures.get(LABEL)?.[0];
    if (!input || !isInnerList(input) || !(signature instanceof ArrayBuffer)) return null;
    if (serializeDictionary(signatures) !== headers['signature']?.trim()) return null;
    const [items, parameters] = input;
    const components = items.map(([name, own]) => (typeof name === 'string' && own.size === 0 ? name : ''));
    const keyId = parameters.get('keyid');
    const created = parameters.get('created');
    const expires = parameters.get('expires');
    const nonce = parameters.get('nonce');
    if (components.includes('') || new Set(components).size !== components.length) return null;
    if (typeof keyId !== 'string' || !Number.isInteger(created)) return null;
    if (expires !== undefined && !Number.isInteger(expires)) return null;
    return {
      keyId,
      created: Number(created),
      expires: expires === undefined ? undefined : Number(expires),
      nonce: typeof nonce === 'string' ? nonce : undefined,
      components,
      parameters: serializeInnerList(input),
      bytes: Buffer.from(signature),
    };
  } catch {
    return null;
  }
}

/** What is wrong with a claimed signature; null: it verifies. The body's digest is recomputed over the raw bytes. */
export function signatureFault(message: SignedMessage, claimed: ClaimedSignature, options: VerifyOptions): SignatureFault | null {
  const { scheme, key, now, skew } = options;
  if (claimed.created > now + skew || (claimed.expires ?? Infinity) < now - skew) return 'timeWindow';
  if (claimed.components.some((name) => componentValue(message, name) === undefined)) return 'notCovered';
  const needed = options.required.filter((name) => componentValue(message, name) !== undefined);
  if (message.body?.length) {
    needed.push(scheme.digestField);
    if (message.headers[scheme.digestField]?.trim() !== scheme.digest(message.body)) return 'digest';
  }
  if (needed.some((name) => !claimed.components.includes(name))) return 'notCovered';
  return signatureVerifies(message, claimed, scheme, key) ? null : 'signature';
}

/** True when the message has all that the signature covers, and the key made the signature. Judges nothing else. */
export function signatureVerifies(message: SignedMessage, claimed: ClaimedSignature, scheme: BaseRules, key: KeyObject): boolean {
  if (claimed.components.some((name) => componentValue(message, name) === undefined)) return false;
  const base = signatureBase(message, claimed.components, claimed.parameters, scheme);
  return isSigningKey(key) && verify(hashFor(key), base, key, claimed.bytes);
}

type BaseRules = Pick<SignatureScheme, 'quotedNames'>;

function signatureBase(message: SignedMessage, components: readonly string[], parameters: string, scheme: BaseRules): Buffer {
  const lines = [...components.map((name) => [name, componentValue(message, name)] as const), ['@signature-params', parameters] as const];
  const written = lines.map(([name, value]) => `${scheme.quotedNames ? `"${name}"` : name}: ${value}`);
  return Buffer.from(written.join('\n'), 'utf8');
}

/** Undefined where the message does not have the component. */
function componentValue(message: SignedMessage, name: string): string | undefined {
  switch (name) {
    case '@method':
      return message.method.toUpperCase();
    case '@path':
      return message.path || '/';
    case '@query':
      return message.query || undefined;
    default:
      return Object.hasOwn(message.headers, name) ? message.headers[name]?.trim() : undefined;
  }
}

function hashFor(key: KeyObject): 'sha512' | null {
  return key.asymmetricKeyType === 'ed25519' ? null : 'sha512';
}

function isInnerList(member: Item | InnerList): member is InnerList {
  return Array.isArray(member[0]);
}
