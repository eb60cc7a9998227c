import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { type EmoneySandbox, startSandbox } from '../../providers/emoney/sandbox';
import { type Certificate, createAuthority, type TestAuthority } from '../support/certificates';
import type { Child } from '../support/child';
import { type Client, environmentFor, startGatewayProcess } from '../support/gateway';

/** The bank's certificate is not good: nothing is sent to whoever shows it, and the closing goes on when it is. */

let authority: TestAuthority;
let sandbox: EmoneySandbox;
let front: Server;
let dataDir: string;
let child: Child;
let client: Client;

/** A front of the sandbox that speaks TLS, and a gateway that trusts the authority and has no connection yet. */
async function start(certificate: Certificate): Promise<void> {
  const port = Number(new URL(sandbox.url).port);
  front = createServer(certificate, (socket) => {
    const inner = connect(port, '127.0.0.1');
    for (const [from, to] of [[socket, inner], [inner, socket]] as const) from.on('error', () => to.destroy()).pipe(to);
  }).on('tlsClientError', () => undefined);
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  dataDir = mkdtempSync(join(tmpdir(), 'closure-certificates-'));
  const address = `https://localhost:${(front.address() as AddressInfo).port}`;
  const env = { ...environmentFor({ emoney: sandbox }), EMONEY_BASE_URL: address, DATA_DIR: dataDir, NODE_EXTRA_CA_CERTS: authority.file, CLOSE_WAIT_MS: '500' };
  ({ child, client } = await startGatewayProcess(env));
}

beforeAll(async () => {
  execFileSync('node', ['scripts/build.mjs']);
  authority = createAuthority();
  sandbox = await startSandbox();
});
afterEach(async () => {
  await child.kill();
  front.close();
  rmSync(dataDir, { recursive: true });
});
afterAll(async () => {
  await sandbox.dispose();
  authority.dispose();
});

it.each([
  ['has expired', () => authority.expired],
  ['is of another name', () => authority.ofAnotherName],
  ['is signed by itself', () => authority.selfSigned],
])('a certificate that %s', async (_what, certificate) => {
  const id = randomUUID();
  await start(certificate());
  const { closure } = await client.close({ account: { provider: 'emoney', id } });
  const error = { code: 'PROVIDER_UNAVAILABLE', retry: 'SAFE_NOW', message: 'No TLS connection to the provider came to be.' };
  expect(closure).toMatchObject({ status: 'REQUESTED', error });
  expect(JSON.stringify(sandbox.ledger)).not.toContain(id);

  front.setSecureContext(authority.good);
  // Not in doubt at any time: nothing had left.
  expect((await client.until(closure?.id ?? '', 'CLOSED')).history.map(({ to }) => to)).toEqual(['REQUESTED', 'CLOSED']);
  expect(sandbox.effectiveCloses(id)).toBe(1);
});
