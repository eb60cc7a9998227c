import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { assertCompositionSuccess, composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import type { Running } from '../../examples/federated-graph/subgraph';

/** A subgraph by its name and its GraphQL address. */
export interface SubgraphAddress {
  name: string;
  url: string;
}

async function sdlOf(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ service: _service { sdl } }' }),
  });
  return ((await response.json()) as { data: { service: { sdl: string } } }).data.service.sdl;
}

/** Hive Gateway in front of the subgraphs, composed by The Guild's composition, on any free port of loopback. */
export async function startHiveRouter(subgraphs: SubgraphAddress[]): Promise<Running> {
  const services = await Promise.all(subgraphs.map(async ({ name, url }) => ({ name, url, typeDefs: parse(await sdlOf(url)) })));
  const composed = composeServices(services);
  assertCompositionSuccess(composed);
  const runtime = createGatewayRuntime({
    supergraph: composed.supergraphSdl,
    logging: false,
    graphiql: false,
    landingPage: false,
    // It would ask for a subscription by GET, which a subgraph that minds forged requests refuses.
    transportEntries: { '*.http': { options: { method: 'POST' } } },
    propagateHeaders: { fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') ?? undefined }) },
  });
  const server = createServer(runtime);
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async dispose() {
      server.closeAllConnections();
      await new Promise((closed) => void server.close(closed));
      await runtime.dispose();
    },
  };
}
