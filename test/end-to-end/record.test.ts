import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  completion,
  event,
  eventsOf,
  openai,
  rawCall,
  secretKey,
  startProxy,
  startUpstream,
  type RunningProxy,
  type Upstream,
} from '../helpers/recording-proxy.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const open = async (
  answer: Parameters<typeof startUpstream>[0],
  argv: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly upstream: Upstream; readonly proxy: RunningProxy }> => {
  const upstream = await startUpstream(answer);
  onTestFinished(() => upstream.close());
  const proxy = await startProxy(
    scene.directory,
    ['--upstream', `${upstream.origin}/v1`, ...argv],
    environment,
  );
  onTestFinished(() => {
    proxy.child.kill('SIGKILL');
  });
  return { upstream, proxy };
};

/** The captures in the store, in order of arrival. */
const captures = () =>
  scene
    .rows(
      `select capture.*, request.text as request, recorded_response.model as model,
        answer.text as answer, time_to_first_token_ms, total_ms
       from capture join body request on request.number = request_body
       left join recorded_response on capture_number = capture.number
       left join body answer on answer.number = response_body order by capture.id`,
    )
    .map((row) => ({
      id: row['id'],
      endpoint: row['endpoint'],
      request: JSON.parse(String(row['request'])) as unknown,
      answer: row['answer'] === null ? null : (JSON.parse(String(row['answer'])) as unknown),
      model: row['model'],
      metadata: JSON.parse(String(row['metadata'])) as Record<string, unknown>,
      timeToFirstTokenMs: row['time_to_first_token_ms'],
      totalMs: row['total_ms'],
    }));

const messages = [{ role: 'user' as const, content: 'Wo ist meine Rechnung? 请问' }];

const json = { 'content-type': 'application/json' };

