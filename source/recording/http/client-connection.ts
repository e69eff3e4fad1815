import type { Socket } from 'node:net';
import { createBodyReader, type BodyReader } from './body-reader.ts';
import { isKept, requestFraming, type Framing } from './framing.ts';
import { headerHasWord, headerValue } from './header-lines.ts';
import { findHeadEnd, readRequestHead, type Refused, type RequestHead } from './read-head.ts';

/** What a call does with what comes from its client. */
export type CallHandler = {
  /** Data of the body, without frames; before the `onBytes` that it stands in. */
  readonly onData: (data: Buffer) => void;
  /** Bytes of the body as they came, frames included. */
  readonly onBytes: (bytes: Buffer) => void;
  readonly onBodyEnd: () => void;
  /** All that has come is read, and the body goes on. */
  readonly onWait: () => void;
  /** What was written and could not go at once has gone. */
  readonly onDrain: () => void;
  /** The client is gone, or sends what is no HTTP: nobody waits for an answer any more. */
  readonly onLeft: () => void;
};

/** A request whose head is there, and the way back to its client. */
export type ClientCall = {
  readonly head: RequestHead;
  readonly framing: Framing;
  /** By whoever takes the call, before it returns. */
  readonly handle: (handler: CallHandler) => void;
  readonly isBodyRead: () => boolean;
  /** Whether another call may follow on the connection; the head of an answer has to say so. */
  readonly isKept: () => boolean;
  /** Writes to the client; false: wait for `onDrain`. A text has a byte for each character. */
  readonly write: (bytes: Buffer | string) => boolean;
  /** Stops and goes on reading from the client. */
  readonly hold: () => void;
  readonly goOn: () => void;
  /** The answer is written to its end; where `close`, it says that the connection ends with it. */
  readonly end: (close?: boolean) => void;
  /** Breaks off, so that the client does not take what it has for a whole answer. */
  readonly breakOff: () => void;
};

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
    const framing = head.kind === 'refused' ? head : requestFraming(head);
    const problem = framing.kind === 'refused' ? framing : hostProblem(head);
    if (head.kind === 'refused' || framing.kind === 'refused' || problem !== null) {
      refuse(problem ?? { kind: 'refused', status: 400, reason: '' });
      return false;
    }
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
    return true;
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

/** Which host is meant decides where a message goes: exactly one is named (RFC 9112, section 3.2). */
const hostProblem = (head: RequestHead | Refused): Refused | null => {
  if (head.kind === 'refused') return head;
  const isMissing = !head.lines.names.includes('host') && head.minor === 1;
  const isDouble = head.lines.names.indexOf('host') !== head.lines.names.lastIndexOf('host');
  if (isMissing || isDouble) {
    return { kind: 'refused', status: 400, reason: 'it has no Host, or more than one' };
  }
  const expected = headerValue(head.lines, 'expect');
  return expected === null || expected.toLowerCase() === '100-continue'
    ? null
    : { kind: 'refused', status: 417, reason: 'what it expects is not known' };
};
