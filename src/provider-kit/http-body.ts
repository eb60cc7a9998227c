import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { BodyTooLarge, UnknownEncoding } from './http-failure';

const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/**
 * The whole body, with the content coding undone. The cap holds for what comes in and for what comes out of the
 * decoder: a few kilobytes of gzip can be gigabytes of text.
 * @throws BodyTooLarge, UnknownEncoding, or what the socket or the decoder reports
 */
export async function readBody(body: Readable, contentEncoding: string | undefined, maxBytes: number): Promise<Buffer> {
  const received = await collect(body, maxBytes);
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  if (received.length === 0 || coding === '' || coding === 'identity') return received;
  const decode = DECODERS.get(coding);
  if (!decode) throw new UnknownEncoding();
  try {
    return await decode(received, { maxOutputLength: maxBytes });
  } catch (error) {
    throw isOverflow(error) ? new BodyTooLarge() : error;
  }
}

async function collect(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early destroys the body, and with it the connection.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isOverflow(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
