import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { BodyTooLarge, UnknownEncoding } from './http-failure';

const DECODERS = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/**
 * The whole body, with the content coding undone. The cap counts what comes out of the decoder: a few kilobytes
 * of gzip can be gigabytes of text.
 * @throws BodyTooLarge, UnknownEncoding, or what the socket or the decoder reports
 */
export async function readBody(body: Readable, contentEncoding: string | undefined, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxBytes) throw new BodyTooLarge();
      chunks.push(chunk);
    }
  };
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  const decoder = DECODERS.get(coding);
  if (!decoder && coding !== '' && coding !== 'identity') {
    // A body that is neither read nor destroyed keeps its connection.
    body.on('error', () => {}).destroy();
    throw new UnknownEncoding();
  }
  try {
    await (decoder ? pipeline(body, decoder(), collect) : pipeline(body, collect));
  } catch (error) {
    // Giving up ends the socket, and its complaint may come before the reason.
    throw size > maxBytes ? new BodyTooLarge() : error;
  }
  return Buffer.concat(chunks);
}
