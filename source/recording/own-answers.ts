import {
  STATUS_CODES,
  type IncomingMessage,
  type OutgoingMessage,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';

/** An answer in the provider's place. */
export type ProxyError = {
  readonly status: number;
  /** A short stable phrase for programs. */
  readonly code: string;
  readonly message: string;
};

/** Marks every error of the proxy itself, to distinguish it from the provider's. */
const markerHeader = 'x-understudy-proxy-error';

/** The system takes an answer of this size at once from a client that has read the one before. */
const atOnceBytes = 16 * 1024;

/** How long a client may go on sending a request that has been answered. */
const lingerMs = 30_000;

/**
 * Ends a response when the client has sent the rest of its request, which is dropped, and has taken what
 * was written. If the connection closed earlier, a client that is still sending might not read the
 * answer; and a server that closes destroys connections whose response has been ended, delivered or not.
 * `last` is the last part of the body, or null if all of it was written. A short one ends the response
 * at once, because nothing of it stays in this process.
 */
export const endResponse = (
  request: IncomingMessage,
  response: ServerResponse,
  last: Buffer | null,
): void => {
  if (last !== null) {
    if (
      request.readableEnded &&
      last.length <= atOnceBytes &&
      request.socket.writableLength === 0
    ) {
      endMessage(response, last);
      return;
    }
    response.write(last);
  }
  const end = (): void => {
    if (response.writableLength === 0) response.end();
    else response.write('', () => response.end());
  };
  if (request.readableEnded) {
    end();
    return;
  }
  const timer = setTimeout(() => request.socket.destroySoon(), lingerMs);
  request.once('end', end);
  response.once('close', () => clearTimeout(timer));
  request.resume();
};

/**
 * Ends a message with the last part of its body, or with null if all of it was written. Node writes a short
 * string in one piece with a head that was not sent yet, which takes less time than a list of two buffers.
 */
export const endMessage = (message: OutgoingMessage, last: Buffer | null): void => {
  if (last === null) message.end();
  else if (last.length <= atOnceBytes) message.end(last.toString('latin1'), 'latin1');
  else message.end(last);
};

/** Whether the client sends the body only after `100 Continue` (RFC 9110, section 10.1.1). */
export const isAskingToContinue = ({ headers, httpVersionMinor }: IncomingMessage): boolean =>
  headers.expect !== undefined && httpVersionMinor > 0;

/** Answers with an error in OpenAI's format. */
export const answerError = (
  request: IncomingMessage,
  response: ServerResponse,
  error: ProxyError,
): void => {
  const body = errorBody(error);
  writeHead(response, error.status, errorHeaders(error, body));
  response.write(body);
  endResponse(request, response, null);
};

/**
 * The same before the body was asked for. A client that waits to be asked will not send it, and could not
 * tell where its next request begins: its connection is closed.
 */
export const answerUnasked = (
  request: IncomingMessage,
  response: ServerResponse,
  error: ProxyError,
): void => {
  if (isAskingToContinue(request)) answerLast(response, error);
  else answerError(request, response, error);
};

/** Answers a request that must not be forwarded, and closes the connection. */
export const answerRefusal = (response: ServerResponse, refusal: RefusedRequest): void =>
  answerLast(response, refusalError(refusal));

const answerLast = (response: ServerResponse, error: ProxyError): void => {
  const body = errorBody(error);
  writeHead(response, error.status, [...errorHeaders(error, body), 'Connection', 'close']);
  response.end(body);
};

/** The same for a request that Node could not parse, and so has no response for. */
export const writeRefusal = (socket: Socket, refusal: RefusedRequest): void => {
  const error = refusalError(refusal);
  const body = errorBody(error);
  const headers = [...errorHeaders(error, body), 'Connection', 'close'];
  const lines = [`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  }
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
};

/** Answers with text of the proxy itself. */
export const answerText = (
  request: IncomingMessage,
  response: ServerResponse,
  type: string,
  text: string,
): void => {
  writeHead(response, 200, ['Content-Type', type, 'Content-Length', `${Buffer.byteLength(text)}`]);
  response.write(text);
  endResponse(request, response, null);
};

/** Sets the reason phrase, because a head that Node refused to write leaves its own behind. */
const writeHead = (response: ServerResponse, status: number, headers: readonly string[]): void => {
  response.writeHead(status, STATUS_CODES[status] ?? '', [...headers]);
};

const errorBody = ({ code, message }: ProxyError): string =>
  JSON.stringify({ error: { message, type: 'proxy_error', param: null, code } });

const errorHeaders = ({ code }: ProxyError, body: string): readonly string[] => [
  'Content-Type',
  'application/json',
  markerHeader,
  code,
  'Content-Length',
  `${Buffer.byteLength(body)}`,
];

/** Why a request is refused: two servers could read it in different ways, or this one cannot read it. */
export type RefusedRequest = { readonly status: number; readonly reason: string };

const otherProtocol: RefusedRequest = { status: 505, reason: 'its protocol is not HTTP/1' };

const refusalError = ({ status, reason }: RefusedRequest): ProxyError => ({
  status,
  code: 'bad_request',
  message: `This request cannot be forwarded: ${reason}. This is said by understudy record, not by the provider.`,
});

/** Why a request that Node has parsed must not be forwarded; null if it may be. */
export const ambiguity = ({
  headers,
  rawHeaders,
  httpVersionMajor,
  httpVersionMinor,
}: IncomingMessage): RefusedRequest | null => {
  if (httpVersionMajor !== 1) return otherProtocol;
  const hosts = countFields(rawHeaders, 'host');
  if (hosts > 1 || (hosts === 0 && httpVersionMinor === 1)) {
    return { status: 400, reason: 'it has no Host header, or more than one' };
  }
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return null;
  if (httpVersionMinor === 0) return { status: 400, reason: 'HTTP/1.0 has no transfer codings' };
  return coding.toLowerCase() === 'chunked'
    ? null
    : { status: 501, reason: 'its transfer coding is not supported' };
};

const countFields = (rawHeaders: readonly string[], name: string): number => {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length === name.length && rawHeaders[index]?.toLowerCase() === name) {
      count += 1;
    }
  }
  return count;
};

/** Why Node could not parse a request; null where the connection is gone. */
export const parseRefusal = (error: Error & { readonly code?: string }): RefusedRequest | null => {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, reason: 'its head is too long' };
    case 'HPE_PAUSED_H2_UPGRADE':
      return otherProtocol;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, reason: 'its head did not come in time' };
    default:
      return error.code?.startsWith('HPE_') === true
        ? { status: 400, reason: 'it is not valid HTTP' }
        : null;
  }
};
