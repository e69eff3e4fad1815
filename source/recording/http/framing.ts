import { headerHasWord, headerValue, headerValues, type HeaderLines } from './header-lines.ts';
import { refused, type Refused, type RequestHead, type ResponseHead } from './read-head.ts';

/** Where a body ends: there is none, after so many bytes, by its chunks, or with the connection. */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'none' | 'chunked' | 'close' };

/**
 * Where the body of a request ends (RFC 9112, section 6.3). What two servers could read in two ways is
 * refused: both a length and chunks, several lengths, other codings, chunks in HTTP/1.0.
 */
export const requestFraming = ({ minor, lines }: RequestHead): Framing | Refused => {
  const framing = announced(lines, 400);
  if (framing?.kind === 'refused') return framing;
  if (framing?.kind === 'chunked' && minor === 0) {
    return refused(400, 'there are no chunks in HTTP/1.0');
  }
  return framing ?? { kind: 'none' };
};

/** Where the body of a response to a request of this method ends; the same is refused. */
export const responseFraming = (
  { status, minor, lines }: ResponseHead,
  method: string,
): Framing | Refused => {
  const framing = announced(lines, 502);
  if (framing?.kind === 'refused') return framing;
  if (framing?.kind === 'chunked' && minor === 0) {
    return refused(502, 'there are no chunks in HTTP/1.0');
  }
  if (method === 'HEAD' || status === 204 || status === 304) return { kind: 'none' };
  return framing ?? { kind: 'close' };
};

const announced = (lines: HeaderLines, status: number): Framing | Refused | null => {
  const coding = headerValue(lines, 'transfer-encoding');
  const lengths = headerValues(lines, 'content-length');
  if (coding !== null) {
    if (lengths.length > 0) return refused(status, 'it has both Content-Length and chunks');
    if (coding.toLowerCase() === 'chunked') return { kind: 'chunked' };
    return refused(status === 400 ? 501 : status, 'the transfer coding is not known');
  }
  const [length] = lengths;
  if (length === undefined) return null;
  if (lengths.length > 1 || !/^\d{1,15}$/.test(length)) {
    return refused(status, 'Content-Length is no number');
  }
  return { kind: 'length', bytes: Number(length) };
};

/** Whether the sender of a head takes or sends another message on the same connection. */
export const isKept = ({ minor, lines }: RequestHead | ResponseHead): boolean =>
  minor === 1 && !headerHasWord(lines, 'connection', 'close');