describe('a recorded call', () => {
  it('passes byte for byte in both directions, and is a capture with its answer', async () => {
    const body = `${JSON.stringify(completion('Im Anhang. 😀'), null, 2)}\n`;
    const { upstream, proxy } = await open((response) => {
      response.writeHead(200, { ...json, 'x-request-id': 'req_up', 'openai-processing-ms': '17' });
      response.end(body);
    });
    const sent = `{ "messages": ${JSON.stringify(messages)}, "model":"gpt-4o", "seed": 1.0,"x":null}`;
    const answer = await rawCall(`${proxy.origin}/v1/chat/completions?api-version=1`, {
      headers: { ...json, 'x-request-id': 'req_team', traceparent: '00-ab-cd-01' },
      body: sent,
    });
    expect(answer.body.toString()).toBe(body);
    expect(upstream.arrived[0]?.body.toString()).toBe(sent);
    expect(upstream.arrived[0]?.url).toBe('/v1/chat/completions?api-version=1');
    const id = answer.headers['x-capture-id'];
    expect(await proxy.stop()).toMatchObject({ code: 0 });
    const [capture] = captures();
    expect(capture).toMatchObject({
      id,
      request: JSON.parse(sent) as unknown,
      answer: JSON.parse(body) as unknown,
      model: 'gpt-4o-2024-08-06',
      timeToFirstTokenMs: null,
      metadata: {
        requestId: 'req_team',
        traceparent: '00-ab-cd-01',
        upstreamRequestId: 'req_up',
        processingMs: 17,
      },
    });
    expect(Number(capture?.totalMs)).toBeGreaterThan(0);
  });

  it('streams to the openai SDK chunk by chunk, and is assembled', async () => {
    let goOn = (): void => undefined;
    const { proxy } = await open(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      for (const text of eventsOf(['Hel', 'lo ', '世', '界'])) {
        response.write(text);
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
      response.end();
    });
    const client = openai(proxy.origin);
    // The head is there before any chunk, and each chunk before the next is written.
    const { data, response } = await client.chat.completions
      .create({ model: 'gpt-4o', messages, stream: true })
      .withResponse();
    let text = '';
    goOn();
    for await (const chunk of data) {
      text += chunk.choices[0]?.delta.content ?? '';
      goOn();
    }
    goOn();
    expect(text).toBe('Hello 世界');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    await proxy.stop();
    const [capture] = captures();
    expect(capture?.answer).toMatchObject({
      choices: [{ message: { content: 'Hello 世界' }, finish_reason: 'stop' }],
    });
    const { timeToFirstTokenMs, totalMs } = capture ?? {};
    expect(Number(timeToFirstTokenMs)).toBeGreaterThan(0);
    expect(Number(timeToFirstTokenMs)).toBeLessThan(Number(totalMs));
  });

  it('keeps the tool calls of streams and of whole answers', async () => {
    const call = { name: 'look_up', arguments: '{"id":"A-17"}' };
    const { proxy } = await open((response, { body }) => {
      const { stream } = JSON.parse(body.toString()) as { stream?: boolean };
      if (stream !== true) {
        const message = {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: call }],
        };
        const choices = [{ index: 0, message, finish_reason: 'tool_calls' }];
        response.writeHead(200, json).end(JSON.stringify(completion('', { choices })));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const first = { id: 'call_1', type: 'function', function: { ...call, arguments: '' } };
      response.write(event({ tool_calls: [{ index: 0, ...first }] }));
      for (const part of ['{"id"', ':"A-17"}']) {
        response.write(event({ tool_calls: [{ index: 0, function: { arguments: part } }] }));
      }
      response.end(`${event({}, 'tool_calls')}data: [DONE]\n\n`);
    });
    const client = openai(proxy.origin);
    const request = {
      model: 'gpt-4o',
      messages,
      tools: [{ type: 'function' as const, function: { name: 'look_up' } }],
    };
    const whole = await client.chat.completions.create(request);
    expect(whole.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: call });
    let streamed = '';
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
      streamed += chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
    }
    expect(streamed).toBe(call.arguments);
    await proxy.stop();
    for (const { answer } of captures()) {
      expect(answer).toMatchObject({
        choices: [{ message: { tool_calls: [{ function: call }] }, finish_reason: 'tool_calls' }],
      });
    }
    expect(captures()).toHaveLength(2);
  });

  it('keeps the headers of both sides, apart from those of the connection', async () => {
    const { upstream, proxy } = await open((response) => {
      response.writeHead(
        429,
        [
          'Content-Type: application/json',
          'Retry-After: 20',
          'X-Ratelimit-Remaining: 0',
          'Set-Cookie: a=1',
          'Set-Cookie: b=2',
          'Connection: x-hop, keep-alive',
          'X-Hop: no',
          'Content-Length: 41',
          'Keep-Alive: timeout=5',
        ].flatMap((line) => line.split(': ')),
      );
      response.end('{"error":{"message":"Slow down.","x":12}}');
    });
    const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, {
      headers: {
        ...json,
        Authorization: `Bearer ${secretKey}`,
        'X-Understudy-Endpoint': 'classify_ticket',
        'X-Team': 'support',
        'Accept-Encoding': 'gzip, br',
        Connection: 'close, X-Gone',
        'X-Gone': 'yes',
        TE: 'trailers',
      },
      body: JSON.stringify({ model: 'gpt-4o', messages }),
    });
    expect(answer.status).toBe(429);
    expect(answer.body.toString()).toBe('{"error":{"message":"Slow down.","x":12}}');
    expect(answer.headers).toMatchObject({
      'retry-after': '20',
      'x-ratelimit-remaining': '0',
      'set-cookie': ['a=1', 'b=2'],
      'content-length': '41',
    });
    expect(answer.headers).not.toHaveProperty('x-hop');
    const arrived = upstream.arrived[0];
    expect(arrived?.headers).toMatchObject({
      authorization: `Bearer ${secretKey}`,
      'x-team': 'support',
      'accept-encoding': 'gzip, br',
      host: upstream.origin.replace('http://', ''),
    });
    for (const name of ['x-understudy-endpoint', 'x-gone', 'te']) {
      expect(arrived?.headers).not.toHaveProperty(name);
    }
    // An error is not retried.
    expect(upstream.arrived).toHaveLength(1);
    await proxy.stop();
    expect(captures()).toMatchObject([
      {
        endpoint: 'classify_ticket',
        answer: null,
        metadata: { recordedError: { status: 429, message: 'Slow down.' } },
      },
    ]);
  });

  it.each([
    ['gzip', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['br', zlib.brotliCompressSync],
    ['zstd', zlib.zstdCompressSync],
  ] as const)('forwards %s as it came and records what is in it', async (encoding, compress) => {
    const events = Buffer.from(eventsOf(['compressed', ' words']).join(''));
    const whole = Buffer.from(JSON.stringify(completion('compressed words')));
    const { proxy } = await open((response, { body }) => {
      const isStream = body.includes('"stream":true');
      const type = isStream ? 'text/event-stream' : 'application/json';
      response.writeHead(200, { 'content-type': type, 'content-encoding': encoding });
      response.end(compress(isStream ? events : whole));
    });
    for (const stream of [true, false]) {
      const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, {
        headers: { ...json, 'accept-encoding': encoding },
        body: JSON.stringify({ model: 'gpt-4o', messages, stream }),
      });
      expect(answer.headers['content-encoding']).toBe(encoding);
      expect(answer.body).toEqual(compress(stream ? events : whole));
    }
    const client = openai(proxy.origin, { 'accept-encoding': encoding });
    const { choices } = await client.chat.completions.create({ model: 'gpt-4o', messages });
    expect(choices[0]?.message.content).toBe('compressed words');
    await proxy.stop();
    const contents = captures().map(
      ({ answer }) => (answer as ReturnType<typeof completion>).choices[0]?.message.content,
    );
    expect(contents).toEqual(Array.from({ length: 3 }, () => 'compressed words'));
  });
});

