import type { Socket } from 'node:net';
import { createBodyReader, type BodyReader } from './body-reader.ts';
import type { CallHandler, ClientCall } from './client-call.ts';
import { isKept, requestFraming, type Framing } from './framing.ts';
import { headerHasWord } from './header-lines.ts';
import { hostProblem } from './host-problem.ts';
import { findHeadEnd, readRequestHead, type Refused, type RequestHead } from './read-head.ts';

export type ClientConnection = {
  /** Since when it has been without a call, or has been waiting for the rest of a head; null: it has a call. */
  readonly idleSinceMs: () => number | null;
  /** Closes it at once when it has no call, else after the call. */
  readonly close: () => void;
  readonly destroy: () => void;
};

export type ClientOptions = {
  readonly now: () => number;
  readonly onCall: (call: ClientCall) => void;
  /** Answers a request that is refused; the connection is closed afterwards. */
  readonly refusal: (refused: Refused) => string;
};

/** So much of further requests is kept while a call runs; then nothing more is read. */
const mostAheadBytes = 64 * 1024;

/** A client that was answered before it had sent all may go on so long, so that it reads the answer. */
const lingerMs = 30_000;

/** Reads the requests of a connection, one after the other (RFC 9112, section 9.3). */
export const serveClient = (socket: Socket, options: ClientOptions): ClientConnection => {
  /** Bytes that are not read yet: of a head, or what a client sends ahead. */
  let waiting: Buffer | null = null;
  let handler: CallHandler | null = null;
  let body: BodyReader | null = null;
  let hasCall = false;
  let isAnswered = false;
  let closing = false;
  /** Nothing that comes is read any more. */
  let over = false;
  let idleSinceMs = options.now();
  let linger: NodeJS.Timeout | null = null;

  const onData = (chunk: Buffer): void => {
    if (over) return;
    if (hasCall && body === null) {
      waiting = waiting === null ? chunk : Buffer.concat([waiting, chunk]);
      if (waiting.length > mostAheadBytes) socket.pause();
      return;
    }
    readFrom(waiting === null ? chunk : Buffer.concat([waiting, chunk]));
  };

  const readFrom = (bytes: Buffer): void => {
    waiting = null;
    let at = 0;
    while (at < bytes.length) {
      if (over) return;
      if (body !== null) {
        at = readBody(body, bytes, at);
      } else if (hasCall) {
        waiting = bytes.subarray(at);
        return;
      } else {
        // Empty lines before a request are passed over (RFC 9112, section 2.2).
        while (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) at += 2;
        if (at === bytes.length) return;
        const end = findHeadEnd(bytes, at);
        if (end === null) {
          waiting = at === 0 ? bytes : bytes.subarray(at);
          return;
        }
        if (typeof end !== 'number') {
          refuse(end);
          return;
        }
        if (!begin(readRequestHead(bytes, at, end))) return;
        at = end;
        endBody();
      }
    }
    if (body !== null) handler?.onWait();
  };

  const readBody = (reader: BodyReader, bytes: Buffer, from: number): number => {
    const end = reader.read(bytes, from);
    if (end === -1) {
      over = true;
      drop();
      socket.destroy();
      return bytes.length;
    }
    handler?.onBytes(from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end));
    endBody();
    return end;
  };

  const endBody = (): void => {
    if (body?.isOver() !== true) return;
    body = null;
    handler?.onBodyEnd();
    if (isAnswered) next();
  };

  /** Whether the request is one. */
  const begin = (head: RequestHead | Refused): boolean => {
    const request = head.kind === 'refused' ? head : checked(head);
    if (request.kind === 'refused') {
      refuse(request);
      return false;
    }
    beginCall(request.head, request.framing);
    return true;
  };

  const beginCall = (head: RequestHead, framing: Framing): void => {
    hasCall = true;
    isAnswered = false;
    const reader = createBodyReader(framing, (data) => handler?.onData(data));
    body = reader;
    if (!isKept(head)) closing = true;
    if (framing.kind !== 'none' && headerHasWord(head.lines, 'expect', '100-continue')) {
      socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
    }
    options.onCall({
      head,
      framing,
      handle: (given) => {
        handler = given;
      },
      isBodyRead: () => reader.isOver(),
      isKept: () => !closing,
      write: (bytes) =>
        typeof bytes === 'string' ? socket.write(bytes, 'latin1') : socket.write(bytes),
      hold: () => void socket.pause(),
      goOn: () => void socket.resume(),
      end: (close = false) => {
        handler = null;
        isAnswered = true;
        if (close) closing = true;
        if (body === null) next();
        else afterEarlyAnswer();
      },
      breakOff: () => {
        handler = null;
        over = true;
        if (head.minor === 0) socket.resetAndDestroy();
        else socket.destroySoon();
      },
    });
  };

  const afterEarlyAnswer = (): void => {
    linger = setTimeout(() => socket.destroySoon(), lingerMs);
    socket.resume();
  };

  /** Goes on with the next request, or ends. */
  const next = (): void => {
    if (linger !== null) clearTimeout(linger);
    linger = null;
    hasCall = false;
    idleSinceMs = options.now();
    if (closing) {
      over = true;
      socket.destroySoon();
      return;
    }
    if (waiting === null && !socket.isPaused()) return;
    socket.resume();
    // Not within the end of the call before.
    setImmediate(() => {
      if (!hasCall && waiting !== null && !over) readFrom(waiting);
    });
  };

  const refuse = (problem: Refused): void => {
    over = true;
    socket.write(options.refusal(problem), 'latin1');
    socket.destroySoon();
  };

  const drop = (): void => {
    over = true;
    if (linger !== null) clearTimeout(linger);
    const given = handler;
    handler = null;
    given?.onLeft();
  };

  socket.on('data', onData);
  socket.on('drain', () => handler?.onDrain());
  // A client that closes its side only cannot be told from one that has left.
  socket.on('end', () => {
    drop();
    socket.destroySoon();
  });
  socket.on('error', () => undefined);
  socket.on('close', drop);
  return {
    idleSinceMs: () => (hasCall ? null : idleSinceMs),
    close: () => {
      closing = true;
      if (hasCall) return;
      over = true;
      socket.destroySoon();
    },
    destroy: () => void socket.destroy(),
  };
};

type Checked = {
  readonly kind: 'request';
  readonly head: RequestHead;
  readonly framing: Framing;
};

/** A request that everybody who passes it on reads in the same way. */
const checked = (head: RequestHead): Checked | Refused => {
  const framing = requestFraming(head);
  if (framing.kind === 'refused') return framing;
  return hostProblem(head) ?? { kind: 'request', head, framing };
};
