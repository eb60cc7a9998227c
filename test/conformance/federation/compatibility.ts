import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTrace } from '@apollo/server/plugin/inlineTrace';
import { startStandaloneServer } from '@apollo/server/standalone';
import { startRouter } from '../../../examples/federated-graph/router';
import type { Running } from '../../../examples/federated-graph/subgraph';
import { startChild, type Child } from '../../support/child';
import { freePorts } from '../../support/free-port';
import { startHiveRouter } from '../hive-router';
import { judge, runJest, type Verdict } from '../jest-run';
import { buildProducts } from './products';

/**
 * The package is no dependency: its own would download binaries and a process manager. Its tests and its two neighbour
 * subgraphs need neither.
 */
const PACKAGE = '@apollo/federation-subgraph-compatibility-tests@1.2.1';
const INTEGRITY = 'sha512-aR8+SS8lgMa+DEc1Gjn7d1IeqJGxegfwdFhDiF2eT6T0fGujCYEgJQXqPKMXRViIiFtoqxGktvpjJmILrC5coA==';
const TESTS = 23;
const NODE_MODULES = join(__dirname, '../../../../node_modules');
/** Where its tests look for a router. */
const ROUTER = 'http://localhost:4000/';

const ROUTERS = {
  '@apollo/gateway': (subgraphs: { name: string; url: string }[]) => startRouter(subgraphs, 0),
  '@graphql-hive/gateway-runtime': startHiveRouter,
};

/** A tool of the machine, with the whole environment: npm that lacks a certificate or a proxy of it tries for minutes before it gives up. */
async function runTool(program: string, args: string[], cwd: string): Promise<string> {
  const child = startChild(program, args, process.env, { cwd });
  const status = await child.ended;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${child.stderr()}`);
  return child.stdout();
}

/** @returns the unpacked package's folder */
async function fetchPackage(folder: string): Promise<string> {
  const file = (await runTool('npm', ['pack', PACKAGE, '--silent'], folder)).trim();
  const integrity = `sha512-${createHash('sha512').update(readFileSync(join(folder, file))).digest('base64')}`;
  if (integrity !== INTEGRITY) throw new Error(`${PACKAGE} is not what it was: ${integrity}`);
  await runTool('tar', ['-xzf', file], folder);
  return join(folder, 'package');
}

async function startProducts(): Promise<Running> {
  // Federated tracing, which the gateway has off, is among the tests.
  const plugins = [ApolloServerPluginInlineTrace()];
  const server = new ApolloServer({ schema: buildProducts().schema, plugins, stopOnTerminationSignals: false });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  return { url, dispose: () => server.stop() };
}

/** Runs the package's tests with our products subgraph behind each router; figures by router. */
export async function federationCompatibility(): Promise<Record<string, Verdict>> {
  const folder = mkdtempSync(join(tmpdir(), 'closure-federation-'));
  const children: Child[] = [];
  const products = await startProducts();
  try {
    const unpacked = await fetchPackage(folder);
    const port = await freePorts(2);
    const neighbours = ['users', 'inventory'].map((name, index) => ({ name, port: String(port + index) }));
    for (const neighbour of neighbours) {
      const child = startChild('node', [join(unpacked, 'dist/subgraphs', neighbour.name, 'index.js')], {
        [`${neighbour.name.toUpperCase()}_PORT`]: neighbour.port,
      });
      children.push(child);
      await child.waitFor(/subgraph ready at/i);
    }
    const others = neighbours.map((neighbour) => ({ name: neighbour.name, url: `http://localhost:${neighbour.port}/` }));
    const subgraphs = [{ name: 'products', url: products.url }, ...others];
    const verdicts: Record<string, Verdict> = {};
    for (const [name, start] of Object.entries(ROUTERS)) {
      const router = await start(subgraphs);
      try {
        verdicts[name] = await runThrough(router.url, products.url, unpacked);
      } finally {
        await router.dispose();
      }
    }
    return verdicts;
  } finally {
    await Promise.all(children.map((child) => child.kill()));
    await products.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runThrough(router: string, products: string, unpacked: string): Promise<Verdict> {
  const client = join(unpacked, 'dist/utils/client.js');
  const original = readFileSync(client, 'utf8');
  if (!original.includes(ROUTER)) throw new Error(`The tests do not look for a router at ${ROUTER}.`);
  writeFileSync(client, original.replace(ROUTER, router));
  try {
    const config = { rootDir: unpacked, testMatch: ['<rootDir>/dist/tests/*.test.js'], transform: {}, modulePaths: [NODE_MODULES] };
    return judge(await runJest(config, { PRODUCTS_URL: products }), { tests: TESTS, exceptions: {} });
  } finally {
    writeFileSync(client, original);
  }
}
