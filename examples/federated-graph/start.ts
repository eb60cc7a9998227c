/**
 * `npm run example:federated-graph`: two neighbour subgraphs, the gateway with its sandboxes, and a router in front of
 * them. Closes accounts through the router, and stays up until Ctrl-C. Nothing is left behind.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { startDemoGateway } from '../../scripts/demo-gateway';
import { untilSignal } from '../../scripts/until-signal';
import { explainStartFailure } from '../../src/start-failure';
import { accounts } from './accounts';
import { customers } from './customers';
import { startRouter } from './router';
import { serveSubgraph } from './subgraph';

const LOOK_EVERY_MS = 100;
const QUERY = '{ me { accounts { iban closure { status blockers { message } } } } }';
const CLOSE = `mutation ($key: String!, $account: AccountInput!) {
  closeAccount(input: { idempotencyKey: $key, account: $account, reason: CUSTOMER_REQUEST }) { closure { id } error { code } }
}`;

/** Three of Ana's four accounts. */
const TO_CLOSE = [
  { provider: 'emoney', idType: 'IBAN', id: 'ES91 2100 0418 4502 0005 1332' },
  // The sandboxes give this one a balance, and the next one securities.
  { provider: 'emoney', id: 'acc00000-0000-4000-8000-000000000001' },
  { provider: 'upvest', id: 'ac000000-0000-4000-8000-000000000009' },
];

interface Answer {
  me: { accounts: { iban: string; closure: { status: string; blockers: { message: string }[] } | null }[] };
}

async function ask<Data>(url: string, query: string, variables: object = {}): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
  if (!data || errors) throw new Error(`The router answered: ${errors?.map(({ message }) => message).join('; ') ?? response.status}`);
  return data;
}

/** Until each of them is closed, or the gateway has found out what it waits for. */
async function closeAll(url: string): Promise<void> {
  for (const account of TO_CLOSE) await ask(url, CLOSE, { key: randomUUID(), account });
  for (;;) {
    const { me } = await ask<Answer>(url, QUERY);
    const closures = me.accounts.flatMap(({ closure }) => closure ?? []);
    if (closures.every(({ status, blockers }) => status === 'CLOSED' || blockers.length > 0)) return;
    await wait(LOOK_EVERY_MS);
  }
}

async function main(): Promise<void> {
  const stopped = untilSignal();
  const closures = await startDemoGateway({ port: '0' });
  const toDispose: { dispose(): Promise<void> }[] = [closures];
  try {
    const subgraphs = [{ name: 'closures', url: `${closures.url}/graphql` }];
    for (const subgraph of [customers, accounts]) {
      const running = await serveSubgraph(subgraph);
      toDispose.unshift(running);
      subgraphs.push({ name: subgraph.name, url: running.url });
    }
    const router = await startRouter(subgraphs, Number(process.env.PORT ?? '4000'));
    toDispose.unshift(router);
    for (const { name, url } of subgraphs) console.log(`${name.padEnd(10)} ${url}`);
    console.log(`router     ${router.url}\n\nClosing three of Ana's four accounts through the router.`);
    await Promise.race([stopped, closeAll(router.url)]);
    console.log(`Now ask for them:\n  curl -s ${router.url} -H 'content-type: application/json' -d '${JSON.stringify({ query: QUERY })}'\nCtrl-C ends it.`);
    await stopped;
  } finally {
    for (const part of toDispose) await part.dispose();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`The example cannot go on.\n${explainStartFailure(error)}`);
    process.exit(1);
  },
);
