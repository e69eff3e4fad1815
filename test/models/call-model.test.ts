import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { CallResult, Failure } from '../../source/models/answer.ts';
import { callBytes, callUrl, delta, doneEvent, usageEvent, whole } from './call.ts';
import { chunk, chunkedHead, rawServer, streamHead } from './raw-server.ts';

const failureOf = (result: CallResult): Failure => {
  if (result.kind !== 'failed') throw new Error(`answered: ${JSON.stringify(result)}`);
  return result.failure;
};

const answerText = (result: CallResult): string => {
  if (result.kind !== 'answered') throw new Error(`failed: ${JSON.stringify(result)}`);
  return result.answer.text;
};

describe('a streamed answer', () => {
  it('is assembled, with its usage and timings', async () => {
    let clock = 0;
    const shown: string[] = [];
    const result = await callBytes(
      [
        streamHead,
        delta({ role: 'assistant', content: '' }) + delta({ reasoning_content: 'Hm.' }),
        delta({ content: 'Hello' }),
        delta({ content: ' there' }) + delta({}, 'stop') + usageEvent + doneEvent,
      ],
      { now: () => (clock += 60_000), onText: (text) => shown.push(text) },
    );
    expect(result).toMatchObject({
      kind: 'answered',
      answer: {
        text: 'Hello there',
        refusal: '',
        reasoning: 'Hm.',
        toolCalls: [],
        finishReason: 'stop',
        usage: { input: 7, output: 2, cachedInput: null, reasoning: null },
        model: 'm-1',
      },
    });
    expect(shown).toEqual(['Hello', ' there']);
    // The clock is read when it is set up, at sending, at the first visible token and at the end:
    // a role, an empty delta and reasoning stop no clock. Connecting is measured beside and no part.
    const { connectMs } = result.timings;
    expect(connectMs).toBeGreaterThan(0);
    expect(result.timings).toEqual({
      queueMs: null,
      connectMs,
      timeToFirstTokenMs: 60_000 - (connectMs ?? 0),
      totalMs: 120_000 - (connectMs ?? 0),
    });
  });

  it('is the same however its bytes are split', async () => {
    const text = 'Grüße 北京 👩‍🚀';
    const bytes = Buffer.from(
      delta({ content: text }).replace('\n\n', '\r\n\r\n') +
        delta({}, 'stop').replace('\n\n', '\r\r') +
        doneEvent,
    );
    const steps = [streamHead, ...Array.from(bytes, (byte) => Uint8Array.of(byte))];
    expect(answerText(await callBytes([...steps, 'close']))).toBe(text);
  });

  it('needs no [DONE] when every choice has its finish reason', async () => {
    const result = await callBytes([streamHead, delta({ content: 'a' }, 'stop'), 'close']);
    expect(answerText(result)).toBe('a');
  });

  it('needs no finish reason when it ends with [DONE] or usage', async () => {
    const done = await callBytes([streamHead, delta({ content: 'a' }) + doneEvent, 'close']);
    const usage = await callBytes([streamHead, delta({ content: 'b' }) + usageEvent, 'close']);
    expect([answerText(done), answerText(usage)]).toEqual(['a', 'b']);
  });

  it('counts when the connection breaks or stalls after it was complete', async () => {
    const complete = delta({ content: 'a' }, 'stop');
    const broken = await callBytes([chunkedHead, chunk(complete), 20, 'reset']);
    const still = await callBytes([streamHead, complete], {
      deadlines: { firstByteMs: 20_000, firstTokenMs: 60_000, idleMs: 30, totalMs: 20_000 },
    });
    expect([answerText(broken), answerText(still)]).toEqual(['a', 'a']);
  });

  it('is read as a stream when its content type is another one or missing', async () => {
    const answer = delta({ content: 'a' }) + delta({}, 'stop') + usageEvent + doneEvent;
    for (const type of ['content-type: text/plain\r\n', '']) {
      const head = `HTTP/1.1 200 OK\r\n${type}connection: close\r\n\r\n`;
      const result = await callBytes([head, answer, 'close']);
      expect(answerText(result)).toBe('a');
      expect(result.timings.timeToFirstTokenMs).not.toBeNull();
    }
  });

  it('may have a content type with a parameter, comments and no last blank line', async () => {
    const result = await callBytes([
      'HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream;charset=UTF-8\r\nconnection: close\r\n\r\n',
      ': OPENROUTER PROCESSING\n\n',
      `${delta({ content: 'a' })}data: [DONE]`,
      'close',
    ]);
    expect(answerText(result)).toBe('a');
  });

  it('counts a refusal and a tool call as first tokens, too', async () => {
    const refusal = await callBytes([
      streamHead,
      delta({ refusal: 'No.' }) + delta({}, 'stop'),
      'close',
    ]);
    const call = { index: 0, id: 'c1', function: { name: 'f', arguments: '{}' } };
    const tool = await callBytes([
      streamHead,
      delta({ tool_calls: [call] }) + delta({}, 'tool_calls'),
      'close',
    ]);
    expect(refusal.timings.timeToFirstTokenMs).not.toBeNull();
    expect(tool.timings.timeToFirstTokenMs).not.toBeNull();
  });
});

