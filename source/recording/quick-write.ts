import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';

/**
 * Texts in `latin1` have a byte for each character, so that any bytes can be written as one. Node puts
 * head, frame and body of a message into one system call when they are texts, and into a list of
 * buffers when one of them is a buffer, which costs several times as much. Larger chunks are not worth
 * the copy.
 */
const quickBytes = 16 * 1024;

const textOf = (chunk: Buffer): string => chunk.toString('latin1');

/** Writes a chunk of a request, which is the last one where `isLast`; false: wait for `drain`. */
export const writeRequest = (outgoing: ClientRequest, chunk: Buffer, isLast: boolean): boolean => {
  const isQuick = chunk.length <= quickBytes;
  if (isLast) {
    if (isQuick) outgoing.end(textOf(chunk), 'latin1');
    else outgoing.end(chunk);
    return true;
  }
  return isQuick ? outgoing.write(textOf(chunk), 'latin1') : outgoing.write(chunk);
};

/**
 * Writes a chunk of a response, after its head; false: wait for `drain` of the response or of its
 * socket. A chunk of a stream goes to the socket by itself, in the frame that HTTP/1.1 wants.
 */
export const writeResponse = (
  response: ServerResponse,
  chunk: Buffer,
  options: { readonly isLast: boolean; readonly isChunked: boolean },
): boolean => {
  if (chunk.length > quickBytes) {
    if (!options.isLast) return response.write(chunk);
    response.end(chunk);
    return true;
  }
  if (options.isLast) {
    response.end(textOf(chunk), 'latin1');
    return true;
  }
  const { socket } = response;
  if (!options.isChunked || socket === null || chunk.length === 0) {
    return response.write(textOf(chunk), 'latin1');
  }
  // The head must be out before a frame goes past the response.
  response.flushHeaders();
  return socket.write(`${chunk.length.toString(16)}\r\n${textOf(chunk)}\r\n`, 'latin1');
};

/** The bytes that the body of a message has, as its head says; null where it does not. */
export const announcedBytes = ({ headers }: IncomingMessage): number | null => {
  const text = headers['content-length'];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
};
