import type { IncomingMessage } from 'node:http';
import type { Upstream } from './router.ts';

/** Fields of one connection, which are never forwarded (RFC 9110, section 7.6.1). */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that a trailer must not carry, because they frame or route a message. */
const notInTrailers: ReadonlySet<string> = new Set([...hopByHop, 'content-length', 'host']);

/** Fields that describe a body; a body that the proxy changes needs others. */
const ofBody: ReadonlySet<string> = new Set(['content-length', 'accept-encoding']);

const none: ReadonlySet<string> = new Set();

/**
 * The header fields that go on to the other side, names and values in turn, with their case, order and
 * repetitions. Hop-by-hop fields, those that `Connection` names and those in `without` (lower case)
 * stay behind.
 */
export const forwardedHeaders = (
  { rawHeaders, headers }: Pick<IncomingMessage, 'rawHeaders' | 'headers'>,
  without: ReadonlySet<string> = none,
): string[] => {
  const named = namedByConnection(headers.connection);
  const forwarded: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || without.has(lower) || named.has(lower)) continue;
    forwarded.push(name, rawHeaders[index + 1] ?? '');
  }
  return forwarded;
};

const namedByConnection = (value: string | undefined): ReadonlySet<string> => {
  if (value === undefined || value === 'keep-alive' || value === 'close') return none;
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  // Dropping the length would let one side frame the message differently from the other.
  return new Set(names.filter((name) => name !== 'content-length'));
};

/** The trailer fields that go on to the other side. */
export const forwardedTrailers = ({
  rawTrailers,
}: Pick<IncomingMessage, 'rawTrailers'>): [string, string][] => {
  const forwarded: [string, string][] = [];
  for (let index = 0; index + 1 < rawTrailers.length; index += 2) {
    const name = rawTrailers[index] ?? '';
    if (!notInTrailers.has(name.toLowerCase())) {
      forwarded.push([name, rawTrailers[index + 1] ?? '']);
    }
  }
  return forwarded;
};

/**
 * The headers of a request to an upstream. `replacedBytes` is the length of a body that the proxy
 * sends in place of the client's, or null.
 */
export const upstreamHeaders = (
  request: IncomingMessage,
  options: {
    readonly upstream: Upstream;
    readonly without: ReadonlySet<string>;
    readonly replacedBytes: number | null;
  },
): readonly string[] => {
  const { upstream, without, replacedBytes } = options;
  if (replacedBytes !== null) {
    const headers = forwardedHeaders(request, new Set([...without, ...ofBody]));
    // The proxy must read the answer to remove the usage that it requested.
    headers.push('Content-Length', `${replacedBytes}`, 'Accept-Encoding', 'identity');
    return ['Host', upstream.host, ...headers];
  }
  const headers = ['Host', upstream.host, ...forwardedHeaders(request, without)];
  if (request.headers['transfer-encoding'] !== undefined) {
    headers.push('Transfer-Encoding', 'chunked');
  } else if (request.headers['content-length'] === undefined && isBodyExpected(request)) {
    // Node would send an empty body in chunks.
    headers.push('Content-Length', '0');
  }
  return headers;
};

/** Servers expect a length with every method that usually has a body (RFC 9110, section 8.6). */
const isBodyExpected = ({ method }: IncomingMessage): boolean =>
  method !== 'GET' && method !== 'HEAD';

/** Names the capture of a call to its client. */
const captureIdHeader = 'x-capture-id';

/** The headers of an answer to a client. `isBodyChanged`: the proxy takes something out of the body. */
export const clientHeaders = (
  response: IncomingMessage,
  options: {
    readonly captureId: string | null;
    readonly isBodyChanged: boolean;
    readonly isLast: boolean;
  },
): string[] => {
  const headers = forwardedHeaders(response, options.isBodyChanged ? ofBody : undefined);
  if (options.captureId !== null) headers.push(captureIdHeader, options.captureId);
  if (isEventStreamType(response)) {
    // Nothing between the proxy and the client may hold events back.
    if (response.headers['x-accel-buffering'] === undefined) {
      headers.push('X-Accel-Buffering', 'no');
    }
    if (response.headers['cache-control'] === undefined) {
      headers.push('Cache-Control', 'no-cache, no-transform');
    }
  }
  if (options.isLast) headers.push('Connection', 'close');
  return headers;
};

/** Whether a response says that it is a stream of server-sent events. */
export const isEventStreamType = ({ headers }: IncomingMessage): boolean =>
  headers['content-type']?.startsWith('text/event-stream') === true;
