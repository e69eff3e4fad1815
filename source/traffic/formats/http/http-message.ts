import { bytesBody, type DecodedBody } from './body.ts';

/** The first line and the body of an HTTP/1.1 message. */
export type HttpMessage = { readonly startLine: string; readonly body: DecodedBody };

/**
 * Reads the bytes of an HTTP/1.1 message as they went over the wire: a body in chunks is put together
 * and decompressed. Null when there is no head.
 */
export const readHttpMessage = (bytes: Buffer): HttpMessage | null => {
  const head = headOf(bytes);
  if (head === null) return null;
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, head.length).split(/\r?\n/);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const rest = bytes.subarray(head.length + head.blank);
  const isChunked = /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '');
  const length = Number(headers.get('content-length') ?? rest.length);
  const body = isChunked ? dechunked(rest) : rest.subarray(0, length);
  return { startLine, body: bytesBody(body, headers.get('content-encoding') ?? null) };
};

/** How long the head is, and the line breaks behind it. */
const headOf = (bytes: Buffer): { readonly length: number; readonly blank: number } | null => {
  const length = bytes.indexOf('\r\n\r\n');
  if (length !== -1) return { length, blank: 4 };
  const bare = bytes.indexOf('\n\n');
  return bare === -1 ? null : { length: bare, blank: 2 };
};

/** The data of a chunked body (RFC 9112, section 7.1); as far as it came, if it was cut. */
const dechunked = (bytes: Buffer): Buffer => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf(10, at);
    const size = /^[0-9a-f]+/i.exec(bytes.toString('latin1', at, Math.max(at, lineEnd)).trim());
    // Some recorders have put the body together and left the header.
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