describe('a call that is no prompt in a dialect that can be replayed', () => {
  it('is forwarded and only counted', async () => {
    const { upstream, proxy } = await open((response, { url }) => {
      response.writeHead(200, json).end(JSON.stringify({ url }));
    });
    const paths = [
      '/v1/models',
      '/models',
      '/v1/embeddings',
      '/v1/completions',
      '/v1/audio/speech',
    ];
    for (const path of paths) {
      const method = path.endsWith('models') ? 'GET' : 'POST';
      const answer = await rawCall(`${proxy.origin}${path}`, { method });
      expect(JSON.parse(answer.body.toString())).toEqual({
        url: path.startsWith('/v1') ? path : `/v1${path}`,
      });
      expect(answer.headers).not.toHaveProperty('x-capture-id');
    }
    const upload = Buffer.alloc(30_000_000, 'sound');
    await rawCall(`${proxy.origin}/v1/files`, {
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: upload,
    });
    expect(upstream.arrived.at(-1)?.body.equals(upload)).toBe(true);
    const { stderr } = await proxy.stop();
    expect(stderr).toContain('6 calls · 0 in flight · 0 recorded · 6 passed on only');
    expect(scene.rows('select * from capture')).toEqual([]);
    expect(scene.rows('select * from rejected_record')).toEqual([]);
  });

  it('may not be a WebSocket, which is refused with a reason', async () => {
    const { proxy } = await open((response) => void response.end());
    const answer = await rawCall(`${proxy.origin}/v1/realtime?model=x`, {
      method: 'GET',
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    });
    expect(answer.status).toBe(501);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      error: { type: 'proxy_error', code: 'no_websocket' },
    });
  });
});

describe('an upstream that cannot be reached', () => {
  it('is reported as an error of the proxy, and recorded', async () => {
    const { upstream, proxy } = await open((response) => void response.end());
    await upstream.close();
    const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, {
      headers: json,
      body: JSON.stringify({ model: 'gpt-4o', messages }),
    });
    expect(answer.status).toBe(502);
    expect(answer.headers['x-understudy-proxy-error']).toBe('upstream_unreachable');
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      error: { type: 'proxy_error', code: 'upstream_unreachable' },
    });
    await proxy.stop();
    expect(captures()).toMatchObject([
      {
        answer: null,
        metadata: { recordedError: { status: null, message: 'no response came (ECONNREFUSED)' } },
      },
    ]);
  });
});

