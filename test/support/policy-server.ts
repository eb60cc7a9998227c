import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a policy endpoint is asked, as far as tests look at it. */
export interface PolicyQuestion {
  subject: { id: string };
  action: { name: string; properties?: { includeAccounts?: boolean } };
  resource: { id: string };
}

/** null: none, ever. */
export type PolicyAnswer = { status?: number; body: string; afterMs?: number } | null;

/** A policy endpoint that answers as the test says, and remembers what it was asked. */
export interface PolicyServer {
  url: string;
  answer: (question: PolicyQuestion) => PolicyAnswer;
  asked: PolicyQuestion[];
  /** The `authorization` header of each question. */
  tokens: (string | undefined)[];
  close(): Promise<void>;
}

/** The answer with a decision. */
export function decides(decision: boolean, afterMs = 0): PolicyAnswer {
  return { body: JSON.stringify({ decision }), afterMs };
}

/** Starts one that refuses everything. */
export async function startPolicyServer(): Promise<PolicyServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const question = JSON.parse(Buffer.concat(chunks).toString()) as PolicyQuestion;
      policy.asked.push(question);
      policy.tokens.push(request.headers.authorization);
      const answer = policy.answer(question);
      if (!answer) return;
      const { status = 200, body, afterMs = 0 } = answer;
      setTimeout(() => response.writeHead(status, { 'content-type': 'application/json' }).end(body), afterMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const policy: PolicyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/access/v1/evaluation`,
    answer: () => decides(false),
    asked: [],
    tokens: [],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return policy;
}
