import type { z } from 'zod';
import type { ReadFailed } from '../../src/domain/outcome';
import type { ListingContext } from '../../src/ports/provider';
import type { AdapterContext } from '../../src/provider-kit/define';
import { problemJson } from '../../src/provider-kit/error-body';
import { isReadFailed, type JsonRead, judgeRead, readWithToken } from '../../src/provider-kit/judge-read';
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

export interface ListContext extends ListingContext {
  /** Nobody waits for the list any more: it is read no further. */
  signal: AbortSignal;
}

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
    let total: number | undefined;
    let offset = 0;
    for (let count = 0; count < MAX_PAGES; count += 1) {
      if (context.signal.aborted) return { entries, failure: unusable('A list of the provider was not read to its end.') };
      const page = await this.#page(list, offset, context);
      entries.push(...page.entries);
      failure = page.failure ?? failure;
      // Pages are counted out by position: where entries come or go meanwhile, others move from one page to another.
      if ((total ??= page.total) !== page.total) failure ??= unusable('A list of the provider changed while it was read.');
      offset += page.length;
      if (page.isLast) return { entries, failure };
    }
    return { entries, failure: unusable('A list of the provider is too long to be read.') };
  }

  async #page<Entry>(list: List<Entry>, offset: number, { correlationId, purpose: priority }: ListContext): Promise<Page<Entry>> {
    const { client, tokens, context } = this.#options;
    const started = context.clock.monotonic();
    const query = [...(list.query ?? []), ['offset', String(offset)], ['limit', String(PAGE_SIZE)]] as const;
    const answer = await readWithToken(tokens, list.scope, (token) => client.call(token, { method: 'GET', path: list.path, query, priority }));
    const read = isReadFailed(answer)
      ? ({ kind: 'failed', failure: answer } as const)
      : judgeRead(answer, { dialect: problemJson, requestIdHeader: REQUEST_ID_HEADER }, { nowMs: context.clock.now() });
    const page = pageOf(read, list.entry, offset);
    const { httpStatus, requestId } = read.kind === 'failed' ? read.failure : read.evidence;
    context.telemetry.providerCall({
      provider: context.id,
      operation: 'read',
      outcome: page.failure?.code ?? 'listed',
      durationMs: context.clock.monotonic() - started,
      httpStatus,
      requestId,
      correlationId,
    });
    return page;
  }
}

interface Page<Entry> extends Listed<Entry> {
  /** Entries on the wire. */
  length: number;
  /** Of the whole list, where the provider says so. */
  total?: number;
  isLast: boolean;
}

function pageOf<Entry>(read: JsonRead, entry: z.ZodType<Entry>, offset: number): Page<Entry> {
  if (read.kind === 'failed') return { entries: [], length: 0, isLast: true, failure: read.failure };
  const wire = read.kind === 'json' ? pageSchema.safeParse(read.value).data : undefined;
  if (!wire) return { entries: [], length: 0, isLast: true, failure: { ...unusable('A list of the provider could not be read.'), ...read.evidence } };

  const { length } = wire.data;
  const entries = wire.data.flatMap((item) => entry.safeParse(item).data ?? []);
  const total = wire.meta?.total_count;
  const isLast = length === 0 || (total === undefined ? length < PAGE_SIZE : offset + length >= total);
  const isWhole = entries.length === length && !(length === 0 && offset < (total ?? 0));
  const failure = isWhole ? undefined : { ...unusable('An entry of a list of the provider is missing or could not be read.'), ...read.evidence };
  return { entries, length, total, isLast, failure };
}

/** A list that is not as documented. */
export function unusable(message: string): ReadFailed {
  return { ok: false, code: 'PROVIDER_PROTOCOL_ERROR', message };
}
