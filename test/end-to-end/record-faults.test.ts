import { once } from 'node:events';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  completion,
  event,
  eventsOf,
  openai,
  rawCall,
  startProxy,
  startUpstream,
} from '../helpers/recording-proxy.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const json = { 'content-type': 'application/json' };
const sse = { 'content-type': 'text/event-stream' };
const body = JSON.stringify({
  model: 'm',
  stream: true,
  messages: [{ role: 'user', content: 'Hello?' }],
});

const open = async (
  answer: Parameters<typeof startUpstream>[0],
  argv: readonly string[] = [],
  directory = scene.directory,
) => {
  const upstream = await startUpstream(answer);
  onTestFinished(() => upstream.close());
  const proxy = await startProxy(directory, ['--upstream', `${upstream.origin}/v1`, ...argv]);
  onTestFinished(() => {
    proxy.child.kill('SIGKILL');
  });
  return { upstream, proxy, url: `${proxy.origin}/v1/chat/completions` };
};

const metadata = () =>
  scene
    .rows('select metadata from capture order by id')
    .map((row) => JSON.parse(String(row['metadata'])) as Record<string, unknown>);

const answers = () => scene.rows('select * from recorded_response').length;

describe('a client that leaves', () => {
  it('before its request is complete leaves a rejected record and no call', async () => {
    const { upstream, proxy, url } = await open((response) => void response.end());
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{"model`,
    );
    while (!(await metrics(proxy.origin)).includes('in_flight 1')) await sleep(10);
    socket.destroy();
    while (!(await metrics(proxy.origin)).includes('in_flight 0')) await sleep(10);
    await proxy.stop();
    expect(upstream.arrived).toEqual([]);
    expect(scene.rows('select reason from rejected_record')).toEqual([
      { reason: 'request was not sent to its end' },
    ]);
  });

  it('while it waits for the answer aborts the call at the provider, and is recorded', async () => {
    let gone: Promise<unknown> = Promise.resolve();
    let asked = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { proxy, url } = await open((response) => {
      gone = once(response, 'close');
      asked();
    });
    const request = http.request(url, { method: 'POST', headers: json });
    request.on('error', () => undefined);
    request.end(body);
    await isAsked;
    request.destroy();
    await gone;
    await proxy.stop();
    expect(metadata()).toMatchObject([{ abortedBy: 'client', recordedError: { status: null } }]);
    expect(answers()).toBe(0);
  });

  it('in the middle of a stream records the part that arrived', async () => {
    let gone: Promise<unknown> = Promise.resolve();
    const { proxy } = await open((response) => {
      gone = once(response, 'close');
      response.writeHead(200, sse);
      response.write(event({ role: 'assistant', content: 'Hel' }) + event({ content: 'lo' }));
    });
    const stream = await openai(proxy.origin).chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello?' }],
      stream: true,
    });
    let text = '';
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (text === 'Hello') break;
    }
    await gone;
    await proxy.stop();
    expect(metadata()).toMatchObject([
      {
        abortedBy: 'client',
        abortedAfterMs: expect.any(Number),
        recordedPartial: { choices: [{ message: { content: 'Hello' }, finish_reason: null }] },
        recordedError: { status: 200, message: 'the client left before the answer was complete' },
      },
    ]);
    expect(answers()).toBe(0);
  });

  it('after the end of the answer leaves a record of all of it', async () => {
    let gone: Promise<unknown> = Promise.resolve();
    const { proxy, url } = await open((response) => {
      gone = once(response, 'close');
      response.writeHead(200, sse);
      // The connection stays open behind [DONE], as some servers leave it.
      response.write(eventsOf(['all', ' of it']).join(''));
    });
    const request = http.request(url, { method: 'POST', headers: json }, (message) => {
      let text = '';
      message.on('error', () => undefined);
      message.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('[DONE]')) request.destroy();
      });
    });
    request.on('error', () => undefined);
    request.end(body);
    await once(request, 'close');
    await gone;
    await proxy.stop();
    expect(answers()).toBe(1);
    expect(metadata()[0]).not.toHaveProperty('abortedBy');
  });
});