describe('a stream that ends before its answer', () => {
  it('is truncated, with the text so far', async () => {
    const result = await callBytes([streamHead, delta({ content: 'Half an ans' }), 'close']);
    expect(failureOf(result).reason).toBe('truncated');
    expect(result).toMatchObject({ partial: { text: 'Half an ans', finishReason: null } });
  });

  it('is truncated when only usage that comes with every chunk was seen', async () => {
    const piece = (content: string): string =>
      `data: {"choices":[{"index":0,"delta":{"content":"${content}"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n`;
    const result = await callBytes([streamHead, piece('a') + piece('b'), 'close']);
    expect(failureOf(result).reason).toBe('truncated');
  });

  it('is truncated when one of two choices has no finish reason', async () => {
    const second = 'data: {"choices":[{"index":1,"delta":{"content":"x"}}]}\n\n';
    const result = await callBytes([streamHead, delta({ content: 'a' }, 'stop') + second, 'close']);
    expect(failureOf(result).reason).toBe('truncated');
  });

  it('is truncated when the connection is reset, and when it ends within an event', async () => {
    const reset = await callBytes([chunkedHead, chunk(delta({ content: 'a' })), 20, 'reset']);
    const within = await callBytes([
      streamHead,
      delta({ content: 'a' }),
      'data: {"choices":[{"ind',
      'close',
    ]);
    expect(failureOf(reset).reason).toBe('truncated');
    expect(failureOf(within).reason).toBe('truncated');
  });

  it('is truncated when the connection is reset before the first chunk', async () => {
    expect(failureOf(await callBytes([chunkedHead, 20, 'reset'])).reason).toBe('truncated');
  });
});

