import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** One chat call as the server has it in hand. */
export type Exchange = {
  readonly captureId: string;
  /** 1 for the first call of this capture. */
  readonly attempt: number;
  /** Writes bytes as they are; whether they went out before the other end was gone. */
  readonly send: (bytes: string | Uint8Array) => Promise<boolean>;
  /** Resolves after so long, or at once when the other end is gone or the server closes. */
  readonly pause: (ms: number) => Promise<void>;
  readonly gone: () => boolean;
  /** Ends the connection as HTTP means it. */
  readonly end: () => void;
  /** Breaks the connection off. */
  readonly reset: () => void;
};

/** Handles a call; returns whether a complete, correct answer was sent. */
export type Play = (exchange: Exchange) => Promise<boolean>;

/**
 * One side's endpoint on raw sockets, which counts what it is asked and what it gave. A capture is
 * known by the name in square brackets in its prompt.
 */
export type FaultServer = {
  readonly port: number;
  /**
   * Calls by capture. One that is reset on a kept connection before anything was sent does not count:
   * the program sends it again on a new connection, as the same attempt.
   */
  readonly calls: ReadonlyMap<string, number>;
  /** Complete answers by capture, which a provider would bill. */
  readonly wholeAnswers: ReadonlyMap<string, number>;
  /** Bytes that were written to chat calls. */
  readonly bytes: () => number;
  /** Resolves when so many chat calls have begun. */
  readonly reached: (calls: number) => Promise<void>;
  /** Resolves when this many complete answers have been sent. */
  readonly answered: (answers: number) => Promise<void>;
  readonly listen: () => Promise<void>;
  /** Stops listening and breaks every connection off. */
  readonly close: () => Promise<void>;
};

/** What a server speaks; TLS with the certificate of `certificateFile`, or with a stranger's. */
export type Spoken = 'http' | 'tls' | 'tls of a stranger';

/** A server on a port of its own, which is closed until `listen`. */
export const createFaultServer = async (options: {
  readonly choose: (captureId: string, attempt: number) => Play;
  readonly spoken?: () => Spoken;
}): Promise<FaultServer> => {
  const calls = new Map<string, number>();
  const wholeAnswers = new Map<string, number>();
  const sockets = new Set<Socket>();
  /** Connections that have carried a request. */
  const kept = new WeakSet<Socket>();
  const waiting = new Set<() => void>();
  let bytes = 0;
  let begun = 0;
  let given = 0;

  const answer = async (socket: Socket, request: Request): Promise<void> => {
    const isKept = kept.has(socket);
    kept.add(socket);
    if (request.method === 'GET') {
      await write(socket, jsonAnswer(200, { object: 'list', data: [] }));
      return;
    }
    const captureId = /\[([\w:.-]+)\]/.exec(request.body)?.[1] ?? '?';
    const attempt = (calls.get(captureId) ?? 0) + 1;
    calls.set(captureId, attempt);
    begun++;
    for (const wake of waiting) wake();
    let isSilent = true;
    const whole = await options.choose(
      captureId,
      attempt,
    )({
      captureId,
      attempt,
      send: async (piece) => {
        isSilent = false;
        const sent = await write(socket, piece);
        if (sent) bytes += Buffer.byteLength(piece);
        return sent;
      },
      pause: (ms) => pause(socket, ms),
      gone: () => socket.destroyed,
      end: () => socket.end(),
      reset: () => {
        if (isKept && isSilent) calls.set(captureId, attempt - 1);
        // A TLS socket has no reset of its own.
        if (socket instanceof TLSSocket) socket.destroy();
        else socket.resetAndDestroy();
      },
    });
    if (!whole) return;
    wholeAnswers.set(captureId, (wholeAnswers.get(captureId) ?? 0) + 1);
    given++;
    for (const wake of waiting) wake();
  };

  const server = createServer((raw) => {
    const spoken = options.spoken?.() ?? 'http';
    const socket = spoken === 'http' ? raw : secured(raw, spoken);
    sockets.add(raw);
    raw.on('close', () => sockets.delete(raw));
    raw.setNoDelay(true);
    raw.on('error', () => undefined);
    takeRequests(socket, (request) => answer(socket, request));
  });

  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        if (!holds()) return;
        waiting.delete(wake);
        resolve();
      };
      waiting.add(wake);
      wake();
    });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };

  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await close();
  return {
    port,
    calls,
    wholeAnswers,
    bytes: () => bytes,
    reached: (count) => until(() => begun >= count),
    answered: (count) => until(() => given >= count),
    listen: () => listen(port),
    close,
  };
};

type Request = { readonly method: string; readonly body: string };

/** Reads requests from a connection, one after the other, each answered before the next is read. */
const takeRequests = (socket: Socket, answer: (request: Request) => Promise<void>): void => {
  let received = Buffer.alloc(0);
  let busy = false;
  const next = async (): Promise<void> => {
    if (busy || socket.destroyed) return;
    const headEnd = received.indexOf('\r\n\r\n');
    const head = received.subarray(0, Math.max(headEnd, 0)).toString('latin1');
    if (headEnd === -1) {
      // A TLS greeting, or something else that no HTTP server understands.
      if (received.length > 0 && !/^[A-Z]/.test(received.toString('latin1', 0, 1))) {
        socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
      }
      return;
    }
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const end = headEnd + 4 + length;
    if (received.length < end) return;
    const body = received.subarray(headEnd + 4, end).toString('utf8');
    received = received.subarray(end);
    busy = true;
    await answer({ method: head.split(' ', 1)[0] ?? '', body });
    busy = false;
    await next();
  };
  socket.on('data', (data: Buffer) => {
    received = Buffer.concat([received, data]);
    void next();
  });
  socket.on('error', () => undefined);
};

const fixture = (name: string): string =>
  new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;

/** The certificate that clients must trust. */
export const certificateFile = fixture('certificate.pem');

const secured = (socket: Socket, spoken: Spoken): Socket => {
  const whose = spoken === 'tls' ? '' : 'stranger-';
  return new TLSSocket(socket, {
    isServer: true,
    secureContext: createSecureContext({
      key: readFileSync(fixture(`${whose}key.pem`)),
      cert: readFileSync(fixture(`${whose}certificate.pem`)),
    }),
  });
};

const write = (socket: Socket, bytes: string | Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    if (socket.destroyed || socket.writableEnded) {
      resolve(false);
      return;
    }
    const gone = (): void => resolve(false);
    socket.once('close', gone);
    socket.write(bytes, (error) => {
      socket.off('close', gone);
      resolve(!error);
    });
  });

const pause = (socket: Socket, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      socket.off('close', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    socket.once('close', end);
    if (socket.destroyed) end();
  });

/** A complete HTTP answer with a JSON body. */
export const jsonAnswer = (
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): string => httpAnswer(status, 'application/json', JSON.stringify(body), headers);

/** A whole HTTP answer. */
export const httpAnswer = (
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): string => {
  const lines = Object.entries({
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n${body}`;
};
