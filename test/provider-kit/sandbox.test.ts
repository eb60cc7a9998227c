import { request as httpRequest } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { startSandboxServer, jsonAnswer, jsonBody, type SandboxServer } from '../../src/provider-kit/sandbox';
import { FAULT_NAMES, faultBehaviour, faultId, faultOfAccount, type FaultName } from '../../src/provider-kit/sandbox-faults';

interface Got {
  status?: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  /** How the exchange broke, if it did. */
  broken?: string;
}

/** One request on a connection of its own; resolves for whatever happens to it. */
function send(base: string, method: string, path: string, body = ''): Promise<Got> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const request = httpRequest(`${base}${path}`, { method, agent: false }, (response) => {
      const got = (broken?: string): void =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks), broken });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => got());
      response.on('error', (error: NodeJS.ErrnoException) => got(error.code));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve({ headers: {}, body: Buffer.alloc(0), broken: error.code }));
    request.end(body);
  });
}

/** Closes accounts with DELETE, once each; reads with GET. */
function startBank(): Promise<SandboxServer> {
  const closed = new Set<string>();
  return startSandboxServer({
    primaryId: (id) => id.replace(/^alias-/, ''),
    route({ method, path, body }) {
      const accountId = path.slice(1);
      const primary = accountId.replace(/^alias-/, '');
      if (method === 'POST') return { operation: 'other', process: () => jsonAnswer(200, { echo: jsonBody(body) ?? null }) };
      if (method === 'GET') return { operation: 'read', accountId, process: () => jsonAnswer(200, { closed: closed.has(primary) }) };
      return {
        operation: 'close',
        accountId,
        process: () => {
          if (closed.has(primary)) return { status: 422 };
          closed.add(primary);
          return { status: 204, effect: true };
        },
      };
    },
  });
}

let bank: SandboxServer;
beforeEach(async () => {
  bank = await startBank();
});
afterEach(() => bank.dispose());

const closeIt = (id: string): Promise<Got> => send(bank.url, 'DELETE', `/${id}`);

describe('the ledger', () => {
  it('keeps each request with its query, status and effect', async () => {
    await send(bank.url, 'DELETE', '/one?why=not');
    await closeIt('one');
    await send(bank.url, 'GET', '/one');
    expect(bank.ledger).toMatchObject([
      { method: 'DELETE', path: '/one', query: '?why=not', operation: 'close', accountId: 'one', status: 204, effect: true },
      { method: 'DELETE', operation: 'close', status: 422, effect: false },
      { method: 'GET', operation: 'read', status: 200, effect: false },
    ]);
    expect(bank.closeRequests('one')).toBe(2);
    expect(bank.effectiveCloses('one')).toBe(1);
  });

  it('counts one account under all its identifiers', async () => {
    await closeIt('alias-two');
    await closeIt('two');
    await closeIt('three');
    expect(bank.closeRequests('two')).toBe(2);
    expect(bank.closeRequests('alias-two')).toBe(2);
    expect(bank.effectiveCloses('alias-two')).toBe(1);
    expect(bank.closeRequests()).toBe(3);
  });
});

describe('requests', () => {
  it('reach the handler with their body', async () => {
    const got = await send(bank.url, 'POST', '/', '{"a":1}');
    expect(got.headers['content-type']).toBe('application/json');
    expect(got.body.toString()).toBe('{"echo":{"a":1}}');
    expect((await send(bank.url, 'POST', '/', '{"a":')).body.toString()).toBe('{"echo":null}');
  });

  it('are refused above 64 KiB', async () => {
    expect((await send(bank.url, 'POST', '/', 'x'.repeat(64 * 1024 + 1))).status).toBe(413);
    expect((await send(bank.url, 'POST', '/', 'x'.repeat(64 * 1024))).status).toBe(200);
    expect(bank.ledger).toHaveLength(1);
  });

  it('that a handler fails on are answered 500 with the reason', async () => {
    const broken = await startSandboxServer({
      route: () => ({ operation: 'other', process: () => Promise.reject(new Error('no such ledger')) }),
    });
    const got = await send(broken.url, 'GET', '/');
    await broken.dispose();
    expect(got.status).toBe(500);
    expect(got.body.toString()).toContain('no such ledger');
  });
});

describe('a script', () => {
  it('is followed step by step, then forgotten', async () => {
    bank.script('four', 'close', ['reset-before', { status: 418, body: 'canned' }, 'normal']);
    expect((await closeIt('four')).broken).toBe('ECONNRESET');
    const canned = await closeIt('four');
    expect([canned.status, canned.body.toString()]).toEqual([418, 'canned']);
    expect((await closeIt('four')).status).toBe(204);
    expect((await closeIt('four')).status).toBe(422);
    expect(bank.effectiveCloses('four')).toBe(1);
  });

  it('touches neither other operations nor other accounts', async () => {
    bank.script('five', 'close', ['teapot']);
    expect((await send(bank.url, 'GET', '/five')).status).toBe(200);
    expect((await closeIt('six')).status).toBe(204);
    expect((await closeIt('five')).status).toBe(418);
  });

  it('for any account is followed where the account has none of its own', async () => {
    bank.script('*', 'read', [{ status: 500 }, { status: 501 }]);
    bank.script('alias-seven', 'read', [{ status: 404 }]);
    const statuses = [];
    for (const id of ['seven', 'seven', 'eight', 'nine']) statuses.push((await send(bank.url, 'GET', `/${id}`)).status);
    expect(statuses).toEqual([404, 500, 501, 200]);
  });
});

