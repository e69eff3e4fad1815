import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { OutgoingRequest } from './provider-client.ts';

/** A body of known length. */
export type RequestBody = {
  readonly length: number;
  /** The content type that belongs to the encoding of the body; null if it has none of its own. */
  readonly contentType: string | null;
  /** Begins to read it; a text is returned whole. */
  readonly open: () => string | Readable;
};

/**
 * Returns the body of a request: a text, a file, or a form with files, which are read from disk while they are
 * sent. Null if there is none. Throws for any other kind.
 */
export const requestBody = (body: OutgoingRequest['body']): RequestBody | null => {
  if (body === null || body === '') return null;
  if (typeof body === 'string') {
    return { length: Buffer.byteLength(body), contentType: null, open: () => body };
  }
  if (body instanceof Blob) return readPieces([body], null);
  if (body instanceof FormData) return formBody(body);
  throw new Error('A request has a body of an unknown kind.');
};

const formBody = (form: FormData): RequestBody => {
  const boundary = `understudy-${randomUUID()}`;
  const pieces: (string | Blob)[] = [];
  for (const [name, value] of form) {
    const start = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
    if (typeof value === 'string') pieces.push(`${start}\r\n\r\n${value}\r\n`);
    else {
      const type = value.type || 'application/octet-stream';
      const file = `; filename="${escaped(value.name)}"\r\nContent-Type: ${type}`;
      pieces.push(`${start}${file}\r\n\r\n`, value, '\r\n');
    }
  }
  pieces.push(`--${boundary}--\r\n`);
  return readPieces(pieces, `multipart/form-data; boundary=${boundary}`);
};

/** As the standard of HTML encodes names and file names in a form. */
const escaped = (name: string): string =>
  name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');

const readPieces = (
  pieces: readonly (string | Blob)[],
  contentType: string | null,
): RequestBody => ({
  length: pieces.reduce(
    (sum, piece) => sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : piece.size),
    0,
  ),
  contentType,
  open: () => Readable.from(bytesOf(pieces)),
});

async function* bytesOf(pieces: readonly (string | Blob)[]): AsyncGenerator<Uint8Array, void> {
  for (const piece of pieces) {
    if (typeof piece === 'string') yield Buffer.from(piece, 'utf8');
    else yield* piece.stream();
  }
}
