import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Behaviour, SandboxAnswer } from './sandbox-faults';

/** Bytes on the wire: reading a sandbox's requests, and answering them well or badly. */

/** One byte of a dripping body per so many ms. */
const DRIP_MS = 50;
const MAX_BODY = 64 * 1024;

/** The raw body, or null when it is longer than 64 KiB. */
export async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  return size > MAX_BODY ? null : Buffer.concat(chunks);
}

function writeHead(response: ServerResponse, answer: SandboxAnswer, length: number): void {
  // An answer without content has no content-length either (RFC 9110 8.6).
  const lengthHeader = answer.status === 204 ? {} : { 'content-length': String(length) };
  response.writeHead(answer.status, { ...lengthHeader, ...answer.headers });
}

function drip(response: ServerResponse, body: Buffer): void {
  let sent = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(sent, sent + 1));
    sent += 1;
    if (sent >= body.length) response.end();
  }, DRIP_MS);
  timer.unref();
  response.once('close', () => clearInterval(timer));
}

/** Answers, or fails to, as the behaviour says. */
export function perform(response: ServerResponse, { wire, answer = { status: 204 } }: Behaviour): void {
  const body = Buffer.from(answer.body ?? '');
  switch (wire) {
    case 'answer':
      writeHead(response, answer, body.length);
      response.end(body);
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'hang':
      return;
    case 'truncate':
      writeHead(response, answer, body.length + 100);
      response.write(body, () => response.socket?.end());
      return;
    case 'drip':
      writeHead(response, answer, body.length);
      response.flushHeaders();
      drip(response, body);
      return;
  }
}
