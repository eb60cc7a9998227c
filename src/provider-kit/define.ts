import type { z } from 'zod';
import type { Clock, Randomness } from '../ports/clock';
import type { ProviderAdapter } from '../ports/provider';
import type { Telemetry } from '../ports/telemetry';
import { discreetAdapter, discreetTelemetry } from './discreet';
import { KnownSecrets } from './known-secrets';

/** What every configured provider is given beside its own settings. */
export interface AdapterContext {
  /** The id it is configured under. */
  id: string;
  /** How long one provider request may take in all, ms. */
  timeoutMs: number;
  /** Bounds of the growing interval between tries, ms. */
  retryMs: { min: number; max: number };
  /** Overrides the adapter's own `visibilityLagMs` where set. */
  visibilityLagMs?: number;
  clock: Clock;
  random: Randomness;
  telemetry: Telemetry;
  /** What must not be shown. It has the secrets among the settings already; the token cache adds the tokens. */
  secrets: KnownSecrets;
}

/** What the composition root gives; the rest of {@link AdapterContext} is the kit's. */
export type GivenContext = Omit<AdapterContext, 'secrets'>;

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
  create(settings: z.output<Settings>, context: GivenContext): ProviderAdapter;
}

/** A provider as its folder writes it. */
export interface ProviderSource<Settings extends z.ZodObject> extends Omit<ProviderDefinition<Settings>, 'create'> {
  create(settings: z.output<Settings>, context: AdapterContext): ProviderAdapter;
}

/**
 * Binds the type of the settings schema to `create`, and puts what the adapter hands on, outcomes, errors and
 * telemetry alike, behind the redaction of known secrets and of personal data.
 */
export function defineProvider<Settings extends z.ZodObject>(source: ProviderSource<Settings>): ProviderDefinition {
  const definition: ProviderDefinition<Settings> = {
    ...source,
    create(settings, context) {
      const secrets = new KnownSecrets(settings);
      const telemetry = discreetTelemetry(context.telemetry, secrets);
      return discreetAdapter(source.create(settings, { ...context, telemetry, secrets }), secrets);
    },
  };
  return definition as unknown as ProviderDefinition;
}
