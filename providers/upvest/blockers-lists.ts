import type { z } from 'zod';
import type { ReadFailed } from '../../src/domain/outcome';
import type { ReadContext } from '../../src/ports/provider';
import type { AdapterContext } from '../../src/provider-kit/define';
import { problemJson } from '../../src/provider-kit/error-body';
import { isReadFailed, judgeRead, readWithToken } from '../../src/provider-kit/judge-read';
import type { TokenCache } from '../../src/provider-kit/oauth';
import { pageSchema, REQUEST_ID_HEADER } from './api';
import type { UpvestClient } from './client';

/** A list, and how one entry of it is read. */
export interface List<Entry> {
  scope: string;
  path: string;
  query?: readonly (readonly [string, string])[];
  entry: z.ZodType<Entry>;
}

/** The entries that could be read; `failure` where there may be more. */
export interface Listed<Entry> {
  entries: Entry[];
  failure?: ReadFailed;
}

export interface ListsOptions {
  client: Pick<UpvestClient, 'call'>;
  tokens: TokenCache;
  context: Pick<AdapterContext, 'id' | 'clock' | 'telemetry'>;
}

export type ListContext = Pick<ReadContext, 'correlationId' | 'purpose'>;

/** The provider's own default, and small enough for a page of any list to stay below the limit for a body. */
const PAGE_SIZE = 100;
/** A list that goes on behind this is not read to its end. */
const MAX_PAGES = 100;

/** The provider's lists, all pages of them. https://docs.upvest.co/api/Accounts */
export class UpvestLists {
  readonly #options: ListsOptions;

  constructor(options: ListsOptions) {
    this.#options = options;
  }

  async read<Entry>(list: List<Entry>, context: ListContext): Promise<Listed<Entry>> {
    const entries: Entry[] = [];
    let failure: ReadFailed | undefined;
    let offset = 0;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const read = await this.#page(list, offset, context);
      if ('ok' in read) return { entries, failure: read };
      for (const item of read.data) {
        const entry = list.entry.safeParse(item);
        if (entry.success) entries.push(entry.data);
        else failure = unusable('An entry of a list of the provider could not be read.');
      }
      offset += read.data.length;
      const total = read.meta?.total_count;
      if (total === undefined ? read.data.length < PAGE_SIZE : offset >= total) return { entries, failure };
      if (read.data.length === 0) return { entries, failure: unusable('A list of the provider ended early.') };
    }
    return { entries, failure: unusable('A list of the provider is too long to be read.') };
  }

  async #page(list: List<unknown>, offset: number, { correlationId, purpose }: ListContext): Promise<z.output<typeof pageSchema> | ReadFailed> {
    const { client, tokens, context } = this.#options;
    const started = context.clock.monotonic();
    const query = [...(list.query ?? []), ['offset', String(offset)], ['limit', String(PAGE_SIZE)]] as const;
    const answer = await readWithToken(tokens, list.scope, (token) => client.call(token, { method: 'GET', path: list.path, query, priority: purpose }));
    const read = isReadFailed(answer)
      ? ({ kind: 'failed', failure: answer } as const)
      : judgeRead(answer, { dialect: problemJson, requestIdHeader: REQUEST_ID_HEADER }, { nowMs: context.clock.now() });
    const page = read.kind === 'json' ? pageSchema.safeParse(read.value).data : undefined;
    const evidence = read.kind === 'failed' ? read.failure : read.evidence;
    const failure = read.kind === 'failed' ? read.failure : { ...unusable('A list of the provider could not be read.'), ...read.evidence };
    context.telemetry.providerCall({
      provider: context.id,
      operation: 'read',
      outcome: page ? 'listed' : failure.code,
      durationMs: context.clock.monotonic() - started,
      httpStatus: evidence.httpStatus,
      requestId: evidence.requestId,
      correlationId,
    });
    return page ?? failure;
  }
}

/** A list that is not as documented. */
export function unusable(message: string): ReadFailed {
  return { ok: false, code: 'PROVIDER_PROTOCOL_ERROR', message };
}
