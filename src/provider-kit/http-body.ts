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
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    let size = 0;
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxBytes) throw new BodyTooLarge();
      chunks.push(chunk);
    }
  };
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') {
    await pipeline(body, collect);
  } else {
    const decoder = DECODERS.get(coding);
    if (!decoder) {
      // Undici keeps a connection for as long as a body is neither read nor destroyed.
      body.on('error', () => {}).destroy();
      throw new UnknownEncoding();
    }
    await pipeline(body, decoder(), collect);
  }
  return Buffer.concat(chunks);
}