describe('an error inside a stream', () => {
  it('is a failure with its message, even after a finish reason, and keeps the text', async () => {
    const error = 'data: {"error":{"code":502,"message":"Upstream is gone"},"choices":[]}\n\n';
    const result = await callBytes([
      streamHead,
      delta({ content: 'Some' }, 'length') + error + doneEvent,
      'close',
    ]);
    expect(failureOf(result)).toMatchObject({ reason: 'stream_error', status: 200 });
    expect(failureOf(result).message).toContain('Upstream is gone');
    expect(result).toMatchObject({ partial: { text: 'Some' } });
  });

  it('is recognized by its event name, by vLLM’s object, and by a line that is not JSON', async () => {
    const events = [
      'event: error\ndata: {"message":"overloaded"}\n\n',
      'data: {"object":"error","message":"overloaded"}\n\n',
      'data: overloaded\n\n',
    ];
    for (const event of events) {
      const failure = failureOf(await callBytes([streamHead, delta({ content: 'a' }) + event]));
      expect(failure.reason).toBe('stream_error');
      expect(failure.message).toContain('overloaded');
    }
  });

  it.each([
    ['FastChat’s worker', { text: '**NETWORK ERROR.**', error_code: 50_002 }, '**NETWORK ERROR.**'],
    ['FastAPI', { detail: 'CUDA out of memory' }, 'CUDA out of memory'],
    ['a gateway', { status_code: 500, message: 'CUDA out of memory' }, 'CUDA out of memory'],
    ['Cloudflare', { success: false, errors: [{ code: 3040, message: 'Full' }] }, 'Full'],
    ['MiniMax', { choices: null, base_resp: { status_code: 1000, status_msg: 'Bad' } }, 'Bad'],
    ['Baidu', { error_code: 336_100, error_msg: 'Try again' }, 'Try again'],
    ['an empty list of choices', { choices: [], message: 'Lost' }, 'Lost'],
  ])('is recognized by the shape of %s', async (_, event, words) => {
    const result = await callBytes([
      streamHead,
      delta({ role: 'assistant', content: 'Par' }) +
        `data: ${JSON.stringify(event)}\n\n` +
        doneEvent,
      'close',
    ]);
    expect(failureOf(result)).toMatchObject({
      reason: 'stream_error',
      message: `The server broke off its answer: ${words}`,
    });
    expect(result).toMatchObject({ partial: { text: 'Par' } });
  });

  it('is not seen in usage, timings, filter results, pings and news of the server', async () => {
    const events = [
      { type: 'ping', message: 'still here' },
      { type: 'status', message: 'loading' },
      { choices: [], prompt_filter_results: [], usage: null },
      { timings: { prompt_ms: 3 } },
      { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 }, message: 'done' },
      { id: 'x', base_resp: { status_code: 0, status_msg: '' }, status_code: 200 },
    ];
    const result = await callBytes([
      streamHead,
      delta({ content: 'Par' }) +
        events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') +
        delta({ content: 'is' }, 'stop') +
        doneEvent,
      'close',
    ]);
    expect(answerText(result)).toBe('Paris');
  });

  it('is the response of the server when it comes before the answer, by its own code', async () => {
    const event = { base_resp: { status_code: 1002, status_msg: 'rate limit exceeded(RPM)' } };
    const result = await callBytes([
      streamHead,
      `data: ${JSON.stringify(event)}\n\n${doneEvent}`,
      'close',
    ]);
    expect(failureOf(result)).toMatchObject({
      reason: 'rate_limited',
      message: 'The server answered 200: rate limit exceeded(RPM)',
    });
  });

  it('may be a finish reason', async () => {
    const result = await callBytes([
      streamHead,
      delta({ content: 'a' }, 'network_error') + doneEvent,
      'close',
    ]);
    expect(failureOf(result).reason).toBe('stream_error');
  });
});

describe('200 without a stream', () => {
  it('is the answer if it is a complete completion, without a time to the first token', async () => {
    const body =
      '{"object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}';
    const result = await callBytes([whole(200, 'application/json; charset=utf-8', body)]);
    expect(answerText(result)).toBe('Whole');
    expect(result.timings.timeToFirstTokenMs).toBeNull();
  });

  it.each([
    [
      'an error object',
      'application/json',
      '{"error":{"message":"no such model"}}',
      'no such model',
    ],
    ['other JSON', 'application/json', '{"status":"ok"}', 'not a chat completion'],
    ['cut JSON', 'application/json', '{"choices":[{"message":{"con', 'application/json'],
    ['a web page', 'text/html', '<html><body>Sign in</body></html>', 'web page'],
    ['an empty body', 'application/json', '', 'empty'],
    ['another type', 'text/plain', 'data: {"choices":[]}\n\n', 'text/plain'],
  ])('is no answer when it is %s', async (_, type, body, said) => {
    const failure = failureOf(await callBytes([whole(200, type, body)]));
    expect(failure.reason).toBe('not_an_answer');
    expect(failure.message).toContain(said);
  });

  it('is recognized when it is labelled as a stream', async () => {
    const message = { content: 'a' };
    const completion = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] });
    const answered = await callBytes([
      streamHead,
      completion.slice(0, 9),
      completion.slice(9),
      'close',
    ]);
    const failed = await callBytes([streamHead, '{"error":{"message":"Overloaded"}}', 'close']);
    expect(answerText(answered)).toBe('a');
    expect(failureOf(failed)).toMatchObject({
      reason: 'not_an_answer',
      message: 'The server answered 200, but with no answer: Overloaded',
    });
  });

  it('is truncated when the stream is empty, because a retry may get the answer', async () => {
    for (const body of ['', ': hello\n\n', doneEvent]) {
      const result = await callBytes([streamHead, body, 'close']);
      expect(failureOf(result).reason).toBe('truncated');
    }
  });
});

