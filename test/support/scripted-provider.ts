import type { AccountRead, AccountSeen, CloseOutcome } from '../../src/domain/outcome';
import type {
  CloseRequest,
  CloseSend,
  ConfiguredProvider,
  KindCapabilities,
  ProviderAdapter,
  ProviderCapabilities,
  ProviderWebhooks,
  WebhookNews,
} from '../../src/ports/provider';

export type Scripted<Answer> = Answer | ((count: number) => Answer | Promise<Answer>);

const KIND: KindCapabilities = {
  kind: 'ACCOUNT',
  idTypes: ['PROVIDER_ID'],
  defaultIdType: 'PROVIDER_ID',
  completion: 'ASYNC',
  reasonMode: 'TEXT',
  reasonText: { maxLength: 20, pattern: /^[a-z ]*$/ },
  announceOnly: true,
  liquidatePositions: false,
  eligibility: 'BY_READS',
};

/** A read that shows the account in a state, for scripts. */
export function seen(state: AccountSeen['state'], more: Partial<AccountSeen> = {}): AccountRead {
  return { ok: true, state, providerStatus: state.toLowerCase(), blockers: [], aliases: [], ...more };
}

/**
 * A provider that speaks every word of the contract on demand, for the words no real provider here has. Answers and
 * reads are taken from their scripts in turn; the last of each stays.
 */
export class ScriptedProvider implements ProviderAdapter {
  readonly capabilities: ProviderCapabilities;
  /** Every close request that passed its mark, with whether a fresh token was asked for. */
  readonly sent: (CloseRequest & { freshToken: boolean })[] = [];
  reads = 0;
  answers: Scripted<CloseOutcome>[] = [{ kind: 'accepted' }];
  states: Scripted<AccountRead>[] = [seen('OPEN')];
  /** Where set, an answer that needs no request: the token could not be had. */
  tokenTrouble: CloseOutcome | null = null;

  constructor(capabilities: Partial<ProviderCapabilities> = {}, kind: Partial<KindCapabilities> = {}) {
    this.capabilities = {
      kinds: [{ ...KIND, ...kind }],
      outcomeSources: ['RESPONSE', 'POLL'],
      visibilityLagMs: 40,
      alreadyClosedDistinct: false,
      kindsShareIds: false,
      idRules: { ibanChecksum: 'strict', providerId: /^[a-z0-9-]{1,64}$/ },
      ...capabilities,
    };
  }

  configured(id = 'bank', deadlineMs = 60): ConfiguredProvider {
    return { id, adapterName: 'scripted', displayName: 'Scripted Bank', tenants: '*', deadlineMs, adapter: this };
  }

  mapReason() {
    return 'EXACT' as const;
  }

  async requestClosure(request: CloseRequest, send: CloseSend): Promise<CloseOutcome> {
    if (this.tokenTrouble) return this.tokenTrouble;
    await send.beforeFirstByte();
    this.sent.push({ ...request, freshToken: send.freshToken });
    return take(this.answers, this.sent.length);
  }

  async readAccount(..._asked: Parameters<ProviderAdapter['readAccount']>): Promise<AccountRead> {
    this.reads += 1;
    return take(this.states, this.reads);
  }

  async dispose(): Promise<void> {}

  /** Events are JSON of news; a delivery without the right header is refused. */
  readonly webhooks: ProviderWebhooks = {
    receive: async ({ headers, body }) => {
      if (headers.keys === 'lost') return { kind: 'unavailable', reason: 'The keys cannot be had.' };
      if (headers.signature !== 'good') return { kind: 'refused', reason: 'The signature is wrong.' };
      const events = JSON.parse(body.toString()) as { id: string; news: unknown }[];
      return { kind: 'verified', events: events.map(({ id, news }) => ({ id, type: 'NEWS', payload: JSON.stringify(news) })) };
    },
    read: ({ payload }) => {
      const news = JSON.parse(payload) as WebhookNews;
      if (!news.kind) throw new Error('The event says nothing.');
      return news;
    },
  };
}

/** The next of a script; the last stays. */
export async function take<Answer>(script: Scripted<Answer>[], count: number): Promise<Answer> {
  const [next] = script.length > 1 ? script.splice(0, 1) : script;
  if (next === undefined) throw new Error('The script is empty.');
  return typeof next === 'function' ? await (next as (count: number) => Answer | Promise<Answer>)(count) : next;
}