describe('an outage', () => {
  it('is met by every request until it ends, and then the scripts go on', async () => {
    bank.script('ten', 'close', ['teapot']);
    bank.outage({ status: 503 });
    const during = [await closeIt('ten'), await send(bank.url, 'GET', '/ten'), await send(bank.url, 'POST', '/other')];
    expect(during.map(({ status }) => status)).toEqual([503, 503, 503]);
    bank.outage('normal');
    expect((await closeIt('ten')).status).toBe(418);
    expect(bank.effectiveCloses('ten')).toBe(0);
  });
});

describe('magic account ids', () => {
  it('name every fault with a number of its own, always and once', () => {
    const ids = FAULT_NAMES.flatMap((name) => [faultId(name), faultId(name, 'once')]);
    expect(new Set(ids).size).toBe(FAULT_NAMES.length * 2);
    for (const id of ids) expect(id).toMatch(/^fa00000[01]-0000-4000-8000-[0-9]{12}$/);
    expect(faultOfAccount(faultId('teapot'))).toEqual({ name: 'teapot', once: false });
    expect(faultOfAccount('00000000-0000-4000-8000-000000000001')).toBeUndefined();
  });

  it('meet their fault each time, or the first time only', async () => {
    const always = faultId('teapot');
    const once = faultId('teapot', 'once');
    expect([(await closeIt(always)).status, (await closeIt(always)).status]).toEqual([418, 418]);
    expect([(await closeIt(once)).status, (await closeIt(once)).status]).toEqual([418, 204]);
    expect((await send(bank.url, 'GET', `/${always}`)).status).toBe(200);
  });

  it.each(['reset-after', 'applied-500'] as const)('carry the request out before %s', async (name) => {
    const id = faultId(name);
    await closeIt(id);
    expect(bank.effectiveCloses(id)).toBe(1);
    await closeIt(id);
    expect([bank.effectiveCloses(id), bank.closeRequests(id)]).toEqual([1, 2]);
  });
});

const hanging: FaultName[] = ['hang-before', 'hang-after', 'slow-drip'];
const broken: FaultName[] = ['reset-before', 'reset-after', 'truncated'];

describe('a fault on the wire', () => {
  it.each(broken)('%s breaks the connection', async (name) => {
    expect((await closeIt(faultId(name))).broken).toBe('ECONNRESET');
  });

  it.each(FAULT_NAMES.filter((name) => ![...hanging, ...broken].includes(name)))('%s is answered as its row says', async (name) => {
    const got = await closeIt(faultId(name));
    const { answer } = faultBehaviour(name, { otherOrigin: 'http://other.invalid', now: 0 });
    expect(got.broken).toBeUndefined();
    expect(got.status).toBe(answer?.status);
    expect(bank.ledger).toMatchObject([{ status: answer?.status }]);
    expect(got.body.length).toBe(Buffer.from(answer?.body ?? '').length);
  });

  it.each(['hang-before', 'hang-after'] as const)('%s leaves the connection open until dispose', async (name) => {
    const pending = closeIt(faultId(name));
    while (bank.ledger.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(bank.ledger).toMatchObject([{ status: 'hang', effect: name === 'hang-after' }]);
    await bank.dispose();
    expect((await pending).broken).toBe('ECONNRESET');
  });

  it('slow-drip sends its header and only a little of its body', async () => {
    const got = await new Promise<{ status?: number; announced?: string; first: number }>((resolve) => {
      const request = httpRequest(`${bank.url}/${faultId('slow-drip')}`, { method: 'DELETE', agent: false }, (response) => {
        response.once('data', (chunk: Buffer) => {
          resolve({ status: response.statusCode, announced: response.headers['content-length'], first: chunk.length });
          request.destroy();
        });
        response.on('error', () => undefined);
      });
      request.on('error', () => undefined);
      request.end();
    });
    expect(got.status).toBe(200);
    expect(got.first).toBeLessThan(Number(got.announced));
  });

  it('gzip-bomb is small on the wire and above 1 MiB inflated', async () => {
    const { body, headers } = await closeIt(faultId('gzip-bomb'));
    expect(headers['content-encoding']).toBe('gzip');
    expect(body.length).toBeLessThan(64 * 1024);
    expect(gunzipSync(body).length).toBeGreaterThan(1024 * 1024);
  });

  it.each(FAULT_NAMES.filter((name) => name.startsWith('redirect-')))('%s leads to another origin, which counts its visitors', async (name) => {
    const { headers } = await closeIt(faultId(name));
    const target = new URL(String(headers.location));
    expect(target.origin).not.toBe(bank.url);
    expect(bank.strayRequests()).toBe(0);
    await send(target.origin, 'DELETE', target.pathname);
    expect(bank.strayRequests()).toBe(1);
  });
});

describe('starting and stopping', () => {
  it('refuses a port that is taken', async () => {
    const port = Number(new URL(bank.url).port);
    await expect(startSandboxServer({ port, route: () => ({ operation: 'other', process: () => ({ status: 204 }) }) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('listens no more after dispose', async () => {
    await bank.dispose();
    expect((await closeIt('ten')).broken).toBe('ECONNREFUSED');
  });
});
