/**
 * `npm run demo`: a gateway on short intervals with a sandbox of each provider behind it. Closes accounts through
 * the public API, shows what happens, and stays up until Ctrl-C. Nothing is left behind.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { explainStartFailure } from '../src/start-failure';
import { type BlockerSeen, type ClosureSeen, closeAccount, closureStatus, type HistoryEntry } from './demo-client';
import { startDemoGateway } from './demo-gateway';
import { idePage } from './demo-ide';
import { type Scene, scenes } from './demo-scenes';
import { untilSignal } from './until-signal';

/** How often the demo asks for news, ms. */
const LOOK_EVERY_MS = 100;
/** Nothing in the demo takes this long, ms; an answer is better than a wait without end. */
const PATIENCE_MS = 30_000;

const CAUSES: Record<string, string> = {
  REQUEST: 'recorded',
  RESPONSE: "from the provider's answer",
  POLL: 'from a read of the account',
  WEBHOOK: "from the provider's webhook",
  OPERATOR: 'by a person',
  TIMER: 'by date',
};

function show({ to, at, cause, detail }: HistoryEntry, since: number): void {
  const seconds = `${((Date.parse(at) - since) / 1000).toFixed(2)} s`;
  const why = CAUSES[cause] ?? cause;
  console.log(`   ${seconds.padStart(8)}  ${to.padEnd(16)} ${why.padEnd(27)} ${detail ?? ''}`.trimEnd());
}

/** What stands in the way, and who can do something about it. */
function inTheWay({ message, amount, currency, resolvableBy }: BlockerSeen): string {
  return [message, amount, currency, `(${resolvableBy})`].filter(Boolean).join(' ');
}

async function play(url: string, { title, input }: Scene, number: number): Promise<void> {
  const { provider, kind, id } = input.account;
  console.log(`\n${number}. ${title}\n   ${provider}  ${kind}  ${id}  ${input.reason}`);
  const since = Date.now();
  const { closure, error } = await closeAccount(url, { idempotencyKey: randomUUID(), ...input });
  if (closure) await follow(url, closure, since);
  if (error) {
    console.log(`   Refused: ${error.code} (retry: ${error.retry}). ${error.message}`);
    for (const blocker of error.blockers) console.log(`            ${inTheWay(blocker)}`);
  }
}

async function follow(url: string, closure: ClosureSeen, since: number): Promise<void> {
  let seen = closure;
  let shown = 0;
  let waitsFor = '';
  for (;;) {
    for (const entry of seen.history.slice(shown)) show(entry, since);
    shown = seen.history.length;
    const blockers = seen.terminal ? '' : seen.blockers.map(inTheWay).join(' ');
    if (blockers && blockers !== waitsFor) console.log(`             waits for: ${blockers}`);
    waitsFor = blockers;
    if (seen.terminal) {
      for (const { account, history } of seen.children) console.log(`             its account ${account.displayId}: ${history.map(({ to }) => to).join(', ')}`);
      return;
    }
    if (Date.now() - since > PATIENCE_MS) throw new Error(`The closure ${closure.id} did not come to its end.`);
    await wait(LOOK_EVERY_MS);
    seen = await closureStatus(url, closure.id);
  }
}

/** A request for a fresh account, as a line for the shell. */
function curlLine(url: string): string {
  const input = `{idempotencyKey: "${randomUUID()}", account: {provider: "emoney", id: "${randomUUID()}"}, reason: CUSTOMER_REQUEST}`;
  const query = `mutation { closeAccount(input: ${input}) { replayed closure { id status } error { code message } } }`;
  return `curl -s ${url}/graphql -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`;
}

function invitation(url: string): string {
  return `
It stays up: now you.
  GraphQL IDE (works offline)   ${url}/graphql
  Health and metrics            ${url}/readyz  ${url}/metrics
  Close one more account        ${curlLine(url)}
  The same line again           the same closure, with "replayed": true
  Accounts that misbehave       providers/*/README.md list the ids with which the sandboxes refuse, stall or hang up
Ctrl-C ends it and removes everything.`;
}

async function playAll(url: string): Promise<void> {
  for (const [index, scene] of scenes().entries()) await play(url, scene, index + 1);
  console.log(invitation(url));
}

async function main(): Promise<void> {
  const stopped = untilSignal();
  const gateway = await startDemoGateway({ port: process.env.PORT ?? '4000', ide: idePage() });
  try {
    console.log(`The gateway is up at ${gateway.url}/graphql, with a sandbox of each provider behind it.`);
    await Promise.race([stopped, playAll(gateway.url)]);
    await stopped;
  } finally {
    await gateway.dispose();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`The demo cannot go on.\n${explainStartFailure(error)}`);
    process.exit(1);
  },
);
