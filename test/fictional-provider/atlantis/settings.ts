import { z } from 'zod';
import { baseUrlSetting } from '../../../src/provider-kit/settings';

const key = z.string().regex(/^[\w-]{16,128}$/, { error: 'must be 16 to 128 letters, digits, "_" and "-"' });

/** What a gateway needs to know to talk to the bank; every variable is read under the provider's prefix. */
export const settings = z.object({
  BASE_URL: baseUrlSetting,
  /** Sent as `x-atlantis-key` with every request; the bank has no tokens. */
  API_KEY: key,
  /** The bank seals its webhooks with it. */
  WEBHOOK_SECRET: key,
});

export type Settings = z.output<typeof settings>;
