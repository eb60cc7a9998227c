import type { AccountRef } from '../../../src/domain/account';
import type { AccountRead, CloseOutcome } from '../../../src/domain/outcome';
import type { ReasonMapping } from '../../../src/domain/reason';
import type { CloseRequest, CloseSend, ProviderAdapter, ProviderCapabilities, ReadContext } from '../../../src/ports/provider';
import type { AdapterContext } from '../../../src/provider-kit/define';
import { pathSegment, ProviderHttp } from '../../../src/provider-kit/http';
import { type CloseTable, judgeCloseAnswer } from '../../../src/provider-kit/judge-close';
import { type JsonRead, judgeRead } from '../../../src/provider-kit/judge-read';
import { accountSchema, atlantisErrors, KEY_HEADER } from './api';
import { capabilitiesFor } from './capabilities';
import { errorRows } from './errors';
import { closeOutcome, pearlBlockers, reasonSent, stateOf } from './mapping';
import type { Settings } from './settings';
import { AtlantisWebhooks } from './webhooks';

/** What becomes of a closing of this vault. */
const closeTable = (id: string): CloseTable => ({ success: { 200: (value) => closeOutcome(id, value) }, dialect: atlantisErrors, errors: errorRows });

/** The bank's side of a closing. */
export class AtlantisAdapter implements ProviderAdapter {
  readonly capabilities: ProviderCapabilities;
  readonly webhooks: AtlantisWebhooks;
  readonly #http: ProviderHttp;

  constructor(
    private readonly settings: Settings,
    private readonly context: AdapterContext,
  ) {
    this.capabilities = capabilitiesFor(context.visibilityLagMs);
    this.webhooks = new AtlantisWebhooks(settings, context);
    this.#http = new ProviderHttp({ baseUrl: settings.BASE_URL, context });
  }

  mapReason({ reason }: Pick<CloseRequest, 'reason'>): ReasonMapping {
    return reasonSent(reason).mapping;
  }

  /** `POST /vaults/{id}/sink`. */
  async requestClosure({ account, reason, announceOnly, correlationId }: CloseRequest, send: CloseSend): Promise<CloseOutcome> {
    const { clock, telemetry, id: provider } = this.context;
    const started = clock.monotonic();
    const answer = await this.#http.send({
      method: 'POST',
      path: `/vaults/${pathSegment(account.id)}/sink`,
      headers: { ...this.#headers(), 'content-type': 'application/json' },
      body: JSON.stringify({ why: reasonSent(reason).word, onlyNote: announceOnly }),
      beforeFirstByte: () => send.beforeFirstByte(),
    });
    const outcome = judgeCloseAnswer(answer, closeTable(account.id), {
      nowMs: clock.now(),
      onUnmapped: (word) => telemetry.unmapped({ provider, what: 'error', word, correlationId }),
    });
    const durationMs = clock.monotonic() - started;
    telemetry.providerCall({ provider, operation: 'close', outcome: outcome.kind, durationMs, httpStatus: outcome.httpStatus, correlationId });
    return outcome;
  }

  /** `GET /vaults/{id}`. */
  async readAccount(account: AccountRef, { correlationId, purpose }: ReadContext): Promise<AccountRead> {
    const { clock, telemetry, id: provider } = this.context;
    const started = clock.monotonic();
    const answer = await this.#http.send({ method: 'GET', path: `/vaults/${pathSegment(account.id)}`, headers: this.#headers(), priority: purpose });
    const read = this.#accountRead(account, judgeRead(answer, { dialect: atlantisErrors }, { nowMs: clock.now() }), correlationId);
    const durationMs = clock.monotonic() - started;
    telemetry.providerCall({ provider, operation: 'read', outcome: read.ok ? read.state : read.code, durationMs, httpStatus: read.httpStatus, correlationId });
    return read;
  }

  dispose(): Promise<void> {
    return this.#http.dispose();
  }

  #headers(): Record<string, string> {
    return { accept: 'application/json', [KEY_HEADER]: this.settings.API_KEY };
  }

  #accountRead({ id }: AccountRef, read: JsonRead, correlationId: string): AccountRead {
    if (read.kind === 'failed') return read.failure;
    if (read.kind === 'notFound') {
      return { ok: true, ...read.evidence, providerErrors: read.body.errors, state: 'NOT_FOUND', blockers: [], aliases: [] };
    }
    const seen = accountSchema.safeParse(read.value).data;
    if (seen?.id !== id) {
      return { ok: false, ...read.evidence, code: 'PROVIDER_PROTOCOL_ERROR', message: 'The answer to a read is not about the account asked for.' };
    }
    const state = stateOf(seen.standing);
    if (!state) this.context.telemetry.unmapped({ provider: this.context.id, what: 'status', word: seen.standing, correlationId });
    return {
      ok: true,
      ...read.evidence,
      state: state ?? 'UNKNOWN',
      providerStatus: seen.standing,
      blockers: state === 'OPEN' ? pearlBlockers(seen.pearls) : [],
      aliases: [],
      expectedCloseAt: seen.closes,
    };
  }
}