describe('the first token', () => {
  const deadlines = { firstByteMs: 20_000, firstTokenMs: 60, idleMs: 20_000, totalMs: 20_000 };
  /** A token that comes at once is in time on the slowest machine, and the end comes after it. */
  const ample = { ...deadlines, firstTokenMs: 3000 };
  const later = 3200;
  const azure = 'data: {"choices":[],"id":"","model":"","prompt_filter_results":[]}\n\n';
  const keepAlive = Array.from({ length: 2000 }, () => ': keep-alive\n\n');

  it('must arrive before its deadline, whatever keeps the connection open', async () => {
    const roles = Array.from({ length: 2000 }, () => delta({ role: 'assistant', content: '' }));
    for (const waiting of [keepAlive, roles, [azure, ...keepAlive]]) {
      const result = await callBytes([streamHead, ...waiting], { deadlines });
      expect(failureOf(result)).toMatchObject({
        reason: 'timeout',
        message: 'No token arrived within 0.06 s.',
      });
    }
  });

  it('is in time when the model thinks, answers or calls a tool before the deadline', async () => {
    const call = { index: 0, id: 'c1', function: { name: 'f', arguments: '{}' } };
    const signs = [{ reasoning: 'Hm' }, { content: 'a' }, { tool_calls: [call] }];
    const results = await Promise.all(
      signs.map((sign) =>
        callBytes([streamHead, azure, delta(sign), later, delta({}, 'stop'), doneEvent, 'close'], {
          deadlines: ample,
        }),
      ),
    );
    expect(results.map(({ kind }) => kind)).toEqual(['answered', 'answered', 'answered']);
  });

  it('may be that of a whole completion after blank lines', async () => {
    const body = '{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}';
    const blank = Array.from({ length: 2000 }, () => '\n');
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n';
    const late = await callBytes([head, ...blank, body, 'close'], { deadlines });
    const slow = await callBytes([head, '\n', body.slice(0, 20), later, body.slice(20), 'close'], {
      deadlines: ample,
    });
    expect(failureOf(late).message).toBe('No token arrived within 0.06 s.');
    expect(answerText(slow)).toBe('a');
  });

  it("is not Azure's filter result", async () => {
    let clock = 0;
    const result = await callBytes(
      [streamHead, azure, delta({ role: 'assistant' }), delta({ content: 'a' }, 'stop'), 'close'],
      { now: () => (clock += 60_000) },
    );
    expect(result.timings.timeToFirstTokenMs).toBe(60_000 - (result.timings.connectMs ?? 0));
    expect(result).toMatchObject({ answer: { id: 'c', model: 'm-1' } });
  });
});

describe('several choices', () => {
  const second = (event: string): string => event.replace('"index":0', '"index":1');

  it('must all arrive when several were requested, unless [DONE] says that there are no more', async () => {
    const body = { model: 'm', messages: [], stream: true, n: 2 };
    const first = delta({ content: 'a' }, 'stop');
    const cut = await callBytes([streamHead, first, 'close'], { body });
    const fewer = await callBytes([streamHead, first, doneEvent, 'close'], { body });
    const both = await callBytes(
      [streamHead, first, second(delta({ content: 'b' }, 'length')), 'close'],
      { body },
    );
    expect(cut).toMatchObject({ failure: { reason: 'truncated' }, partial: { text: 'a' } });
    expect(answerText(fewer)).toBe('a');
    expect(both).toMatchObject({
      answer: { text: 'a', otherChoices: [{ index: 1, text: 'b', finishReason: 'length' }] },
    });
  });
});

