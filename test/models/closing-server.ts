import { createServer, type Socket } from 'node:net';
import { delta, doneEvent, usageEvent } from './call.ts';
import { chunk } from './raw-server.ts';

/**
 * When a connection ends of which the server has said that it stays: with the stream, a moment after
 * it, when the next request comes, or by a reset at that time.
 */
export type Closing = 'at once' | 'later' | 'at the next request' | 'by a reset';

export type ClosingServer = {
  readonly url: string;
  /** Requests that were answered, and requests that were lost on a connection that was closed. */
  readonly counts: () => { readonly answered: number; readonly lost: number };
  readonly close: () => Promise<void>;
};

const head =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\nkeep-alive: timeout=5, max=100\r\n\r\n';

/**
 * A server that announces keep-alive with every stream and answers one request on each connection, as
 * llama.cpp's does.
 */
export const closingServer = async (closing: Closing): Promise<ClosingServer> => {
  let answered = 0;
  let lost = 0;
  const sockets = new Set<Socket>();
  const answer = (socket: Socket): void => {
    answered++;
    socket.write(head + chunk(delta({ role: 'assistant', content: 'Par' })));
    setImmediate(() => {
      const rest = delta({ content: 'is' }) + delta({}, 'stop') + usageEvent + doneEvent;
      socket.write(`${chunk(rest)}0\r\n\r\n`);
      if (closing === 'at once') socket.end();
      if (closing === 'later') setTimeout(() => socket.destroy(), answered % 4);
    });
  };
  const lose = (socket: Socket): void => {
    lost++;
    if (closing === 'by a reset') socket.resetAndDestroy();
    else socket.destroy();
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let request = '';
    let requests = 0;
    socket.on('data', (data) => {
      request += data.toString('latin1');
      const end = request.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0);
      if (end === -1 || request.length < end + 4 + length) return;
      request = '';
      requests++;
      if (requests === 1) answer(socket);
      else lose(socket);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    counts: () => ({ answered, lost }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
};
