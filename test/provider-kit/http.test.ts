import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type ProviderAnswer, ProviderHttp, type ProviderHttpOptions, type ProviderRequest } from '../../src/provider-kit/http';
import { httpContext } from '../support/http-context';

const cleanups: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function portOf(server: Server | TcpServer): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.');
  return address.port;
}

async function serve(listener: RequestListener): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createHttpServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${portOf(server)}`, requests };
}

/** A server that speaks bytes: `talk` gets each connection's socket after its first data. */
async function serveBytes(talk: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => talk(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${portOf(server)}`;
}

type Options = Partial<ProviderHttpOptions> & { timeoutMs?: number };

function client(baseUrl: string, { timeoutMs = 2_000, ...options }: Options = {}): ProviderHttp {
  const http = new ProviderHttp({ baseUrl, context: httpContext({ timeoutMs }), ...options });
  cleanups.push(() => http.dispose());
  return http;
}

const get: ProviderRequest = { method: 'GET', path: '/things/1', headers: { accept: 'application/json' } };

async function sendTo(baseUrl: string, options: Options = {}): Promise<ProviderAnswer> {
  return client(baseUrl, options).send(get);
}

describe('a request', () => {
  it('arrives as it was asked for, below the base path, with nothing added but what is needed', async () => {
    const { url, requests } = await serve((_request, response) => response.end());
    await client(`${url}/base/`).send({ ...get, method: 'DELETE', query: [['reason', 'a b&c']], headers: { accept: 'a/b', 'x-one': '1' } });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'DELETE', url: '/base/things/1?reason=a%20b%26c' });
    expect(Object.keys(requests[0]?.headers ?? {}).toSorted()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'x-one']);
    expect(requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('shows the signature exactly what goes over the wire, and sends what the signature adds', async () => {
    const { url, requests } = await serve((request, response) => request.resume().on('end', () => response.end()));
    const seen: unknown[] = [];
    await client(`${url}/base`).send({
      method: 'POST',
      path: '/things',
      query: [['q', '1']],
      headers: { 'content-type': 'text/plain' },
      body: 'grüße',
      finalise: (target) => {
        seen.push(target);
        return { signature: 'abc' };
      },
    });
    expect(seen).toEqual([
      {
        method: 'POST',
        path: '/base/things',
        query: '?q=1',
        body: 'grüße',
        headers: { 'content-type': 'text/plain', 'content-length': '7', 'accept-encoding': 'identity' },
      },
    ]);
    expect(requests[0]?.headers).toMatchObject({ signature: 'abc', 'content-length': '7' });
  });

  it('is not sent when the last step before it throws, and the throw goes on to the caller', async () => {
    const { url, requests } = await serve((_request, response) => response.end());
    const order: string[] = [];
    const sent = client(url).send({
      ...get,
      finalise: () => {
        order.push('finalise');
        return {};
      },
      beforeFirstByte: async () => {
        order.push('before');
        throw new Error('the mark was not written');
      },
    });
    await expect(sent).rejects.toThrow('the mark was not written');
    expect(order).toEqual(['finalise', 'before']);
    expect(requests).toHaveLength(0);
  });

  it('does not leave when the mark took the whole of its time', async () => {
    const { url, requests } = await serve((_, response) => response.end());
    const slowly = () => new Promise<void>((resolve) => setTimeout(resolve, 60));
    expect(await client(url, { timeoutMs: 50 }).send({ ...get, beforeFirstByte: slowly })).toEqual({ kind: 'notSent', cause: 'late' });
    expect(requests).toHaveLength(0);
  });

  it('has only what the mark left of its time', async () => {
    const { url } = await serve((_, response) => setTimeout(() => response.end(), 400));
    const slowly = () => new Promise<void>((resolve) => setTimeout(resolve, 300));
    expect(await client(url, { timeoutMs: 600 }).send({ ...get, beforeFirstByte: slowly })).toMatchObject({ kind: expect.stringMatching(/^(lost|notSent)$/) });
  });

  it.each(['/a/../b', '/a/./b', '/a/%2e%2e/b', '//elsewhere.test/x', 'a', '/a?b', '/a#b', '/a\\b', '/a b', '/a\tb'])(
    'to the path %j is a bug and never leaves',
    async (path) => {
      const { url, requests } = await serve((_request, response) => response.end());
      await expect((async () => client(url).send({ ...get, path }))()).rejects.toThrow(/another path/);
      expect(requests).toHaveLength(0);
    },
  );
});