describe('an upstream that breaks off', () => {
  it('before its answer is reported as an error of the proxy', async () => {
    const { proxy, url } = await open((response) => void response.socket?.resetAndDestroy());
    const answer = await rawCall(url, { headers: json, body });
    expect(answer.status).toBe(502);
    expect(answer.headers['x-understudy-proxy-error']).toBe('upstream_unreachable');
    await proxy.stop();
    expect(metadata()).toMatchObject([
      { recordedError: { status: null, message: 'no response came (ECONNRESET)' } },
    ]);
  });

  it.each([
    ['after its head', []],
    ['in the middle of a stream', [event({ content: 'Hel' })]],
    ['within an event', [event({ content: 'Hel' }), 'data: {"choi']],
  ] as const)('%s breaks off for the client too', async (_, parts) => {
    const { proxy, url } = await open(async (response) => {
      response.writeHead(200, sse);
      response.flushHeaders();
      for (const part of parts) {
        response.write(part);
        await sleep(20);
      }
      response.socket?.destroySoon();
    });
    const answer = await rawCall(url, { headers: json, body });
    expect([answer.status, answer.cut]).toEqual([200, true]);
    expect(answer.body.toString()).toBe(parts.join(''));
    await proxy.stop();
    expect(metadata()).toMatchObject([
      { abortedBy: 'upstream', recordedError: { message: expect.stringMatching(/broke off/) } },
    ]);
    expect(answers()).toBe(0);
  });

  it('in the middle of a body of known length, or by a reset, does so for the client', async () => {
    let reset = false;
    const { proxy, url } = await open(async (response) => {
      response.writeHead(200, { ...json, 'content-length': 1000 });
      response.write('{"choices":[');
      // Long enough for what was written to arrive: a reset discards what has not been read.
      await sleep(100);
      if (reset) response.socket?.resetAndDestroy();
      else response.socket?.destroySoon();
    });
    expect(await rawCall(url, { headers: json, body })).toMatchObject({ status: 200, cut: true });
    reset = true;
    expect(await rawCall(url, { headers: json, body })).toMatchObject({ status: 200, cut: true });
    await proxy.stop();
    expect(metadata()).toMatchObject([{ abortedBy: 'upstream' }, { abortedBy: 'upstream' }]);
    expect(answers()).toBe(0);
  });

  it('without the end of its stream is forwarded unchanged, and does not count as an answer', async () => {
    const { proxy, url } = await open((response) => {
      response.writeHead(200, sse).end(event({ content: 'Hel' }));
    });
    expect(await rawCall(url, { headers: json, body })).toMatchObject({ status: 200, cut: false });
    await proxy.stop();
    expect(metadata()).toMatchObject([
      { recordedError: { message: 'the stream ended before the answer was complete' } },
    ]);
  });

  it('after an early answer does not keep the answer from the client', async () => {
    const upstream = http.createServer((request, response) => {
      response.writeHead(413, json);
      response.end('{"error":{"message":"Too large."}}');
      request.resume();
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    onTestFinished(() => void upstream.close());
    const address = upstream.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const proxy = await startProxy(scene.directory, ['--upstream', `http://127.0.0.1:${port}/v1`]);
    onTestFinished(() => void proxy.child.kill('SIGKILL'));
    const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, {
      headers: json,
      body: Buffer.alloc(5_000_000, ' '),
    });
    expect([answer.status, answer.body.toString()]).toEqual([
      413,
      '{"error":{"message":"Too large."}}',
    ]);
  });
});

const metrics = async (origin: string): Promise<string> =>
  (await rawCall(`${origin}/metrics`, { method: 'GET' })).body.toString();

describe('the end of the proxy', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ] as const)(
    'by %s waits for the calls under way, saves everything and exits with %i',
    async (signal, code) => {
      let finish = (): void => undefined;
      const { proxy, url } = await open((response) => {
        response.writeHead(200, sse).write(event({ content: 'Hel' }));
        finish = () => {
          response.end(eventsOf(['lo']).slice(1).join(''));
        };
      });
      const answer = rawCall(url, { headers: json, body });
      while (!(await metrics(proxy.origin)).includes('in_flight 1')) await sleep(10);
      proxy.child.kill(signal);
      while (!proxy.said().includes('Waiting for 1 calls')) await sleep(10);
      await expect(rawCall(url, { headers: json, body })).rejects.toThrow(/ECONN/);
      finish();
      expect(await answer).toMatchObject({ status: 200, cut: false });
      expect(await proxy.ended).toMatchObject({ code });
      expect(answers()).toBe(1);
    },
  );

  it('by a second signal aborts running calls, and saves the parts that arrived', async () => {
    const { proxy, url } = await open((response) => {
      response.writeHead(200, sse).write(event({ content: 'Hel' }));
    });
    const answer = rawCall(url, { headers: json, body });
    while (!(await metrics(proxy.origin)).includes('in_flight 1')) await sleep(10);
    proxy.child.kill('SIGINT');
    while (!proxy.said().includes('Waiting for 1 calls')) await sleep(10);
    proxy.child.kill('SIGINT');
    expect((await answer).cut).toBe(true);
    expect(await proxy.ended).toMatchObject({ code: 130 });
    expect(metadata()).toMatchObject([{ abortedBy: 'proxy' }]);
  });

  it('by kill -9 leaves a store that opens, with complete captures only', async () => {
    const { proxy, url } = await open((response) => {
      response.writeHead(200, json).end(JSON.stringify(completion('yes')));
    });
    let ids: readonly unknown[] = [];
    const calls = Array.from({ length: 400 }, async () => {
      const answer = await rawCall(url, { headers: json, body }).catch(() => null);
      if (answer !== null && !answer.cut) ids = [...ids, answer.headers['x-capture-id']];
    });
    while (!/recorded_total [1-9]/.test(await metrics(proxy.origin))) await sleep(5);
    proxy.child.kill('SIGKILL');
    await Promise.all(calls);
    const stored = scene.rows(
      'select id, text from capture join body on body.number = request_body',
    );
    expect(stored.length).toBeGreaterThan(0);
    for (const { text } of stored) expect(text).toBe(body);
    const again = await scene.run(['import', 'nothing.jsonl']);
    expect(again.code).toBe(2);
  });
});

