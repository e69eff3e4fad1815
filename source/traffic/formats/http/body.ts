import { isUtf8 } from 'node:buffer';
import zlib from 'node:zlib';
import type { JsonObject } from '../../../text/json.ts';

/**
 * The body of a recorded message, as text or as the JSON that the recorder parsed. `none`: it is empty or was not kept. `damaged`: bytes that
 * are no text, or compressed data that cannot be decompressed.
 */
export type DecodedBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'parsed'; readonly value: JsonObject }
  | { readonly kind: 'none' | 'damaged' };

export const noBody: DecodedBody = { kind: 'none' };

/** A body may become this large when it is decompressed. */
const maximumBytes = 64 * 1024 * 1024;

/** A body that the recording holds as text. */
export const textBody = (text: string): DecodedBody =>
  text === '' ? noBody : { kind: 'text', text };

/**
 * A body that the recording holds as bytes, compressed or not: recordings often keep the header
 * `content-encoding` of a body that they have decompressed, so that the bytes are asked first.
 */
export const bytesBody = (bytes: Uint8Array, contentEncoding: string | null): DecodedBody => {
  if (bytes.length === 0) return noBody;
  const plain = decompress(bytes, contentEncoding?.trim().toLowerCase() ?? '');
  return plain !== null && isUtf8(plain)
    ? textBody(Buffer.from(plain.buffer, plain.byteOffset, plain.length).toString('utf8'))
    : { kind: 'damaged' };
};

const decompress = (bytes: Uint8Array, encoding: string): Uint8Array | null => {
  const limit = { maxOutputLength: maximumBytes };
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return zlib.gunzipSync(bytes, limit);
    if (encoding === '' || encoding === 'identity' || startsAsText(bytes)) return bytes;
    if (encoding === 'br') return zlib.brotliDecompressSync(bytes, limit);
    if (encoding === 'deflate') return zlib.inflateSync(bytes, limit);
    // Older versions of Node 22 have none, and throw.
    if (encoding === 'zstd') return zlib.zstdDecompressSync(bytes, limit);
    return bytes;
  } catch {
    return null;
  }
};

/** JSON, or server-sent events. */
const startsAsText = (bytes: Uint8Array): boolean =>
  /^\s*(?:[[{]|(?:data|event|id|retry)?:)/.test(
    Buffer.from(bytes.subarray(0, 64)).toString('latin1'),
  ) && isUtf8(bytes);
