import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
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

describe('the way to a provider', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
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

  it('takes a compressed answer that breaks off for truncated', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.write(gzipSync(delta({ content: 'on and on' }).repeat(2000)).subarray(0, 200));
      setTimeout(() => response.destroy(), 20);
    });
    const result = await callUrl(url);
    expect(result).toMatchObject({ kind: 'failed', failure: { reason: 'truncated' } });
  });

  it('uses a connection again, also after a body that goes on behind [DONE]', async () => {
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
});