describe('an answer', () => {
  it('comes with status, joined headers, media type and body', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(418, { 'Content-Type': 'Application/Problem+JSON; charset=utf-8', 'X-Many': ['a', 'b'] }).end('{}');
    });
    expect(await sendTo(url)).toMatchObject({
      kind: 'answer',
      status: 418,
      headers: { 'x-many': 'a, b' },
      mediaType: 'application/problem+json',
      body: Buffer.from('{}'),
    });
  });

  it.each([301, 302, 303, 307, 308])('with redirect %i is given as it is, and nobody goes there', async (status) => {
    const elsewhere = await serve((_request, response) => response.end());
    const { url } = await serve((_request, response) => response.writeHead(status, { location: elsewhere.url }).end());
    expect(await sendTo(url)).toMatchObject({ kind: 'answer', status });
    expect(elsewhere.requests).toHaveLength(0);
  });

  it.each([
    ['gzip', gzipSync('{"a":1}')],
    ['deflate', deflateSync('{"a":1}')],
    ['br', brotliCompressSync('{"a":1}')],
  ])('compressed with %s although nobody asked for it is read all the same', async (coding, body) => {
    const { url } = await serve((_request, response) => response.writeHead(200, { 'content-encoding': coding }).end(body));
    expect(await sendTo(url)).toMatchObject({ kind: 'answer', body: Buffer.from('{"a":1}') });
  });

  it('with a content coding and no content is empty', async () => {
    const { url } = await serve((_request, response) => response.writeHead(202, { 'content-encoding': 'gzip', 'content-length': '0' }).end());
    expect(await sendTo(url)).toMatchObject({ kind: 'answer', status: 202, body: Buffer.alloc(0) });
  });

  it('of exactly the most bytes is read; one more is too large, packed or not', async () => {
    const limit = 1024 * 1024;
    const sizes = [limit, limit + 1];
    // What is as large as this takes a busy machine longer.
    const patient = { timeoutMs: 20_000 };
    const plain = await serve((_request, response) => response.end(Buffer.alloc(sizes.shift() ?? 0)));
    expect(await sendTo(plain.url, patient)).toMatchObject({ kind: 'answer' });
    expect(await sendTo(plain.url, patient)).toEqual({ kind: 'lost', cause: 'tooLarge', status: 200 });
    const packed = gzipSync(Buffer.alloc(64 * limit));
    const bomb = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
    });
    expect(await sendTo(bomb.url, patient)).toEqual({ kind: 'lost', cause: 'tooLarge', status: 200 });
  });
});

