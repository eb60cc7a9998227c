import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';

/**
 * Callers of a gateway, in a process of their own: forked by a bench, told what to do by messages, and ended by it.
 * The gateway and its callers are not to wait for each other's turns.
 */
export interface LoadOrder {
  url: string;
  /** Close requests per second at each provider, sent when they are due whether or not others are answered; null: as many as 32 sides get answered. */
  perSecond: number | null;
  providers: string[];
  seconds: number;
}

export interface LoadReport {
  /** From when a request was due to its answer, ms, by provider. */
  latencies: Record<string, number[]>;
  /** Answers without a recorded closure, or none at all. */
  failures: number;
  seconds: number;
}

const SIDES = 32;
const CLOSE = 'mutation ($input: CloseAccountInput!) { closeAccount(input: $input) { closure { id status } error { code } } }';

/** Enough connections for callers who wait for a provider that hangs. */
const agent = new Agent({ connections: 4_096, pipelining: 1 });

async function close(url: string, provider: string): Promise<boolean> {
  const input = { idempotencyKey: randomUUID(), account: { provider, id: randomUUID() }, reason: 'CUSTOMER_REQUEST' };
  try {
    const { body } = await agent.request({
      origin: url,
      path: '/graphql',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: CLOSE, variables: { input } }),
    });
    const { data } = (await body.json()) as { data?: { closeAccount: { closure: unknown } } };
    return Boolean(data?.closeAccount.closure);
  } catch {
    return false;
  }
}

async function run({ url, perSecond, providers, seconds }: LoadOrder): Promise<LoadReport> {
  const latencies = Object.fromEntries(providers.map((provider) => [provider, [] as number[]]));
  let failures = 0;
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const one = async (provider: string, dueAt: number) => {
    if (await close(url, provider)) latencies[provider]!.push(performance.now() - dueAt);
    else failures += 1;
  };
  const side = async (index: number) => {
    for (let turn = index; performance.now() < end; turn += 1) await one(providers[turn % providers.length]!, performance.now());
  };
  /** One after the other on the clock: a slow answer delays no request, and counts from when its request was due. */
  const stream = async (provider: string, rate: number) => {
    const all: Promise<void>[] = [];
    for (let count = 0; ; count += 1) {
      const dueAt = begin + (count * 1000) / rate;
      if (dueAt >= end) break;
      if (dueAt > performance.now()) await new Promise((resolve) => setTimeout(resolve, dueAt - performance.now()));
      all.push(one(provider, dueAt));
    }
    await Promise.all(all);
  };
  await Promise.all(
    perSecond === null ? Array.from({ length: SIDES }, (_, index) => side(index)) : providers.map((provider) => stream(provider, perSecond)),
  );
  return { latencies, failures, seconds: (performance.now() - begin) / 1000 };
}

process.on('message', (order: LoadOrder) => {
  void run(order).then((report) => process.send?.(report));
});
