import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';

export const AUDIENCE = 'closures';

/** An issuer of tokens on loopback, with keys made for it. */
export interface Issuer {
  url: string;
  jwksUrl: string;
  /** How often its keys were asked for. */
  readonly asked: number;
  /** What it answers with instead of its keys; null: its keys. */
  trouble: number | 'not-json' | '{"keys":[]}' | null;
  /** A token as it is meant to be, with what is given in place of the usual; undefined leaves a claim out. */
  token(claims?: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** Signs with a new key from now on. The old one is not among its keys any more. */
  rotate(): Promise<void>;
  /** The environment of a gateway that takes its tokens. */
  env: Record<string, string>;
  close(): Promise<void>;
}

interface Signer {
  kid: string;
  privateKey: CryptoKey;
  jwk: JWK;
}

let keys = 0;

async function newSigner(): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  keys += 1;
  const kid = `key-${keys}`;
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}

export async function startIssuer(): Promise<Issuer> {
  let signer = await newSigner();
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    if (typeof issuer.trouble === 'number') response.writeHead(issuer.trouble).end();
    else response.setHeader('content-type', 'application/json').end(issuer.trouble ?? JSON.stringify({ keys: [signer.jwk] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const jwksUrl = `${url}/keys`;
  const issuer: Issuer = {
    url,
    jwksUrl,
    get asked() {
      return asked;
    },
    trouble: null,
    async token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const usual = { iss: url, aud: AUDIENCE, iat: now, exp: now + 300, sub: 'anna', tenant: 'acme', scope: 'closures:read closures:write' };
      const crit = Object.fromEntries((header.crit ?? []).map((name) => [name, true]));
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: signer.kid, ...header })
        .sign(signer.privateKey, { crit });
    },
    async rotate() {
      signer = await newSigner();
    },
    env: { AUTH: 'jwt', AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: url, AUTH_AUDIENCE: AUDIENCE },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return issuer;
}
