import http from 'node:http';
import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { completion, eventsOf, startProxy, startUpstream } from '../helpers/recording-proxy.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const exchanges = 2000;
const concurrency = 100;

type Kind = 'whole' | 'stream' | 'gzip stream' | 'error' | 'long';
const kinds: readonly Kind[] = ['whole', 'stream', 'gzip stream', 'error', 'whole', 'long'];
const kindOf = (number: number): Kind => kinds[number % kinds.length] ?? 'whole';

const wordsOf = (number: number): readonly string[] =>
  Array.from({ length: 5 + (number % 30) }, (_, word) => `${number}:${word} ünï 字 `);

/** What the server answers to a call by its number. */
const bodyOf = (number: number): string => {
  switch (kindOf(number)) {
    case 'stream':
    case 'gzip stream':
      return eventsOf(wordsOf(number)).join('');
    case 'error':
      return JSON.stringify({ error: { message: `error ${number}` } });
    case 'long':
      return JSON.stringify(completion(`${number} `.repeat(20_000)));
    case 'whole':
      return JSON.stringify(completion(wordsOf(number).join('')));
  }
};

const answer = async (number: number, response: http.ServerResponse): Promise<void> => {
  const kind = kindOf(number);
  const body = Buffer.from(bodyOf(number));
  if (kind === 'error') {
    response.writeHead(500, { 'content-type': 'application/json' }).end(body);
    return;
  }
  if (kind === 'whole' || kind === 'long') {
    const length = number % 4 === 0 ? {} : { 'content-length': body.length };
    response.writeHead(200, { 'content-type': 'application/json', ...length }).end(body);
    return;
  }
  const isGzip = kind === 'gzip stream';
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
  });
  const bytes = isGzip ? zlib.gzipSync(body) : body;
  // Cut anywhere, even inside a character.
  const step = 40 + (number % 97);
  for (let at = 0; at < bytes.length; at += step) {
    response.write(bytes.subarray(at, at + step));
    if (at % 5 === 0) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }
  response.end();
};

describe('two thousand calls, a hundred at once', () => {
  it('are recorded one by one, each with what its client got', async () => {
    const upstream = await startUpstream((response, { headers }) =>
      answer(Number(headers['x-number']), response),
    );
    onTestFinished(() => upstream.close());
    const proxy = await startProxy(scene.directory, [
      '--upstream',
      `${upstream.origin}/v1`,
      '--no-redact',
    ]);
    onTestFinished(() => void proxy.child.kill('SIGKILL'));
    const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
    onTestFinished(() => agent.destroy());
    const numbers = new Map<string, number>();
    const call = (number: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const request = http.request(
          `${proxy.origin}/v1/chat/completions`,
          { method: 'POST', agent, headers: { 'x-number': number } },
          (message) => {
            const chunks: Buffer[] = [];
            message.on('data', (chunk: Buffer) => chunks.push(chunk));
            message.on('error', reject);
            message.on('end', () => {
              const bytes = Buffer.concat(chunks);
              const isGzip = message.headers['content-encoding'] === 'gzip';
              expect((isGzip ? zlib.gunzipSync(bytes) : bytes).toString()).toBe(bodyOf(number));
              numbers.set(String(message.headers['x-capture-id']), number);
              resolve();
            });
          },
        );
        request.on('error', reject);
        request.end(
          JSON.stringify({ model: 'm', messages: [{ role: 'user', content: `${number}` }] }),
        );
      });
    await Promise.all(Array.from({ length: exchanges }, (_, number) => call(number)));
    const { code, stderr } = await proxy.stop();
    expect(code).toBe(0);
    expect(stderr).toContain('2,000 calls · 0 in flight · 2,000 recorded');
    expect(upstream.arrived).toHaveLength(exchanges);
    expect(numbers.size).toBe(exchanges);

    const rows = scene.rows(
      `select capture.id, metadata, request.text as request, answer.text as answer
       from capture join body request on request.number = request_body
       left join recorded_response on capture_number = capture.number
       left join body answer on answer.number = response_body`,
    );
    expect(rows).toHaveLength(exchanges);
    for (const { id, metadata, request, answer: recorded } of rows) {
      const number = numbers.get(String(id)) ?? -1;
      expect(JSON.parse(String(request))).toMatchObject({ messages: [{ content: `${number}` }] });
      const kind = kindOf(number);
      if (kind === 'error') {
        expect(recorded).toBeNull();
        expect(JSON.parse(String(metadata))).toMatchObject({
          recordedError: { status: 500, message: `error ${number}` },
        });
      } else if (kind === 'whole' || kind === 'long') {
        expect(recorded).toBe(bodyOf(number));
      } else {
        expect(JSON.parse(String(recorded))).toMatchObject({
          choices: [{ message: { content: wordsOf(number).join('') }, finish_reason: 'stop' }],
        });
      }
    }
  });
});
