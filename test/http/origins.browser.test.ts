import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../examples/web-page';
import { type Api, startApi } from '../support/api';
import { byToken } from '../support/watching';

/** What a page of an origin gets from the gateway, each way that a client of the API asks. */
interface Got {
  post: unknown;
  get: unknown;
  refused: unknown;
  stream: unknown;
  socket: unknown;
}

let browser: Browser;
let pages: Server[];
let api: Api;
let allowed: string;
let other: string;
beforeAll(async () => {
  pages = await Promise.all([startPages(), startPages()]);
  [allowed = '', other = ''] = pages.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  api = await startApi({ authenticate: byToken, allowedOrigins: [allowed] });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await api?.close();
  for (const server of pages ?? []) server.close();
});

async function startPages(): Promise<Server> {
  const server = createServer((_request, response) => void response.setHeader('content-type', 'text/html').end('<!doctype html><title>A page</title>'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** In the page itself: the browser decides what it may send, and what it is shown. */
async function ask(page: Page, closureId: string): Promise<Got> {
  return page.evaluate(
    async ({ url, id }) => {
      const query = '{ closureProviders { id } }';
      const headers = { authorization: 'default/someone', 'content-type': 'application/json', 'x-correlation-id': 'page-of-a-bank' };
      const tried = (work: Promise<unknown>) => work.catch((error: unknown) => (error as Error).name);
      const read = async (response: Response) => [response.status, response.headers.get('x-correlation-id'), await response.json()];
      const post = fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) }).then(read);
      const get = fetch(`${url}?query=${encodeURIComponent(query)}`, { headers: { ...headers, 'apollo-require-preflight': 'true' } }).then(read);
      const { authorization: _token, ...unnamed } = headers;
      const refused = fetch(url, { method: 'POST', headers: unnamed, body: JSON.stringify({ query }) }).then(({ status }) => status);
      const watch = { query: 'subscription ($id: ID!) { closureUpdated(closureId: $id) { status } }', variables: { id } };
      const stream = fetch(url, { method: 'POST', headers: { ...headers, accept: 'text/event-stream' }, body: JSON.stringify(watch) }).then((response) => response.text());
      const socket = new Promise((resolve) => {
        const opened = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
        opened.addEventListener('open', () => {
          opened.close();
          resolve('open');
        });
        opened.addEventListener('error', () => resolve('refused'));
      });
      return { post: await tried(post), get: await tried(get), refused: await tried(refused), stream: await tried(stream), socket: await socket };
    },
    { url: `${api.url}/graphql`, id: closureId },
  );
}

async function askFrom(origin: string): Promise<Got> {
  const page = await browser.newPage();
  try {
    await page.goto(origin);
    const { id } = await api.seed({ status: 'CLOSED' });
    return await ask(page, id);
  } finally {
    await page.close();
  }
}

it('a page of an origin that the gateway was told of uses the API from a browser', async () => {
  const answer = [200, 'page-of-a-bank', { data: { closureProviders: [{ id: 'some_bank' }] } }];
  expect(await askFrom(allowed)).toEqual({ post: answer, get: answer, refused: 401, stream: expect.stringContaining('CLOSED'), socket: 'open' });
});

it('a page of another origin gets nothing', async () => {
  expect(await askFrom(other)).toEqual({ post: 'TypeError', get: 'TypeError', refused: 'TypeError', stream: 'TypeError', socket: 'refused' });
});
