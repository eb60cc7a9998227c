import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { jsonAnswer, jsonBody, type RunningSandbox, type SandboxReply, type SandboxRequest, startSandboxServer } from '../../../../src/provider-kit/sandbox';
import { KEY_HEADER, SEAL_HEADER, TIDE_HEADER } from '../api';

/** How a vault begins. */
export interface Vault {
  standing: string;
  pearls: string;
}

export interface AtlantisSandbox extends RunningSandbox {
  /** The vault as the bank has it; a new one, afloat and empty, for an id that it has not seen. */
  vault(id: string): Vault;
  /** The headers of a webhook with this body, sealed now. */
  sealed(body: Buffer): Record<string, string>;
  /** Tells the subscriber what happened to the vault; the status that it answers. */
  tell(id: string, what: string): Promise<number>;
}

/** Starts the bank on 127.0.0.1. Every well-formed id is a vault. */
export async function startSandbox(options: { port?: number } = {}): Promise<AtlantisSandbox> {
  const apiKey = randomBytes(24).toString('base64url');
  const secret = randomBytes(24).toString('base64url');
  let subscriber: string | undefined;
  const vaults = new Map<string, Vault>();
  const vault = (id: string): Vault => {
    const known = vaults.get(id) ?? { standing: 'AFLOAT', pearls: '0' };
    vaults.set(id, known);
    return known;
  };

  function sink(id: string, { body }: SandboxRequest): SandboxReply {
    const wish = jsonBody(body) as { onlyNote?: boolean } | undefined;
    if (!wish) return refusal(400, 'BAD_SCROLL');
    const found = vault(id);
    if (found.standing === 'SUNK') return refusal(409, 'SANK_ALREADY');
    if (found.pearls !== '0') return refusal(409, 'PEARLS_LEFT');
    if (wish.onlyNote) return jsonAnswer(200, { id, status: 'NOTED' });
    found.standing = 'SUNK';
    return { ...jsonAnswer(200, { id, status: 'SUNK' }), effect: true };
  }

  const server = await startSandboxServer({
    port: options.port,
    route(request) {
      const [, id, action] = /^\/vaults\/(ATL-\d{8})(\/sink)?$/.exec(request.path) ?? [];
      const isClose = request.method === 'POST' && action !== undefined;
      const isRead = request.method === 'GET' && action === undefined;
      const operation = isClose ? 'close' : 'read';
      return {
        operation: id && (isClose || isRead) ? operation : 'other',
        accountId: id,
        process() {
          if (request.headers[KEY_HEADER] !== apiKey) return refusal(401, 'WRONG_KEY');
          if (id && isClose) return sink(id, request);
          return id && isRead ? jsonAnswer(200, { id, ...vault(id) }) : refusal(404, 'NO_SUCH_VAULT');
        },
      };
    },
  });
  function sealed(body: Buffer): Record<string, string> {
    const tide = String(Math.floor(Date.now() / 1000));
    const seal = createHmac('sha256', secret).update(`${tide}.`).update(body).digest('base64');
    return { 'content-type': 'application/json', [TIDE_HEADER]: tide, [SEAL_HEADER]: seal };
  }
  return {
    ...server,
    settings: { BASE_URL: server.url, API_KEY: apiKey, WEBHOOK_SECRET: secret },
    vault,
    sealed,
    subscribe: (url) => {
      subscriber = url;
    },
    async tell(id, what) {
      if (!subscriber) throw new Error('Nobody has subscribed.');
      const body = Buffer.from(JSON.stringify({ id: randomUUID(), what, vault: id, at: new Date().toISOString() }));
      return (await fetch(subscriber, { method: 'POST', headers: sealed(body), body })).status;
    },
  };
}

function refusal(status: number, code: string): SandboxReply {
  return jsonAnswer(status, { error: { code, text: 'So says the bank.' } });
}
