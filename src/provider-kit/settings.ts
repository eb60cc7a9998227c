import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Settings that several providers have in common. No message of a schema here repeats a value. */

/** The base URL of a provider: https, or http on a loopback address; no credentials, query or fragment. */
export const baseUrlSetting = z.string().refine(isBaseUrl, {
  error: 'must be an https URL (http only on a loopback address) without credentials, query or fragment',
});

/** A UUID in any case, kept as the provider wrote it. */
export const uuidSetting = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, { error: 'must be a UUID' });

/** How many requests per second the provider is sent at most. */
export const requestsPerSecondSetting = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, { error: 'must be a whole number from 1 to 99999' })
  .transform(Number);

/** True for a host name that only this machine answers to. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return plain && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
}

/** A private key setting that cannot be used. The message names neither the key nor the passphrase. */
export class PrivateKeyError extends Error {}

/**
 * The private key of a setting: PEM text (line breaks may be written as \n), or `file:` and the path of a PEM file.
 * @throws PrivateKeyError
 */
export function readPrivateKey(setting: string, passphrase?: string): KeyObject {
  const pem = setting.startsWith('file:') ? readKeyFile(setting.slice('file:'.length)) : setting.replaceAll('\\n', '\n');
  try {
    return createPrivateKey({ key: pem, format: 'pem', passphrase: passphrase ?? '' });
  } catch {
    const isEncrypted = /ENCRYPTED/.test(pem);
    if (isEncrypted && passphrase === undefined) throw new PrivateKeyError('is encrypted and needs its passphrase');
    throw new PrivateKeyError(isEncrypted ? 'cannot be decrypted with the passphrase' : 'must be a private key in PEM, or file: and the path of one');
  }
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new PrivateKeyError('names a file that cannot be read');
  }
}
