import type { z } from 'zod';
import type { Clock, Randomness } from '../ports/clock';
import type { ProviderAdapter } from '../ports/provider';
import type { Telemetry } from '../ports/telemetry';

/** What every configured provider is given beside its own settings. */
export interface AdapterContext {
  /** The id it is configured under. */
  id: string;
  /** How long one provider request may take in all, ms. */
  timeoutMs: number;
  /** Overrides the adapter's own `visibilityLagMs` where set. */
  visibilityLagMs?: number;
  clock: Clock;
  random: Randomness;
  telemetry: Telemetry;
}

/**
 * What a provider folder's `index.ts` exports as `provider`.
 *
 * `settings` is keyed by variable name without the provider's prefix: a key `BASE_URL` of a provider configured
 * as `bank_uk` is read from `BANK_UK_BASE_URL`. Values arrive as the strings of the environment; an unset or
 * empty variable arrives as undefined.
 */
export interface ProviderDefinition<Settings extends z.ZodObject = z.ZodObject> {
  /** The adapter's name, equal to its folder's. */
  name: string;
  displayName: string;
  settings: Settings;
  create(settings: z.output<Settings>, context: AdapterContext): ProviderAdapter;
}

/** Binds the type of the settings schema to `create`. */
export function defineProvider<Settings extends z.ZodObject>(definition: ProviderDefinition<Settings>): ProviderDefinition {
  return definition as unknown as ProviderDefinition;
}
