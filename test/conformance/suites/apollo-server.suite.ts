import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer, type ApolloServerOptions } from '@apollo/server';
import { defineIntegrationTestSuite, type CreateServerForIntegrationTestsResult } from '@apollo/server-integration-testsuite';
import { SCOPES } from '../../../src/domain/caller';
import type { ClosureService } from '../../../src/engine/service';
import type { ApiContext } from '../../../src/graphql/context';
import { maskErrors } from '../../../src/graphql/errors/mask-error';
import { serveApollo } from '../../../src/http/server';

/** The suite brings schemas of its own, which never call the engine. */
const service = {} as ClosureService;

defineIntegrationTestSuite(async (config, options) => {
  const server = new ApolloServer(config as unknown as ApolloServerOptions<object>);
  const execute = server.executeHTTPGraphQLRequest.bind(server);
  server.executeHTTPGraphQLRequest = (asked) =>
    execute({
      ...asked,
      async context() {
        // The gateway's own first: it refuses callers and documents.
        await asked.context();
        return options?.context ? options.context() : {};
      },
    });
  const logger = { error: () => undefined };
  const http = serveApollo(server as unknown as ApolloServer<ApiContext>, maskErrors(logger, true), {
    service,
    isRouter: () => true,
    authenticate: async () => ({ tenant: 'default', subject: 'someone', scopes: new Set(SCOPES) }),
    logger,
    metrics: async () => '',
    health: async () => undefined,
    receiveWebhook: async () => 'unknown' as const,
  });
  const front = await startFront(await http.listen('127.0.0.1', 0));
  const result = {
    server,
    url: front.url,
    async extraCleanup() {
      await http.drain();
      await front.close();
    },
  };
  // The suite has a copy of the server's types of its own.
  return result as unknown as CreateServerForIntegrationTestsResult;
});

/** The suite asks at the root of an origin; the gateway answers at /graphql alone. */
async function startFront(origin: string): Promise<{ url: string; close(): Promise<void> }> {
  const { hostname, port } = new URL(origin);
  const front = createServer((incoming, outgoing) => {
    const path = String(incoming.url).replace(/^\//, '/graphql');
    const onward = request({ hostname, port, path, method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((listening) => void front.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    close: () => new Promise((closed) => void front.close(() => closed())),
  };
}
