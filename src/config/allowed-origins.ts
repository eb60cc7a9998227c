import { z } from 'zod';
import { isLoopback } from '../provider-kit/settings';

/** ALLOWED_ORIGINS: a comma list of origins (RFC 6454 section 6.2). Empty is the same as unset: none. */
export const allowedOriginsSetting = z
  .string()
  .optional()
  .transform((text) => (text ? text.split(',').map((origin) => origin.trim().toLowerCase()) : []))
  .refine(
    (origins) => origins.every(isSafeOrigin),
    'Must be a comma list of origins as browsers send them, for example https://app.example or https://app.example:8443; https, or http on a loopback address.',
  );

function isSafeOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  // A pattern is a host name to the parser, and would match no page.
  return origin === text && !hostname.includes('*') && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)));
}
