import type { Config } from './config/load-config';
import type { ConfiguredProvider, ProviderRegistry } from './ports/provider';
import type { AdapterContext } from './provider-kit/define';

/** The configured providers with their connections. */
export interface Providers extends ProviderRegistry {
  /** Frees every adapter's connections. */
  dispose(): Promise<void>;
}

/** Creates an adapter for each configured provider. */
export function createProviders(
  { providers, providerTimeoutMs, retryMinMs, retryMaxMs, visibilityLagMs }: Config,
  shared: Pick<AdapterContext, 'clock' | 'random' | 'telemetry'>,
): Providers {
  const byId = new Map<string, ConfiguredProvider>();
  for (const { id, definition, settings, tenants } of providers) {
    const retryMs = { min: retryMinMs, max: retryMaxMs };
    const adapter = definition.create(settings.reveal(), { ...shared, id, timeoutMs: providerTimeoutMs, retryMs, visibilityLagMs });
    byId.set(id, { id, adapterName: definition.name, displayName: definition.displayName, tenants, deadlineMs: providerTimeoutMs, adapter });
  }
  return {
    find: (id) => byId.get(id),
    all: () => [...byId.values()],
    async dispose() {
      await Promise.all([...byId.values()].map(({ adapter }) => adapter.dispose()));
    },
  };
}
