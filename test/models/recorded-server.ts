import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Exchange } from './recorded-exchanges.ts';

export type RecordedServer = {
  /** The base URL under which the exchange of this number is answered. */
  readonly urlOf: (number: number) => string;
  readonly close: () => Promise<void>;
};

export type Cutting = {
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Into how many pieces at most an answer is cut. */
  readonly pieces: number;
  /** Whether it waits between two pieces. */
  readonly pauses: boolean;
};

/**
 * A server on the loopback interface that answers each recorded exchange again, with its status, its
 * headers and the bytes of its body (compressed if it was), cut at random places, which may be in a
 * character or between CR and LF. A new connection each, so that nothing of one is in another.
 */
export const recordedServer = async (
  exchanges: readonly Exchange[],
  cutting: Cutting,
): Promise<RecordedServer> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let request = '';
    let answered = false;
    socket.on('data', (data) => {
      request += data.toString('latin1');
      const head = request.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0);
      if (answered || head === -1 || request.length < head + 4 + length) return;
      answered = true;
      const exchange = exchanges[Number(/^POST \/(\d+)\//.exec(request)?.[1])];
      if (exchange === undefined) socket.destroy();
      else void play(socket, wireBytes(exchange), cutting);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    urlOf: (number) => `http://127.0.0.1:${port}/${number}/v1`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
};

/** The whole HTTP answer: chunked if it was recorded so, else by its length. */
const wireBytes = ({ status, response_headers, response_text }: Exchange): Buffer => {
  const plain = Buffer.from(response_text);
  const body = response_headers['content-encoding'] === 'gzip' ? gzipSync(plain) : plain;
  const chunked = response_headers['transfer-encoding'] === 'chunked';
  const headers = Object.entries(response_headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} Recorded\r\n${headers.join('')}`;
  const framed = chunked
    ? [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]
    : [body];
  const length = chunked ? '' : `content-length: ${body.length}\r\n`;
  return Buffer.concat([Buffer.from(`${head}${length}connection: close\r\n\r\n`), ...framed]);
};

const play = async (
  socket: Socket,
  bytes: Buffer,
  { random, pieces, pauses }: Cutting,
): Promise<void> => {
  const places = Array.from({ length: pieces - 1 }, () => Math.floor(random() * bytes.length));
  const cuts = [0, ...places.toSorted((one, other) => one - other), bytes.length];
  for (let piece = 1; piece < cuts.length; piece++) {
    socket.write(bytes.subarray(cuts[piece - 1], cuts[piece]));
    await new Promise<void>((resolve) => {
      if (pauses) setTimeout(resolve, random() * 5);
      else setImmediate(resolve);
    });
  }
  socket.end();
};
