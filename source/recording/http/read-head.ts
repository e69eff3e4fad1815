import { readHeaderLines, type HeaderLines } from './header-lines.ts';

export type RequestHead = {
  readonly kind: 'request';
  readonly method: string;
  readonly target: string;
  /** Of HTTP/1. */
  readonly minor: 0 | 1;
  readonly lines: HeaderLines;
};

export type ResponseHead = {
  readonly kind: 'response';
  readonly status: number;
  readonly phrase: string;
  readonly minor: 0 | 1;
  readonly lines: HeaderLines;
};

/** A message that nobody should guess the meaning of; the status is that of an answer to a client. */
export type Refused = {
  readonly kind: 'refused';
  readonly status: number;
  readonly reason: string;
};

export const refused = (status: number, reason: string): Refused => ({
  kind: 'refused',
  status,
  reason,
});

/** A longer head is refused. */
export const mostHeadBytes = 64 * 1024;

const headEnd = Buffer.from('\r\n\r\n');

/**
 * The index behind a head that begins at `from`. `refused`: too long, or with a line end that is no
 * CRLF, which one server takes for a line end and another one does not. null: it is not all there.
 */
export const findHeadEnd = (bytes: Buffer, from: number): number | Refused | null => {
  const at = bytes.indexOf(headEnd, from);
  if (at !== -1 && at - from <= mostHeadBytes) return at + headEnd.length;
  if (bytes.length - from > mostHeadBytes) return refused(431, 'the head is too long');
  const isClean = isCleanText(bytes, from, bytes.length);
  return isClean ? null : refused(400, 'the head has a character that may not stand there');
};

/** Reads a head between two indexes, the empty line at its end included. */
export const readRequestHead = (
  bytes: Buffer,
  from: number,
  end: number,
): RequestHead | Refused => {
  const text = headText(bytes, from, end);
  if (text === null) return refused(400, 'the head has a character that may not stand there');
  const lineEnd = endOfLine(text);
  const line = text.slice(0, lineEnd);
  const [, method, target, minor] = requestLine.exec(line) ?? [];
  if (method === undefined || target === undefined) {
    return / HTTP\/\d(?:\.\d+)?$/.test(line) && !/ HTTP\/1\.[01]$/.test(line)
      ? refused(505, 'the protocol is not HTTP/1')
      : refused(400, 'the first line is no request line');
  }
  const lines = readHeaderLines(text, lineEnd + 2);
  if (lines === null) return refused(400, 'a line of the head is no field');
  return { kind: 'request', method, target, minor: minor === '0' ? 0 : 1, lines };
};

/** Characters from 0x80 on stand in paths of clients that do not escape them, and go on as they are. */
const requestLine = /^([!#$%&'*+\-.^_`|~\w]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/;

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;

/** Reads a head between two indexes, the empty line at its end included. */
export const readResponseHead = (
  bytes: Buffer,
  from: number,
  end: number,
): ResponseHead | Refused => {
  const text = headText(bytes, from, end);
  if (text === null) return refused(502, 'the head has a character that may not stand there');
  const lineEnd = endOfLine(text);
  const [, minor, status, phrase = ''] = statusLine.exec(text.slice(0, lineEnd)) ?? [];
  if (status === undefined) return refused(502, 'the first line is no status line');
  const lines = readHeaderLines(text, lineEnd + 2);
  if (lines === null) return refused(502, 'a line of the head is no field');
  return { kind: 'response', status: Number(status), phrase, minor: minor === '0' ? 0 : 1, lines };
};

const endOfLine = (text: string): number => {
  const at = text.indexOf('\r\n');
  return at === -1 ? text.length : at;
};

/** Without the empty line; null where it is not clean. */
const headText = (bytes: Buffer, from: number, end: number): string | null =>
  isCleanText(bytes, from, end - 2) ? bytes.toString('latin1', from, end - 4) : null;

/**
 * Whether a head, or a part of one, has no control characters, no CR or LF by itself, and no line that
 * goes on with the one before (obs-fold). A CR at the end may get its LF later.
 */
const isCleanText = (bytes: Buffer, from: number, end: number): boolean => {
  for (let at = from; at < end; at += 1) {
    const code = bytes[at] ?? 0;
    if (code >= 0x20 ? code !== 0x7f : code === 0x09) continue;
    if (code !== 0x0d) return false;
    at += 1;
    if (at === end) return true;
    if (bytes[at] !== 0x0a) return false;
    const next = at + 1 < end ? bytes[at + 1] : 0;
    if (next === 0x20 || next === 0x09) return false;
  }
  return true;
};