describe('limits', () => {
  const deadlines = { firstByteMs: 20_000, firstTokenMs: 60_000, idleMs: 20_000, totalMs: 20_000 };

  it('end a call without a first byte, before the headers and after them', async () => {
    for (const steps of [[], [streamHead]]) {
      const result = await callBytes(steps, { deadlines: { ...deadlines, firstByteMs: 40 } });
      expect(failureOf(result)).toMatchObject({ reason: 'timeout' });
      expect(failureOf(result).message).toBe('No answer began within 0.04 s.');
    }
  });

  it('end a stream that stalls, and keep the text so far', async () => {
    const result = await callBytes([streamHead, delta({ content: 'a' })], {
      deadlines: { ...deadlines, idleMs: 40 },
    });
    expect(failureOf(result).message).toBe('The answer did not continue within 0.04 s.');
    expect(result).toMatchObject({ failure: { reason: 'timeout' }, partial: { text: 'a' } });
  });

  it('end a stream that never ends', async () => {
    const endless = Array.from({ length: 2000 }, () => ': keep-alive\n\n');
    const result = await callBytes([streamHead, delta({ content: 'a' }), ...endless], {
      deadlines: { ...deadlines, totalMs: 60 },
    });
    expect(failureOf(result).reason).toBe('timeout');
    expect(failureOf(result).message).toContain('not complete within 0.06 s');
  });

  it('end an answer above the byte limit, streamed or whole', async () => {
    const long = 'x'.repeat(5000);
    const streamed = await callBytes([streamHead, delta({ content: long }), doneEvent, 'close'], {
      maximumBytes: 1000,
    });
    const once = await callBytes([whole(200, 'text/html', long)], { maximumBytes: 1000 });
    expect(failureOf(streamed).reason).toBe('too_large');
    expect(failureOf(once).reason).toBe('too_large');
  });

  it('end a call when the user stops: before it, while waiting, and within the stream', async () => {
    const stopped = AbortSignal.abort();
    const before = await callBytes([streamHead], { signal: stopped });
    const waiting = await callBytes([], { signal: AbortSignal.timeout(30) });
    const within = await callBytes([streamHead, delta({ content: 'a' })], {
      signal: AbortSignal.timeout(1500),
    });
    expect(failureOf(before).reason).toBe('interrupted');
    expect(failureOf(waiting).reason).toBe('interrupted');
    expect(within).toMatchObject({ failure: { reason: 'interrupted' }, partial: { text: 'a' } });
  });

  it('keep an endless error body from filling the memory', async () => {
    const piece = 'x'.repeat(32 * 1024);
    const result = await callBytes([
      'HTTP/1.1 500 X\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n',
      ...Array.from({ length: 8 }, () => piece),
    ]);
    expect(failureOf(result).reason).toBe('server_error');
    expect(failureOf(result).message.length).toBeLessThan(600);
  });
});

