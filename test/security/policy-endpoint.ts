import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A policy endpoint on loopback that decides from a list. */
export interface PolicyEndpoint {
  url: string;
  /** What it allows, as `permission` names it. */
  allowed: Set<string>;
  close(): Promise<void>;
}

interface Question {
  subject: { id: string };
  action: { name: string };
  resource: { id: string };
}

/** That the subject may do this with the account. */
export function permission(subject: string, action: string, closureRef: string): string {
  return JSON.stringify([subject, action, closureRef]);
}

export async function startPolicyEndpoint(): Promise<PolicyEndpoint> {
  const allowed = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { subject, action, resource } = JSON.parse(Buffer.concat(chunks).toString()) as Question;
      const decision = allowed.has(permission(subject.id, action.name, resource.id));
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ decision }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/access/v1/evaluation`,
    allowed,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