describe('several upstreams', () => {
  it('are chosen by the first part of the path, by the model, else the first', async () => {
    const other = await startUpstream((response) => {
      response.writeHead(200, json).end(JSON.stringify(completion('other')));
    });
    onTestFinished(() => other.close());
    const { upstream, proxy } = await open(
      (response) => {
        response.writeHead(200, json).end(JSON.stringify(completion('first')));
      },
      ['--upstream', `groq=${other.origin}/openai/v1`, '--route', 'llama*=groq'],
    );
    const ask = (path: string, model: string) =>
      rawCall(`${proxy.origin}${path}/chat/completions`, {
        headers: json,
        body: JSON.stringify({ messages, model }),
      });
    const said = async (path: string, model: string): Promise<unknown> =>
      (JSON.parse((await ask(path, model)).body.toString()) as ReturnType<typeof completion>)
        .choices[0]?.message.content;
    expect(await said('/v1', 'gpt-4o')).toBe('first');
    expect(await said('/v1', 'llama-4')).toBe('other');
    expect(await said('', 'llama-4')).toBe('other');
    expect(await said('/groq/v1', 'gpt-4o')).toBe('other');
    expect(await said('/groq', 'gpt-4o')).toBe('other');
    expect(await said('/openai/deployments/d', 'gpt-4o')).toBe('first');
    expect(other.arrived.map(({ url }) => url)).toEqual(
      Array.from({ length: 4 }, () => '/openai/v1/chat/completions'),
    );
    expect(upstream.arrived).toHaveLength(2);
    await proxy.stop();
    expect(captures().map(({ metadata }) => metadata['upstream'])).toEqual([
      upstream.origin.replace('http://', ''),
      'groq',
      'groq',
      'groq',
      'groq',
      upstream.origin.replace('http://', ''),
    ]);
  });
});

describe('access', () => {
  const token = 'a-token-of-our-own-0123';

  it('from other machines needs a token, or the proxy does not start', async () => {
    const upstream = ['--upstream', 'http://127.0.0.1:9/v1', '--port', '0'];
    const refused = await scene.run(['record', ...upstream, '--host', '0.0.0.0']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('UNDERSTUDY_PROXY_TOKEN');
    const short = await scene.run(['record', ...upstream, '--host', '0.0.0.0'], {
      UNDERSTUDY_PROXY_TOKEN: 'short',
    });
    expect([short.code, short.stderr]).toEqual([2, expect.stringContaining('guessed')]);
    expect(await scene.snapshot()).toEqual([]);
  });

  it.each([
    ['is refused to web pages on this machine', {}, 403, 0],
    ['is granted to whoever sends the token', { UNDERSTUDY_PROXY_TOKEN: token }, 200, 1],
  ] as const)('%s', async (_, environment, status, calls) => {
    const { upstream, proxy } = await open(
      (response) => {
        response.writeHead(200, json).end(JSON.stringify(completion('yes')));
      },
      [],
      environment,
    );
    const page = { host: 'rebound.example', origin: 'https://page.example' };
    const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, {
      headers: { ...json, ...page, 'x-understudy-token': token },
      body: JSON.stringify({ model: 'm', messages }),
    });
    expect(answer.status).toBe(status);
    expect(answer.body.toString().includes('not from web pages')).toBe(status === 403);
    expect(upstream.arrived).toHaveLength(calls);
    await proxy.stop();
    expect(captures()).toHaveLength(calls);
  });

  it('is granted by header or by path, and the token is not forwarded', async () => {
    const { upstream, proxy } = await open(
      (response) => {
        response.writeHead(200, json).end(JSON.stringify(completion('yes')));
      },
      ['--host', '0.0.0.0'],
      { UNDERSTUDY_PROXY_TOKEN: token },
    );
    const origin = proxy.origin.replace('0.0.0.0', '127.0.0.1');
    const call = { headers: json, body: JSON.stringify({ model: 'm', messages }) };
    for (const path of ['/v1', '/token=wrong-token-0123456/v1', '/token=/v1']) {
      const refused = await rawCall(`${origin}${path}/chat/completions`, call);
      expect(refused.status).toBe(401);
      expect(refused.body.toString()).not.toContain(token);
    }
    expect((await rawCall(`${origin}/metrics`, { method: 'GET' })).status).toBe(401);
    expect((await rawCall(`${origin}/healthz`, { method: 'GET' })).status).toBe(200);
    expect(upstream.arrived).toEqual([]);
    const byPath = await rawCall(`${origin}/token=${token}/v1/chat/completions`, call);
    const byHeader = await rawCall(`${origin}/v1/chat/completions`, {
      ...call,
      headers: { ...json, 'x-understudy-token': token },
    });
    expect([byPath.status, byHeader.status]).toEqual([200, 200]);
    expect(
      JSON.stringify(upstream.arrived.map(({ url, headers }) => [url, headers])),
    ).not.toContain(token);
    await proxy.stop();
    expect(captures()).toHaveLength(2);
  });
});

