import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpTransport, SilentServer } from '../../../source/models/call/http-transport.ts';
import { callUrl, delta, doneEvent } from '../call.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const serve = async (
  listener: RequestListener,
): Promise<{ url: string; sockets: () => number }> => {
  const server = createServer(listener);
  let sockets = 0;
  server.on('connection', () => sockets++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return { url: `http://127.0.0.1:${address.port}/v1`, sockets: () => sockets };
};

const stream = delta({ content: 'Grüße 北京' }) + delta({}, 'stop') + doneEvent;

describe('the transport of a call', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)(
    'reads an answer that came in %s though nobody asked for it',
    async (encoding, compress) => {
      const { url } = await serve((_request, response) => {
        response.writeHead(200, {
          'content-type': 'text/event-stream',
          'content-encoding': encoding,
        });
        response.end(compress(stream));
      });
      const result = await callUrl(url);
      expect(result).toMatchObject({ kind: 'answered', answer: { text: 'Grüße 北京' } });
    },
  );

  it('reports a compressed answer that breaks off as truncated', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.write(gzipSync(delta({ content: 'on and on' }).repeat(2000)).subarray(0, 200));
      setTimeout(() => response.destroy(), 20);
    });
    const result = await callUrl(url);
    expect(result).toMatchObject({ kind: 'failed', failure: { reason: 'truncated' } });
  });

  it.each([
    ['compress', stream, 'compressed as compress'],
    ['gzip, br', stream, 'compressed as gzip, br'],
    ['gzip', stream, 'not compressed as its headers say'],
    ['br', stream, 'not compressed as its headers say'],
    ['zstd', stream, 'not compressed as its headers say'],
  ])('says of an answer in %s that it cannot be read, and does not ask again', async (...row) => {
    const [encoding, body, how] = row;
    const { url } = await serve((_request, response) => {
      const head = { 'content-type': 'text/event-stream', 'content-encoding': encoding };
      response.writeHead(200, head).end(body);
    });
    expect(await callUrl(url)).toMatchObject({
      kind: 'failed',
      failure: {
        reason: 'not_an_answer',
        message: `The server answered 200, but with no answer: a body that is ${how} and cannot be read.`,
      },
    });
  });

  it('says that headers are too long', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'x-long': 'a'.repeat(20_000) }).end(stream);
    });
    const message = `The headers of the answer from ${url} are too long to be read.`;
    expect(await callUrl(url)).toMatchObject({ failure: { reason: 'connection', message } });
  });

  it('frees the connection of a response without a body', async () => {
    const { url, sockets } = await serve((_request, response) => response.writeHead(204).end());
    for (let call = 0; call < 3; call++) {
      expect(await callUrl(url)).toMatchObject({ failure: { reason: 'not_an_answer' } });
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    }
    expect(sockets()).toBe(1);
  });

  it('gives up a server that is silent, where it is told to, and does not ask it again', async () => {
    let requests = 0;
    const { url } = await serve(() => requests++);
    const options = { connections: 'new', silenceMs: 100 } as const;
    const transport = new HttpTransport(new AbortController().signal, options);
    const outgoing = { url, method: 'POST', headers: {}, body: 'text', signal: null };
    await expect(transport.send(outgoing)).rejects.toThrow(SilentServer);
    expect(requests).toBe(1);
  });

  it('says what to do about a certificate that is not trusted', async () => {
    const fixture = (name: string): Buffer =>
      readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url));
    const secure = createSecureServer({
      cert: fixture('certificate.pem'),
      key: fixture('key.pem'),
    }).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    closing.push(() => secure.close());
    const address = secure.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await callUrl(`https://127.0.0.1:${port}/v1`)).toMatchObject({
      failure: {
        message: `No connection to https://127.0.0.1:${port}/v1: its certificate is not trusted; NODE_EXTRA_CA_CERTS names a file of certificates to trust as well.`,
        unsent: true,
      },
    });
  });

  it('reuses a connection, even when the body continues after [DONE]', async () => {
    const { url, sockets } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${stream}: bye\n\n`);
    });
    for (let call = 0; call < 5; call++) {
      expect((await callUrl(url)).kind).toBe('answered');
      // The end of the body is read behind our back; it is there within this turn or the next ones.
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    }
    expect(sockets()).toBeLessThanOrEqual(2);
  });

  /** Answers the first request of each connection; `onSecond` sees the second one. */
  const closingServer = async (onSecond: (socket: Socket) => void) => {
    const seen = new Map<Socket, number>();
    let requests = 0;
    const { url } = await serve(({ socket }, response) => {
      requests++;
      const number = (seen.get(socket) ?? 0) + 1;
      seen.set(socket, number);
      if (number > 1) onSecond(socket);
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(stream);
    });
    return { url, requests: () => requests };
  };

  const idle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  };

  it('resends a request lost on a kept connection, on a new one and as the same attempt', async () => {
    const { url, requests } = await closingServer((socket) => socket.resetAndDestroy());
    expect(await callUrl(url)).toMatchObject({ kind: 'answered' });
    await idle();
    const second = await callUrl(url);
    expect(second).toMatchObject({ kind: 'answered', answer: { text: 'Grüße 北京' } });
    expect(second.timings.connectMs).toBeGreaterThan(0);
    expect(requests()).toBe(3);
  });

  it('sends nothing again when a byte of the response has arrived', async () => {
    const { url, requests } = await closingServer((socket) => {
      socket.write('HTTP/1.1 2', () => setTimeout(() => socket.resetAndDestroy(), 50));
    });
    await callUrl(url);
    await idle();
    expect(await callUrl(url)).toMatchObject({
      kind: 'failed',
      failure: { reason: 'connection' },
    });
    expect(requests()).toBe(2);
  });
});
