import { AsyncLocalStorage } from 'node:async_hooks';
import { KeyObject } from 'node:crypto';
import { types } from 'node:util';
import type { AccountRef } from '../domain/account';

/** Shorter values stand in too much honest text to be masked wherever they occur. */
const SHORTEST = 4;
/** A provider may echo a token that was replaced a moment ago. */
const TOKENS_KEPT = 4;
const SECRET_SETTING = /secret|passw|passphrase|private_?key|api_?key|credential|token$/i;
/** How deep a chain of causes is followed. */
const CAUSES = 5;
/** What may stand between the characters of a grouped number. */
const GROUPING = '(?:[\\s+-]|%20)?';
const NOTHING = /(?!)/g;

/**
 * The values that must not be shown although a provider repeats them, known one by one: its configured secrets, the
 * last tokens of each purpose, and the account of the call under way. What only looks like a secret is redacted by
 * its look (`redact.ts`), after this: a pattern would leave the rest of a secret that it matches a part of.
 */
export class KnownSecrets {
  readonly #configured = new Set<string>();
  readonly #tokens = new Map<string, readonly string[]>();
  /** The account's names as one pattern; it is gone when its call has ended. */
  readonly #account = new AsyncLocalStorage<RegExp>();
  #secrets: RegExp = NOTHING;

  /** @param settings a provider's; those whose names sound like a secret are taken */
  constructor(settings: Readonly<Record<string, unknown>>) {
    for (const [name, value] of Object.entries(settings)) if (SECRET_SETTING.test(name)) this.add(value);
  }

  /** A further secret, kept for good: one that no setting holds, or none whose name gives it away. Text or a key. */
  add(value: unknown): void {
    for (const secret of secretsOf(value)) this.#configured.add(secret);
    this.#respell();
  }

  /** A token that was just issued. The last four of its purpose are kept. */
  addToken(purpose: string, token: string): void {
    const others = (this.#tokens.get(purpose) ?? []).filter((known) => known !== token);
    this.#tokens.set(purpose, [token, ...others].slice(0, TOKENS_KEPT));
    this.#respell();
  }

  /** Does the work of one call; meanwhile, and in what it sets going, the account's ids are masked. */
  during<T>(account: AccountRef, work: () => T): T {
    return this.#account.run(accountPattern(account), work);
  }

  /** The text without the known values. */
  mask(text: string): string {
    const masked = text.replace(this.#secrets, '[secret]');
    const account = this.#account.getStore();
    return account ? masked.replace(account, '[account]') : masked;
  }

  /** What was thrown: itself where it quotes nothing known, else a copy without that. */
  maskThrown(thrown: unknown, causes = CAUSES): unknown {
    if (typeof thrown === 'string') return this.mask(thrown);
    if (!types.isNativeError(thrown)) return thrown;
    const message = this.mask(thrown.message);
    const stack = this.mask(thrown.stack ?? '');
    const cause = causes > 0 ? this.maskThrown(thrown.cause, causes - 1) : undefined;
    if (message === thrown.message && stack === (thrown.stack ?? '') && cause === thrown.cause) return thrown;
    return Object.assign(new Error(message, { cause }), { name: thrown.name, stack });
  }

  #respell(): void {
    const values = [...this.#configured, ...[...this.#tokens.values()].flat()];
    this.#secrets = anyOf(values.flatMap(spellings).map(escaped), 'g');
  }
}

/** A text is one secret, or the lines of a PEM; a path (`file:`) or an address is none. */
function secretsOf(value: unknown): string[] {
  if (value instanceof KeyObject) return secretsOfKey(value);
  if (typeof value !== 'string' || /^(file:|https?:\/\/)/.test(value)) return [];
  return value.includes('-----BEGIN') ? linesOf(value.replaceAll('\\n', '\n')) : [value];
}

function secretsOfKey(key: KeyObject): string[] {
  if (key.type === 'secret') return [key.export().toString()];
  return key.type === 'private' ? linesOf(key.export({ type: 'pkcs8', format: 'pem' }).toString()) : [];
}

function linesOf(pem: string): string[] {
  return pem.split(/\r?\n/).filter((line) => !line.startsWith('-----'));
}

/** As it is, in JSON, in a URL, in a form, and in base64. */
function spellings(given: string): string[] {
  const value = given.toWellFormed();
  if (value.length < SHORTEST) return [];
  const bytes = Buffer.from(value);
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    new URLSearchParams({ '': value }).toString().slice(1),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ];
}

/** The id in any case and with any grouping, and the account number that an IBAN contains. */
function accountPattern({ id, idType }: AccountRef): RegExp {
  const names = idType === 'IBAN' ? [id, id.slice(4)] : [id];
  const grouped = names.flatMap((name) => {
    const characters = [...name.replaceAll(/[\s-]/g, '')];
    return characters.length < SHORTEST ? [] : [characters.map(escaped).join(GROUPING)];
  });
  const encoded = names.flatMap(spellings).map(escaped);
  return anyOf([...grouped, ...encoded], 'gi');
}

/** Longest first, so that a value goes before the parts of it. */
function anyOf(patterns: readonly string[], flags: string): RegExp {
  if (patterns.length === 0) return NOTHING;
  return new RegExp([...new Set(patterns)].toSorted((one, other) => other.length - one.length).join('|'), flags);
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}-]/g, '\\$&');
}
