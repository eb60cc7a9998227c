import type { ProviderName } from './fault-bench';
import type { WireCase } from './cuts';

/** Answers that no HTTP server gives, as bytes on the wire. None of them is evidence of anything. */
const RAW: readonly [name: string, bytes: string][] = [
  ['nothing', ''],
  ['a status line that stops', 'HTTP/1.1 20'],
  ['a header that stops', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request'],
  ['a header without an end', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'],
  ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['a chunked body that stops', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n400\r\n{"status":"CLOSED"'],
  ['a chunk of no size', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'],
  ['a body that ends with the connection', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{"status":"CLO'],
  ['a body shorter than announced', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{"status":"CLOSED"}'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-length: 40\r\n\r\n{}'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a header of 100 kB', `HTTP/1.1 200 OK\r\nx-filler: ${'x'.repeat(100_000)}\r\n\r\n`],
  ['an informational answer alone', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'],
  ['a status out of range', 'HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n'],
  ['JSON null', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\nnull'],
  ['a JSON array', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]'],
  ['another account, closed', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 19\r\n\r\n{"status":"CLOSED"}'],
];

/** Each of them in the place of the answer to a close request, carried out and not, and of a read after a lost answer. */
export function rawAnswers(provider: ProviderName): WireCase[] {
  return RAW.flatMap(([name, bytes]): WireCase[] => [
    { name: `${provider}: ${name}, carried out`, provider, of: 'close', interference: { kind: 'replace', bytes, carriedOut: true } },
    { name: `${provider}: ${name}, not carried out`, provider, of: 'close', interference: { kind: 'replace', bytes, carriedOut: false } },
    { name: `${provider}: ${name}, of a read`, provider, of: 'read', interference: { kind: 'replace', bytes, carriedOut: true } },
  ]);
}
