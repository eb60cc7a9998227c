/** Requests over HTTP, answered at once or as a stream of server-sent events. */
export interface HttpRequest {
  method: 'GET' | 'POST';
  /** Of the address: by GET, where the request is. */
  query: string;
  body?: string;
  headers: Record<string, string>;
}

/** What came back, over whichever transport. */
export interface Answer {
  /** Of HTTP, or why a WebSocket was closed; null: it was not. */
  status: number | null;
  /** Everything that was said, as it came. */
  texts: string[];
}

/** Whoever waits longer found a request that hangs, ms. */
export const HANGS_AFTER_MS = 60_000;
/** So many events of one subscription are enough, and so long without another: then it is let go, ms. */
export const FEW_EVENTS = 3;
export const QUIET_MS = 100;

/** @throws for a request that hangs, and for a connection that is lost */
export async function askByHttp(url: string, { method, query, body, headers }: HttpRequest): Promise<Answer> {
  const letGo = new AbortController();
  const signal = AbortSignal.any([letGo.signal, AbortSignal.timeout(HANGS_AFTER_MS)]);
  const response = await fetch(`${url}/graphql${query}`, { method, headers, body, signal });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  return { status: response.status, texts: isStream ? await firstEvents(response, letGo) : [await response.text()] };
}

async function firstEvents(response: Response, letGo: AbortController): Promise<string[]> {
  const texts: string[] = [];
  const decoder = new TextDecoder();
  let unread = '';
  let quiet: NodeJS.Timeout | undefined;
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      unread += decoder.decode(chunk, { stream: true });
      const events = unread.split('\n\n');
      unread = events.pop() ?? '';
      texts.push(...events.flatMap((event) => /^data: (.+)$/m.exec(event)?.[1] ?? []));
      clearTimeout(quiet);
      if (texts.length >= FEW_EVENTS) break;
      if (texts.length > 0) quiet = setTimeout(() => letGo.abort(), QUIET_MS);
    }
  } catch (error) {
    if (!letGo.signal.aborted) throw error;
  } finally {
    clearTimeout(quiet);
  }
  return texts;
}
