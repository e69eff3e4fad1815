import { createServer, type Server, type Socket } from 'node:net';

/** Bytes to write, a pause in milliseconds, or what to do with the connection. */
export type Step = string | Uint8Array | number | 'close' | 'reset';

export type RawServer = {
  readonly url: string;
  /** Every request, as received. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
};

export const streamHead =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';

/** The same for a body in chunks, of which undici sees that it broke off. */
export const chunkedHead =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

/** One chunk of such a body. */
export const chunk = (text: string): string =>
  `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/**
 * A server that writes exactly these bytes, one write a step, whatever it is asked. `close` ends the
 * connection as HTTP means it, `reset` breaks it; after the last step it stays open.
 */
export const rawServer = async (steps: readonly Step[]): Promise<RawServer> => {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
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
      requests.push(request);
      void play(socket, steps);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
};

const play = async (socket: Socket, steps: readonly Step[]): Promise<void> => {
  for (const step of steps) {
    if (typeof step === 'number') {
      await new Promise((resolve) => {
        setTimeout(resolve, step);
      });
    } else if (step === 'close') {
      socket.end();
    } else if (step === 'reset') {
      socket.resetAndDestroy();
    } else {
      await new Promise((resolve) => {
        socket.write(step, resolve);
      });
      // Lets the other end read this write by itself.
      await new Promise((resolve) => {
        setTimeout(resolve, 2);
      });
    }
  }
};
