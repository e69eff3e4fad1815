import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { warmUp } from '../../../source/models/call/warm-up.ts';
import { callUrl, delta, doneEvent, liveModel } from '../call.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Asked = { readonly what: string; readonly body: string };

/** A server that keeps its connections; what it was asked, and over how many connections. */
const serve = async (
  listener: RequestListener,
): Promise<{ url: string; asked: Asked[]; connections: () => number }> => {
  const asked: Asked[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      asked.push({ what: `${request.method} ${request.url}`, body });
      listener(request, response);
    });
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return { url: `http://127.0.0.1:${address.port}/v1`, asked, connections: () => connections };
};

const textOf = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};

const options = {
  apiKey: 'sk-1',
  signal: new AbortController().signal,
  deadlineMs: 10_000,
} as const;

const answering: RequestListener = (request, response) => {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json').end('{"data":[]}');
  } else {
    response.setHeader('content-type', 'text/event-stream');
    response.end(delta({ content: 'a' }, 'stop') + doneEvent);
  }
};

const noAutoLoad = (url: string, loadsOnFirstCall: boolean) => {
  const model = liveModel(url);
  return { ...model, provider: { ...model.provider, loadsOnFirstCall } };
};

describe('warmUp', () => {
  it('requests the list of models, which is free, and leaves a connection for the first call', async () => {
    const { url, asked, connections } = await serve(answering);
    const model = noAutoLoad(url, false);
    await warmUp({ ...options, model });
    expect(asked).toEqual([{ what: 'GET /v1/models', body: '' }]);
    const result = await callUrl(url, { model });
    expect(connections()).toBe(1);
    expect(result).toMatchObject({ kind: 'answered', timings: { connectMs: 0 } });
  });

  it('asks a server that loads a model on its first call for one token of it', async () => {
    const { url, asked } = await serve(answering);
    await warmUp({ ...options, model: noAutoLoad(url, true) });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.what).toBe('POST /v1/chat/completions');
    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ model: 'test-model', max_tokens: 1 });
  });

  it('accepts any answer, and none', async () => {
    const statuses = [401, 404, 500];
    const { url } = await serve((_, response) => {
      response.writeHead(statuses.pop() ?? 200).end('no');
    });
    for (let time = 0; time < 4; time++) {
      await expect(warmUp({ ...options, model: noAutoLoad(url, false) })).resolves.toBeUndefined();
    }
    const nobody = noAutoLoad('http://127.0.0.1:1/v1', false);
    await expect(warmUp({ ...options, model: nobody })).resolves.toBeUndefined();
  });

  it('ends at its deadline and when the user stops', async () => {
    const { url } = await serve(() => undefined);
    const model = noAutoLoad(url, false);
    await expect(warmUp({ ...options, model, deadlineMs: 30 })).resolves.toBeUndefined();
    const stopped = AbortSignal.timeout(30);
    await expect(warmUp({ ...options, model, signal: stopped })).resolves.toBeUndefined();
  });
});