describe('a capture', () => {
  it('contains no secret, wherever a client may put one', async () => {
    const { proxy } = await open((response) => {
      response.writeHead(200, { ...json, 'set-cookie': 'session=cookie-never-kept' });
      response.end(JSON.stringify(completion('yes')));
    });
    await rawCall(`${proxy.origin}/v1/chat/completions?key=query-never-kept&api-key=x-never-kept`, {
      headers: {
        ...json,
        authorization: `Bearer ${secretKey}`,
        'api-key': 'api-never-kept',
        'x-api-key': 'api2-never-kept',
        cookie: 'cookie-never-kept',
        'proxy-authorization': 'Basic basic-never-kept',
        'x-goog-api-key': 'goog-never-kept',
        'openai-organization': 'org-never-kept',
        'user-agent': 'agent-never-kept',
      },
      body: JSON.stringify({ model: 'm', messages }),
    });
    const { stderr, stdout } = await proxy.stop();
    expect(captures()).toHaveLength(1);
    const files = readdirSync(scene.directory);
    expect(files).toContain('understudy.db');
    const all = files.map((name) => readFileSync(scene.path(name), 'latin1')).join('');
    expect(all).toContain('Rechnung');
    for (const text of [all, stderr, stdout]) expect(text).not.toMatch(/never-(?:to-be-)?kept/);
    expect(statSync(scene.path('understudy.db')).mode & 0o777).toBe(0o600);
  });

  it('is sampled with its whole conversation, by --sample', async () => {
    const { proxy } = await open(
      (response) => {
        response.writeHead(200, json).end(JSON.stringify(completion('yes')));
      },
      ['--sample', '50%'],
    );
    const client = openai(proxy.origin);
    for (let conversation = 0; conversation < 30; conversation += 1) {
      const first = { role: 'user' as const, content: `Question ${conversation}` };
      for (const history of [
        [first],
        [
          first,
          { role: 'assistant' as const, content: 'a' },
          { role: 'user' as const, content: 'b' },
        ],
      ]) {
        await client.chat.completions.create({ model: 'm', messages: history });
      }
    }
    const { stderr } = await proxy.stop();
    const openings = captures().map(
      ({ request }) => (request as { messages: { content: string }[] }).messages[0]?.content,
    );
    const kept = new Set(openings);
    expect(openings).toHaveLength(kept.size * 2);
    expect(kept.size).toBeGreaterThan(5);
    expect(kept.size).toBeLessThan(25);
    expect(stderr).toContain(`${60 - openings.length} not in the sample`);
  });

  it('is rejected with a reason where it cannot be replayed', async () => {
    const { proxy } = await open((response) => {
      response.writeHead(200, json).end(JSON.stringify(completion('yes')));
    });
    const large = JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: 'x'.repeat(9e6) }],
    });
    for (const body of ['no JSON', '{"model":"m"}', large]) {
      const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, { headers: json, body });
      expect(answer.status).toBe(200);
    }
    const { stderr } = await proxy.stop();
    expect(captures()).toEqual([]);
    expect(
      scene
        .rows('select reason from rejected_record')
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(['no messages', 'request body is not JSON', 'request too large to be kept']);
    expect(stderr).toContain('3 not recorded');
  });

  it('has no answer if that is too large to keep, but the client gets all of it', async () => {
    const words = Array.from({ length: 100 }, () => 'y'.repeat(1e5));
    const { proxy } = await open(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const text of eventsOf(words)) response.write(text);
      response.end();
    });
    const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, {
      headers: json,
      body: JSON.stringify({ model: 'm', messages, stream: true }),
    });
    expect(answer.body.toString()).toBe(eventsOf(words).join(''));
    await proxy.stop();
    expect(captures()).toMatchObject([
      {
        answer: null,
        metadata: { recordedError: { message: expect.stringMatching(/too large/) } },
      },
    ]);
  });
});