describe('an answer that is an error', () => {
  it('is named by its status, with its message and the provider’s id', async () => {
    const body = '{"error":{"message":"Rate limit reached","type":"requests"}}';
    const headers = 'retry-after: 120\r\nx-request-id: req_1\r\n';
    const result = await callBytes([whole(429, 'application/json', body, headers)]);
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { reason: 'rate_limited', status: 429, retryAfterMs: 120_000, parameter: null },
      partial: null,
      providerRequestId: 'req_1',
    });
    expect(failureOf(result).message).toBe('The server answered 429: Rate limit reached');
  });

  it('never shows the key, in a message, a stream or an id', async () => {
    const key = 'sk-test-0123456789';
    const long = 'x'.repeat(490) + key;
    const answers = [
      whole(401, 'application/json', `{"error":{"message":"Bad key ${key}"}}`),
      whole(400, 'application/json', `{"error":{"message":"${long}"}}`),
      whole(500, 'text/plain', `Bearer ${key}`, `x-request-id: ${key}\r\n`),
      whole(200, 'application/json', `{"error":"${key}"}`),
      `${streamHead}data: {"error":{"message":"${key}"}}\n\n`,
      `${streamHead}${delta({ content: key.slice(0, 11) })}`,
    ];
    for (const answer of answers) {
      const result = await callBytes([answer, 'close'], { apiKey: key });
      expect(failureOf(result).message.length).toBeGreaterThan(10);
      expect(JSON.stringify(result)).not.toContain('sk-test');
    }
  });

  it('names the parameter that is refused, and the limits of the account', async () => {
    const body = '{"error":{"message":"Unsupported parameter","param":"top_p"},"request_id":"r-7"}';
    const headers = 'x-ratelimit-remaining-requests: 3\r\nx-ratelimit-reset-requests: 1s\r\n';
    const result = await callBytes([whole(400, 'application/json', body, headers)]);
    expect(result).toMatchObject({
      failure: { reason: 'rejected', parameter: 'top_p' },
      providerRequestId: 'r-7',
      rateLimits: { requests: { limit: null, remaining: 3, resetMs: 1000 }, tokens: null },
    });
  });

  it('may be inside a choice of a whole completion', async () => {
    const choice = {
      index: 0,
      message: { content: 'So far' },
      finish_reason: 'error',
      error: { code: 502, message: 'Upstream is gone' },
    };
    const body = JSON.stringify({ choices: [choice] });
    const result = await callBytes([whole(200, 'application/json', body)]);
    expect(failureOf(result)).toMatchObject({
      reason: 'stream_error',
      message: 'The server broke off its answer: Upstream is gone',
    });
    expect(result).toMatchObject({ partial: { text: 'So far' } });
  });

  it('describes an error page by its title', async () => {
    const page = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>';
    const failure = failureOf(await callBytes([whole(502, 'text/html', page)]));
    expect(failure).toMatchObject({ reason: 'server_error', status: 502 });
    expect(failure.message).toBe('The server answered 502: 502 Bad Gateway');
  });

  it('is not followed elsewhere when it is a redirect', async () => {
    const result = await callBytes([
      whole(307, 'text/plain', '', 'location: http://127.0.0.1:1/v1/chat/completions\r\n'),
    ]);
    expect(failureOf(result)).toMatchObject({ reason: 'rejected', status: 307 });
    expect(failureOf(result).message).toContain('http://127.0.0.1:1/v1');
  });

  it('is sent once: no retry hides in the time', async () => {
    const server = await rawServer([whole(500, 'text/plain', 'no', 'connection: close\r\n')]);
    await callUrl(server.url);
    await server.close();
    expect(server.requests).toHaveLength(1);
  });
});

describe('no connection', () => {
  it('is described: a refused port, no such host, a port that does not speak HTTP', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => {
      free.listen(0, '127.0.0.1', resolve);
    });
    const address = free.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => {
      free.close(resolve);
    });
    const refused = failureOf(await callUrl(`http://127.0.0.1:${port}/v1`));
    expect(refused).toMatchObject({
      reason: 'connection',
      status: null,
      retryAfterMs: null,
      parameter: null,
      unsent: true,
    });
    expect(refused.message).toBe(
      `No connection to http://127.0.0.1:${port}/v1: nothing is listening there.`,
    );

    const host = failureOf(await callUrl('http://nowhere.invalid/v1'));
    expect(host.reason).toBe('connection');
    expect(host.message).toContain('nowhere.invalid');

    const ssh = failureOf(await callBytes(['SSH-2.0-OpenSSH_9.6\r\n', 'close']));
    expect(ssh.reason).toBe('connection');
    expect(ssh.message).toContain('does not speak HTTP');
  });

  it('is the reason when the connection is reset before the headers', async () => {
    expect(failureOf(await callBytes(['reset'])).reason).toBe('connection');
  });
});
