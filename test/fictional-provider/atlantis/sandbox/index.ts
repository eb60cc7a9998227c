import { randomBytes } from 'node:crypto';
import { jsonAnswer, jsonBody, type RunningSandbox, type SandboxReply, type SandboxRequest, startSandboxServer } from '../../../../src/provider-kit/sandbox';
import { KEY_HEADER } from '../api';

/** How a vault begins. */
export interface Vault {
  standing: string;
  pearls: string;
}

export interface AtlantisSandbox extends RunningSandbox {
  /** The vault as the bank has it; a new one, afloat and empty, for an id that it has not seen. */
  vault(id: string): Vault;
}

/** Starts the bank on 127.0.0.1. Every well-formed id is a vault. */
export async function startSandbox(options: { port?: number } = {}): Promise<AtlantisSandbox> {
  const apiKey = randomBytes(24).toString('base64url');
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
    if (wish.onlyNote) return jsonAnswer(200, { status: 'NOTED' });
    found.standing = 'SUNK';
    return { ...jsonAnswer(200, { status: 'SUNK' }), effect: true };
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
  return { ...server, settings: { BASE_URL: server.url, API_KEY: apiKey }, vault };
}

function refusal(status: number, code: string): SandboxReply {
  return jsonAnswer(status, { error: { code, text: 'So says the bank.' } });
}
