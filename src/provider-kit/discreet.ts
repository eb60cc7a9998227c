import type { ProviderError } from '../domain/closure-error';
import type { LiquidationOutcome, Sale, SalesRead } from '../domain/liquidation';
import type { AccountRead, CloseOutcome } from '../domain/outcome';
import type { ChildrenRead, ProviderAdapter, ProviderLiquidation, ProviderWebhooks } from '../ports/provider';
import type { Telemetry } from '../ports/telemetry';
import type { KnownSecrets } from './known-secrets';
import { isPlainId, redactText } from './redact';

/**
 * The one way out of an adapter. Inside, provider text is as the provider wrote it, and is compared with tables as
 * such; whatever leaves, as an outcome, an error or telemetry, is rid of known secrets and of personal data first.
 */

/** Longest text of a provider that is kept, characters. */
const MAX_TEXT = 512;
/** Longest word of a provider that is kept, characters. */
const MAX_WORD = 64;

type Handed = CloseOutcome | AccountRead | ChildrenRead | LiquidationOutcome | SalesRead;
type Clean = <Text extends string | undefined>(text: Text) => Text;

/** The adapter, with everything that it hands on cleaned. */
export function discreetAdapter(adapter: ProviderAdapter, secrets: KnownSecrets): ProviderAdapter {
  async function cleanly<Result extends Handed>(work: () => Promise<Result>): Promise<Result> {
    try {
      return cleanResult(await work(), secrets);
    } catch (error) {
      throw secrets.maskThrown(error);
    }
  }
  function cleanSales(liquidation: ProviderLiquidation): ProviderLiquidation {
    return {
      request: (request, send) => secrets.during(request.account, () => cleanly(() => liquidation.request(request, send))),
      list: (account, context) => secrets.during(account, () => cleanly(() => liquidation.list(account, context))),
    };
  }
  const listChildren = adapter.listChildren?.bind(adapter);
  return {
    capabilities: adapter.capabilities,
    mapReason: (request) => adapter.mapReason(request),
    requestClosure: (request, send) => secrets.during(request.account, () => cleanly(() => adapter.requestClosure(request, send))),
    readAccount: (account, context) => secrets.during(account, () => cleanly(() => adapter.readAccount(account, context))),
    listChildren: listChildren && ((group, context) => secrets.during(group, () => cleanly(() => listChildren(group, context)))),
    liquidation: adapter.liquidation && cleanSales(adapter.liquidation),
    webhooks: adapter.webhooks && cleanWebhooks(adapter.webhooks, secrets),
    dispose: () => adapter.dispose(),
  };
}

/** The telemetry as an adapter gets it. */
export function discreetTelemetry(telemetry: Telemetry, secrets: KnownSecrets): Telemetry {
  return {
    transition: (event) => telemetry.transition(event),
    providerCall: (event) => telemetry.providerCall({ ...event, requestId: cleanId(event.requestId, secrets) }),
    circuit: (event) => telemetry.circuit(event),
    overloaded: (event) => telemetry.overloaded(event),
    unmapped: (event) => telemetry.unmapped({ ...event, word: cleaner(secrets, MAX_WORD)(event.word) }),
    pruned: (count) => telemetry.pruned(count),
    alarm: (event) => telemetry.alarm({ ...event, error: secrets.maskThrown(event.error) }),
  };
}

function cleanResult<Result extends Handed>(result: Result, secrets: KnownSecrets): Result {
  const text = cleaner(secrets, MAX_TEXT);
  const word = cleaner(secrets, MAX_WORD);
  return {
    ...result,
    requestId: cleanId(result.requestId, secrets),
    ...(result.providerErrors && { providerErrors: result.providerErrors.map((entry) => cleanEntry(entry, text)) }),
    ...('providerStatus' in result && { providerStatus: word(result.providerStatus) }),
    ...('blockersUnknown' in result && result.blockersUnknown && { blockersUnknown: cleanResult(result.blockersUnknown, secrets) }),
    ...('sale' in result && { sale: cleanSale(result.sale, secrets) }),
    ...('sales' in result && { sales: result.sales.map((sale) => cleanSale(sale, secrets)) }),
    // These are the adapter's own words, unless it was careless.
    ...('blockers' in result && result.blockers && { blockers: result.blockers.map((blocker) => ({ ...blocker, message: text(blocker.message) })) }),
    // Its address is for whoever has to act, whole or of no use.
    ...('action' in result && result.action && { action: { ...result.action, type: word(result.action.type) } }),
    ...('message' in result && { message: text(result.message) }),
    ...('detail' in result && { detail: text(result.detail) }),
  };
}

/** Its id is what a sale is known by from one list to the next: one that cannot be shown is masked in the same way each time. */
function cleanSale(sale: Sale, secrets: KnownSecrets): Sale {
  const word = cleaner(secrets, MAX_WORD);
  return { ...sale, id: cleanId(sale.id, secrets) ?? word(sale.id), providerStatus: word(sale.providerStatus) };
}

function cleanWebhooks(webhooks: ProviderWebhooks, secrets: KnownSecrets): ProviderWebhooks {
  return {
    receive: (delivery) => webhooks.receive(delivery),
    read: (event) => {
      const news = webhooks.read(event);
      return 'providerStatus' in news ? { ...news, providerStatus: cleaner(secrets, MAX_WORD)(news.providerStatus) } : news;
    },
  };
}

function cleanEntry({ httpStatus, ...texts }: ProviderError, text: Clean): ProviderError {
  return { ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, text(value)])), httpStatus };
}

function cleaner(secrets: KnownSecrets, length: number): Clean {
  return (text) => (text === undefined ? text : redactText(secrets.mask(text)).slice(0, length)) as typeof text;
}

/** A request's id is quoted to the provider's support, so that it is there whole or not at all. */
function cleanId(id: string | undefined, secrets: KnownSecrets): string | undefined {
  return id !== undefined && secrets.mask(id) === id && isPlainId(id) ? id : undefined;
}
