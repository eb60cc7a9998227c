import type { HttpAnswer, ProviderRequest } from './http';

/** Shorter values stand in too much honest text to be masked wherever they occur. */
const SHORTEST = 6;
/** A provider may echo a token that was replaced a while ago. */
const REMEMBERED_TOKENS = 32;
const MASK = '[secret]';

/**
 * The values that one provider must never get to say back to us: configured secrets, the tokens that were sent to it,
 * and in errors the id of the account asked about. They are taken out of every answer, by value, before anything reads it; what only looks like a secret is
 * redacted later (`redact.ts`).
 */
export class KnownSecrets {
  readonly #configured: readonly string[];
  #tokens: readonly string[] = [];

  /** @param configured secrets as configured; of a text with several lines, such as a key, each line counts */
  constructor(configured: readonly string[]) {
    this.#configured = configured.flatMap((secret) => secret.split(/\r?\n/)).flatMap(spellings);
  }

  /** Remembers the credentials of an `authorization` field about to be sent. */
  sent(authorization: string | undefined): void {
    const token = authorization?.replace(/^\S+\s+/, '');
    if (!token || this.#tokens.includes(token)) return;
    this.#tokens = [token, ...this.#tokens].slice(0, REMEMBERED_TOKENS);
  }

  /** The answer without what must not be repeated. */
  mask(answer: HttpAnswer, { path, headers: { authorization } }: Pick<ProviderRequest, 'path' | 'headers'>): HttpAnswer {
    // The answer of a token endpoint may well hand out the same token again.
    const secrets = authorization === undefined ? this.#configured : [...this.#configured, ...this.#tokens.flatMap(spellings)];
    // A success may name the account, and is read for it; nobody needs the account's id in an error or in a field.
    const withIds = [...secrets, ...idsIn(path)];
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, without(withIds, value)]));
    return { ...answer, headers, body: bodyWithout(answer.status < 400 ? secrets : withIds, answer.body) };
  }
}

/** Segments of a path that are not words of the provider's own. */
function idsIn(path: string): string[] {
  return path.split('/').filter((segment) => segment.length >= SHORTEST && /\d/.test(segment)).flatMap((id) => spellings(decodeURIComponent(id)));
}

function without(values: readonly string[], text: string): string {
  return values.reduce((masked, value) => masked.replaceAll(value, MASK), text);
}

/** Byte for byte, whatever the encoding of the body is or pretends to be. */
function bodyWithout(values: readonly string[], body: Buffer): Buffer {
  if (!values.some((value) => body.includes(value, 0, 'latin1'))) return body;
  return Buffer.from(without(values, body.toString('latin1')), 'latin1');
}

/** As it is, inside JSON, inside a URL. */
function spellings(secret: string): string[] {
  if (secret.length < SHORTEST) return [];
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])];
}
