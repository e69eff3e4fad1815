import type { Upstream } from '../upstream.ts';
import { createBodyReader, type BodyReader } from './body-reader.ts';
import { isKept, responseFraming, type Framing } from './framing.ts';
import { headerValue } from './header-lines.ts';
import { findHeadEnd, readResponseHead, type ResponseHead } from './read-head.ts';
import type { UpstreamPool } from './upstream-pool.ts';

/** What a call does with what comes from its upstream. */
export type ResponseHandler = {
  /** A head before the one that counts (1xx), such as early hints. */
  readonly onInterim: (head: ResponseHead) => void;
  readonly onHead: (head: ResponseHead, framing: Framing) => void;
  /** Data of the body, without frames; before the `onBytes` that it stands in. */
  readonly onData: (data: Buffer) => void;
  /** Bytes of the body as they came, frames included. */
  readonly onBytes: (bytes: Buffer) => void;
  /** All that has come is read, and the response goes on. */
  readonly onWait: () => void;
  readonly onEnd: () => void;
  readonly onDrain: () => void;
  /**
   * It ended before it should have, for a reason or with a code of the system. `isRead`: what came was
   * no HTTP. Nothing follows.
   */
  readonly onBroken: (reason: string, isUnreadable: boolean) => void;
};

export type UpstreamCall = {
  /** Writes of the request; false: wait for `onDrain`. A text has a byte for each character. */
  readonly write: (bytes: Buffer | string) => boolean;
  /** All of the request is written. */
  readonly endRequest: () => void;
  readonly hold: () => void;
  readonly goOn: () => void;
  /** Ends it here; nothing follows. */
  readonly abort: () => void;
};

/**
 * One request and its response on a connection of the pool, which is given back only when both were
 * there to their ends and nothing else came.
 */
export const callUpstream = (
  pool: UpstreamPool,
  options: { readonly upstream: Upstream; readonly method: string },
  handler: ResponseHandler,
): UpstreamCall => {
  let waiting: Buffer | null = null;
  let head: ResponseHead | null = null;
  let body: BodyReader | null = null;
  let isRequestWritten = false;
  let isUntilClose = false;
  let isOver = false;

  const fail = (reason: string, isUnreadable = false): void => {
    if (isOver) return;
    isOver = true;
    connection.socket.destroy();
    handler.onBroken(reason, isUnreadable);
  };

  /** The response is there, and `isAlone`: nothing behind it. */
  const complete = (isAlone: boolean): void => {
    isOver = true;
    const isReusable = isAlone && isRequestWritten && head !== null && isKept(head);
    const { socket } = connection;
    if (isReusable && !socket.destroyed && socket.writable) {
      if (socket.isPaused()) socket.resume();
      pool.giveBack(options.upstream, connection, head === null ? null : keptForMs(head));
    } else {
      socket.destroy();
    }
    handler.onEnd();
  };

  /** The index behind the head that counts, or -1 where it is not there. */
  const readHead = (bytes: Buffer, from: number): number => {
    for (let at = from; at < bytes.length;) {
      const end = findHeadEnd(bytes, at);
      if (end === null) {
        waiting = bytes.subarray(at);
        return -1;
      }
      const read = typeof end === 'number' ? readResponseHead(bytes, at, end) : end;
      if (read.kind === 'refused' || typeof end !== 'number') {
        fail(read.kind === 'refused' ? read.reason : 'no head', true);
        return -1;
      }
      if (read.status >= 200) return take(read) ? end : -1;
      if (read.status === 101) {
        fail('it changes to another protocol', true);
        return -1;
      }
      handler.onInterim(read);
      at = end;
    }
    return -1;
  };

  const take = (read: ResponseHead): boolean => {
    const framing = responseFraming(read, options.method);
    if (framing.kind === 'refused') {
      fail(framing.reason, true);
      return false;
    }
    head = read;
    isUntilClose = framing.kind === 'close';
    body = createBodyReader(framing, handler.onData);
    handler.onHead(read, framing);
    return true;
  };

  const onData = (chunk: Buffer): void => {
    if (isOver) return;
    const bytes = waiting === null ? chunk : Buffer.concat([waiting, chunk]);
    waiting = null;
    const at = body === null ? readHead(bytes, 0) : 0;
    const reader = body;
    if (at === -1 || reader === null) return;
    const end = reader.isOver() ? at : reader.read(bytes, at);
    if (end === -1) {
      fail('the chunks of its body are none', true);
      return;
    }
    if (end > at) {
      handler.onBytes(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    }
    if (isOver) return;
    if (reader.isOver()) complete(end === bytes.length);
    else handler.onWait();
  };

  const connection = pool.take(options.upstream, {
    onData,
    onDrain: () => {
      if (!isOver) handler.onDrain();
    },
    onEnd: () => {
      if (isOver) return;
      // A body without a length ends with the connection.
      if (isUntilClose) complete(false);
      else {
        fail(head === null ? 'ECONNRESET' : 'the connection broke off');
      }
    },
    onClose: (code) => fail(code ?? (head === null ? 'ECONNRESET' : 'the connection broke off')),
  });
  const { socket } = connection;
  return {
    write: (bytes) => {
      if (isOver) return true;
      return typeof bytes === 'string' ? socket.write(bytes, 'latin1') : socket.write(bytes);
    },
    endRequest: () => {
      isRequestWritten = true;
    },
    hold: () => {
      if (!isOver) socket.pause();
    },
    goOn: () => {
      if (!isOver) socket.resume();
    },
    abort: () => {
      if (isOver) return;
      isOver = true;
      socket.destroy();
    },
  };
};

/** How long the server says that it keeps an idle connection. */
const keptForMs = ({ lines }: ResponseHead): number | null => {
  const seconds = /\btimeout=(\d+)/i.exec(headerValue(lines, 'keep-alive') ?? '')?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
};