describe('the metrics', () => {
  it('say what happened', async () => {
    const { proxy } = await open((response, { url }) => {
      response.writeHead(url.includes('models') ? 404 : 200, json);
      response.end(JSON.stringify(completion('yes')));
    });
    await rawCall(`${proxy.origin}/v1/chat/completions`, {
      headers: json,
      body: JSON.stringify({ model: 'm', messages }),
    });
    await rawCall(`${proxy.origin}/v1/models`, { method: 'GET' });
    expect((await rawCall(`${proxy.origin}/healthz`, { method: 'GET' })).body.toString()).toBe(
      'ok\n',
    );
    let text = '';
    while (!text.includes('recorded_total 1')) {
      text = (await rawCall(`${proxy.origin}/metrics`, { method: 'GET' })).body.toString();
      await sleep(20);
    }
    expect(text).toMatch(
      /^understudy_proxy_requests_total\{upstream="127[^"]+",status="200"\} 1$/m,
    );
    expect(text).toMatch(
      /^understudy_proxy_requests_total\{upstream="127[^"]+",status="404"\} 1$/m,
    );
    expect(text).toMatch(/^understudy_proxy_passed_total 1$/m);
    expect(text).toMatch(/^understudy_proxy_in_flight 0$/m);
    expect(text).toMatch(/^understudy_proxy_saving 1$/m);
  });
});

describe('the agent of a client', () => {
  it('may keep its connection for many calls', async () => {
    const { proxy } = await open((response) => {
      response.writeHead(200, json).end(JSON.stringify(completion('yes')));
    });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ports = new Set<number | undefined>();
    for (let call = 0; call < 5; call += 1) {
      await new Promise<void>((resolve, reject) => {
        const request = http.request(
          `${proxy.origin}/v1/chat/completions`,
          { agent, method: 'POST', headers: json },
          (message) => {
            ports.add(message.socket.localPort);
            message.resume().on('end', resolve);
          },
        );
        request.on('error', reject);
        request.end(JSON.stringify({ model: 'm', messages }));
      });
    }
    expect(ports.size).toBe(1);
  });
});

describe('an upstream behind TLS', () => {
  it('is reached only where it is trusted', async () => {
    const file = (name: string): string =>
      new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
    const server = https.createServer(
      { key: readFileSync(file('key.pem')), cert: readFileSync(file('certificate.pem')) },
      (request, response) => {
        request.resume();
        response.writeHead(200, json).end(JSON.stringify(completion('sealed')));
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const call = { headers: json, body: JSON.stringify({ model: 'm', messages }) };
    const statuses: number[] = [];
    for (const environment of [{ NODE_EXTRA_CA_CERTS: file('certificate.pem') }, {}]) {
      const proxy = await startProxy(
        scene.directory,
        ['--upstream', `https://127.0.0.1:${port}/v1`],
        environment,
      );
      onTestFinished(() => void proxy.child.kill('SIGKILL'));
      statuses.push((await rawCall(`${proxy.origin}/v1/chat/completions`, call)).status);
      await proxy.stop();
    }
    expect(statuses).toEqual([200, 502]);
    expect(captures().map(({ answer }) => answer === null)).toEqual([false, true]);
  });
});

describe('a slow upstream', () => {
  it('is waited for longer than idle connections are kept', async () => {
    const { proxy } = await open(async (response) => {
      await sleep(4500);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event({ content: 'Hm' }));
      await sleep(4500);
      response.end(`${event({}, 'stop')}data: [DONE]\n\n`);
    });
    const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, {
      headers: json,
      body: JSON.stringify({ model: 'm', messages, stream: true }),
    });
    expect([answer.status, answer.cut]).toEqual([200, false]);
    await proxy.stop();
    expect(captures()[0]?.timeToFirstTokenMs).toBeGreaterThan(4000);
  });
});