describe('a lost answer', () => {
  const http200 = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

  it.each<[string, (socket: Socket) => void, ProviderAnswer]>([
    ['reset before any byte', (socket) => socket.resetAndDestroy(), { kind: 'lost', cause: 'reset' }],
    ['an end before any byte', (socket) => socket.end(), { kind: 'lost', cause: 'reset' }],
    ['a body shorter than announced', (socket) => socket.end(`${http200}content-length: 10\r\n\r\n{`), { kind: 'lost', cause: 'truncated', status: 200 }],
    ['a chunked body that is cut', (socket) => socket.end(`${http200}transfer-encoding: chunked\r\n\r\n5\r\n{"a"`), { kind: 'lost', cause: 'truncated', status: 200 }],
    ['what is not HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9\r\n'), { kind: 'lost', cause: 'truncated' }],
    ['an unknown content coding', (socket) => socket.end(`${http200}content-encoding: zip\r\ncontent-length: 1\r\n\r\n{`), { kind: 'lost', cause: 'encoding', status: 200 }],
    ['a body that is not in its coding', (socket) => socket.end(`${http200}content-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd`), { kind: 'lost', cause: 'encoding', status: 200 }],
    ['a packed body that ends early', (socket) => {
      const packed = gzipSync('{"a":1}').subarray(0, 12);
      socket.write(`${http200}content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`);
      socket.end(packed);
    }, { kind: 'lost', cause: 'truncated', status: 200 }],
  ])('%s', async (_what, talk, expected) => {
    let connections = 0;
    const url = await serveBytes((socket) => {
      connections += 1;
      talk(socket);
    });
    expect(await sendTo(url)).toEqual(expected);
    expect(connections).toBe(1);
  });

  it('a reset while TLS is being set up proves nothing', async () => {
    const url = await serveBytes((socket) => socket.resetAndDestroy());
    expect(await sendTo(url.replace('http:', 'https:'))).toEqual({ kind: 'lost', cause: 'reset' });
  });

  it('no answer within the deadline', async () => {
    const { url, requests } = await serve(() => {});
    expect(await sendTo(url, { timeoutMs: 200 })).toEqual({ kind: 'lost', cause: 'timeout' });
    expect(requests).toHaveLength(1);
  });

  it('a body that drips past the deadline, though every byte comes soon', async () => {
    const { url } = await serve((_request, response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(await sendTo(url, { timeoutMs: 300 })).toEqual({ kind: 'lost', cause: 'timeout', status: 200 });
  });

  it('a kept connection that dies under the next request: nothing is sent again by itself', async () => {
    const heard: string[] = [];
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => {
        heard.push(data.toString().split(' ', 1)[0] ?? '');
        if (heard.length === 1) socket.write(`${http200}content-length: 2\r\n\r\n{}`);
        else socket.resetAndDestroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const http = client(`http://127.0.0.1:${portOf(server)}`);
    expect(await http.send(get)).toMatchObject({ kind: 'answer' });
    expect(await http.send({ ...get, method: 'DELETE' })).toEqual({ kind: 'lost', cause: 'reset' });
    expect(heard).toEqual(['GET', 'DELETE']);
  });
});

describe('a request that never left', () => {
  it('when nobody listens', async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = portOf(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await sendTo(`http://127.0.0.1:${port}`)).toEqual({ kind: 'notSent', cause: 'refused' });
    expect(await sendTo(`http://localhost:${port}`)).toEqual({ kind: 'notSent', cause: 'refused' });
  });

  it('when the name does not resolve', async () => {
    // RFC 6761: "invalid" never exists.
    expect(await sendTo('http://gateway.invalid')).toEqual({ kind: 'notSent', cause: 'dns' });
  });

  it('when the other side speaks no TLS', async () => {
    const url = await serveBytes((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await sendTo(url.replace('http:', 'https:'))).toEqual({ kind: 'notSent', cause: 'tls' });
  });

  it('when all connections are busy for too long, or too many wait already', async () => {
    const { url, requests } = await serve(() => {});
    const http = client(url, { timeoutMs: 1_500, connections: 1, queue: 1, queueWaitMs: 200 });
    const first = http.send(get);
    const waiting = http.send(get);
    const tooMany = http.send(get);
    expect(await tooMany).toEqual({ kind: 'notSent', cause: 'poolFull' });
    expect(await waiting).toEqual({ kind: 'notSent', cause: 'poolFull' });
    expect(await first).toEqual({ kind: 'lost', cause: 'timeout' });
    expect(requests).toHaveLength(1);
  });

  it('after the client was disposed of', async () => {
    const { url, requests } = await serve((_request, response) => response.end());
    const http = client(url);
    await http.dispose();
    expect(await http.send(get)).toEqual({ kind: 'notSent', cause: 'poolFull' });
    expect(requests).toHaveLength(0);
  });
});
