import type { ClientCall } from './http/client-call.ts';
import { forwardedLines } from './http/forwarded-lines.ts';
import type { Framing } from './http/framing.ts';
import { headerValue } from './http/header-lines.ts';
import type { ResponseHead } from './http/read-head.ts';
import type { Upstream } from './upstream.ts';

/** Names the capture of a call to its client. */
export const captureIdHeader = 'x-capture-id';

/** The head of a request as it goes to the upstream. */
export const requestHeadFor = (
  { head, framing }: ClientCall,
  options: {
    readonly upstream: Upstream;
    readonly path: string;
    readonly without: ReadonlySet<string>;
    /** The length of a body that is another one than the client's; null: it is the client's. */
    readonly length: number | null;
  },
): string => {
  const { upstream, path, length } = options;
  const without = length === null ? options.without : new Set([...options.without, ...ofTheBody]);
  let text = `${head.method} ${path} HTTP/1.1\r\n${forwardedLines(head.lines, without)}Host: ${upstream.host}\r\n`;
  // What comes back must be readable, so that what was asked for can be taken out again.
  if (length !== null) text += `Content-Length: ${length}\r\nAccept-Encoding: identity\r\n`;
  else if (framing.kind === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  // Servers ask for the length of what usually has a body (RFC 9110, section 8.6).
  else if (framing.kind === 'none' && head.method === 'POST') text += 'Content-Length: 0\r\n';
  return `${text}Connection: keep-alive\r\n\r\n`;
};

const ofTheBody: ReadonlySet<string> = new Set(['content-length', 'accept-encoding']);

/** Clients keep idle connections for as long as that, in seconds. */
export const idleClientSeconds = 75;

/** The head of a response as it goes to the client. */
export const responseHeadFor = (
  { status, phrase, lines }: ResponseHead,
  options: {
    readonly framing: Framing;
    readonly client: ClientCall;
    readonly id: string | null;
    /** Whether the body goes on as another one than it came. */
    readonly isChanged: boolean;
  },
): string => {
  const { framing, client, id, isChanged } = options;
  let text = `HTTP/1.1 ${status} ${phrase}\r\n${forwardedLines(lines, isChanged ? ofTheBody : none)}`;
  if (id !== null) text += `${captureIdHeader}: ${id}\r\n`;
  if (headerValue(lines, 'content-type')?.startsWith('text/event-stream') === true) {
    // Whatever stands between the proxy and the client must hold nothing back either.
    if (!lines.names.includes('x-accel-buffering')) text += 'X-Accel-Buffering: no\r\n';
    if (!lines.names.includes('cache-control')) {
      text += 'Cache-Control: no-cache, no-transform\r\n';
    }
  }
  const isChunked = isChanged || framing.kind === 'chunked' || framing.kind === 'close';
  if (isChunked && client.head.minor === 1) text += 'Transfer-Encoding: chunked\r\n';
  return client.isKept() && !(isChunked && client.head.minor === 0)
    ? `${text}Connection: keep-alive\r\nKeep-Alive: timeout=${idleClientSeconds}\r\n\r\n`
    : `${text}Connection: close\r\n\r\n`;
};

/** A head of the kind 1xx. */
export const interimHeadFor = ({ status, phrase, lines }: ResponseHead): string =>
  `HTTP/1.1 ${status} ${phrase}\r\n${forwardedLines(lines, none)}\r\n`;

const none: ReadonlySet<string> = new Set();