describe('a file of captures', () => {
  it('is readable by its owner only, rotates, and imports unchanged', async () => {
    const { proxy, url } = await open(
      (response) => {
        response.writeHead(200, sse).end(eventsOf(['one', ' two']).join(''));
      },
      ['--out', 'traffic.jsonl', '--rotate', '4KB'],
    );
    for (let call = 0; call < 12; call += 1) {
      await rawCall(url, { headers: { ...json, 'x-understudy-endpoint': 'greet' }, body });
      // Otherwise all of them would share one write.
      if (call % 4 === 3) await sleep(100);
    }
    await proxy.stop();
    const files = (await readdir(scene.directory)).filter((name) => name.endsWith('.jsonl'));
    expect(files.length).toBeGreaterThan(1);
    expect(files).toContain('traffic.jsonl');
    expect(files).toContain('traffic.1.jsonl');
    for (const name of files) expect((await stat(scene.path(name))).mode & 0o777).toBe(0o600);
    const { code, stdout } = await scene.run(['import', ...files, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ files: expect.any(Array) });
    expect(scene.rows('select distinct endpoint, count(*) as n from capture')).toEqual([
      { endpoint: 'greet', n: 12 },
    ]);
    expect(answers()).toBe(12);
  });

  it('that ends in half a line is continued behind it', async () => {
    await writeFile(scene.path('traffic.jsonl'), '{"id":"old","request":{"mess');
    const { proxy, url } = await open(
      (response) => {
        response.writeHead(200, json).end(JSON.stringify(completion('yes')));
      },
      ['--out', 'traffic.jsonl'],
    );
    await rawCall(url, { headers: json, body });
    await proxy.stop();
    const lines = (await readFile(scene.path('traffic.jsonl'), 'utf8')).split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ response: completion('yes') });
  });
});
