import { isUtf8 } from 'node:buffer';
import zlib from 'node:zlib';
import type { JsonObject } from '../../../text/json.ts';

/**
 * The body of a recorded message, as text or as JSON that the recorder parsed. `none`: it is empty or was
 * not kept. `damaged`: bytes that are not text, or compressed data that cannot be decompressed.
 */
export type DecodedBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'parsed'; readonly value: JsonObject }
  | { readonly kind: 'none' | 'damaged' };

export const noBody: DecodedBody = { kind: 'none' };

/** The limit of a decompressed body, in bytes. */
const maximumBodyBytes = 64 * 1024 * 1024;

/** Decodes a body that was recorded as text. */
export const textBody = (text: string): DecodedBody =>
  text === '' ? noBody : { kind: 'text', text };

/**
 * Decodes a body that was recorded as bytes, compressed or not. Recorders often keep the `content-encoding`
 * of a body that they decompressed, so the bytes are trusted more than the header.
 */
export const bytesBody = (bytes: Uint8Array, contentEncoding: string | null): DecodedBody => {
  if (bytes.length === 0) return noBody;
  const plain = decompress(bytes, contentEncoding?.trim().toLowerCase() ?? '');
  return plain !== null && isUtf8(plain)
    ? textBody(Buffer.from(plain.buffer, plain.byteOffset, plain.length).toString('utf8'))
    : { kind: 'damaged' };
};

const decompress = (bytes: Uint8Array, encoding: string): Uint8Array | null => {
  const limit = { maxOutputLength: maximumBodyBytes };
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return zlib.gunzipSync(bytes, limit);
    if (encoding === '' || encoding === 'identity' || looksLikeText(bytes)) return bytes;
    if (encoding === 'br') return zlib.brotliDecompressSync(bytes, limit);
    if (encoding === 'deflate') return zlib.inflateSync(bytes, limit);
    // Older versions of Node 22 do not have this function, and throw.
    if (encoding === 'zstd') return zlib.zstdDecompressSync(bytes, limit);
    return bytes;
  } catch {
    return null;
  }
};

/** Whether bytes begin as JSON or server-sent events do. */
const looksLikeText = (bytes: Uint8Array): boolean =>
  /^\s*(?:[[{]|(?:data|event|id|retry)?:)/.test(
    Buffer.from(bytes.subarray(0, 64)).toString('latin1'),
  ) && isUtf8(bytes);

/** The first line and the body of an HTTP/1.1 message. */
export type HttpMessage = { readonly startLine: string; readonly body: DecodedBody };

/**
 * Parses the bytes of an HTTP/1.1 message and decodes its body, also if it is chunked or compressed. Null if
 * the bytes have no head.
 */
export const parseHttpMessage = (bytes: Buffer): HttpMessage | null => {
  const head = findHead(bytes);
  if (head === null) return null;
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, head.length).split(/\r?\n/);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const rest = bytes.subarray(head.length + head.separator);
  const isChunked = /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '');
  const length = Number(headers.get('content-length') ?? rest.length);
  const body = isChunked ? dechunk(rest) : rest.subarray(0, length);
  return { startLine, body: bytesBody(body, headers.get('content-encoding') ?? null) };
};

/** The length of the head, and that of the line breaks after it. */
const findHead = (
  bytes: Buffer,
): { readonly length: number; readonly separator: number } | null => {
  const length = bytes.indexOf('\r\n\r\n');
  if (length !== -1) return { length, separator: 4 };
  const bare = bytes.indexOf('\n\n');
  return bare === -1 ? null : { length: bare, separator: 2 };
};

/** The data of a chunked body (RFC 9112, section 7.1), or as much of it as came if it was cut off. */
const dechunk = (bytes: Buffer): Buffer => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf(10, at);
    const size = /^[0-9a-f]+/i.exec(bytes.toString('latin1', at, Math.max(at, lineEnd)).trim());
    // Some recorders join the chunks and keep the header.
    if (size === null) return at === 0 ? bytes : Buffer.concat(chunks);
    const length = Number.parseInt(size[0], 16);
    if (length === 0) break;
    chunks.push(bytes.subarray(lineEnd + 1, lineEnd + 1 + length));
    at = lineEnd + 1 + length;
    if (bytes[at] === 13) at += 1;
    if (bytes[at] === 10) at += 1;
  }
  return Buffer.concat(chunks);
};
