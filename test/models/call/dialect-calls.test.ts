import { describe, expect, it } from 'vitest';
import { CallWatch, defaultDeadlines } from '../../../source/models/call/deadlines.ts';
import { statusFailure } from '../../../source/models/call/failures.ts';
import { readAnswerBody, type ReadAnswer } from '../../../source/models/call/read-answer.ts';
import type { Dialect } from '../../../source/traffic/dialects/dialect.ts';
import {
  dialectBodies,
  dialectExchange,
  dialectExchanges,
  dialectStreams,
} from '../stream/dialect-exchanges.ts';

type Read = ReadAnswer & { readonly firstTokens: number; readonly shown: string };

/** Reads a response with this body as a live one. */
const read = async (dialect: Dialect, type: string, body: string): Promise<Read> => {
  const watch = new CallWatch(defaultDeadlines, new AbortController().signal);
  let firstTokens = 0;
  let shown = '';
  try {
    const result = await readAnswerBody(
      new Response(body, { headers: { 'content-type': type } }),
      {
        body: {},
        dialect,
        deadlines: defaultDeadlines,
        maximumBytes: 10_000_000,
        thinkTags: 'apart',
        onText: (text) => {
          shown += text;
        },
      },
      watch,
      () => {
        firstTokens++;
      },
    );
    return { ...result, firstTokens, shown };
  } finally {
    watch.stop();
  }
};

const stream = async (dialect: Dialect, body: string): Promise<Read> =>
  await read(dialect, 'text/event-stream', body);

describe('an answer of Responses, Messages or Gemini', () => {
  it('is read from every recorded stream', async () => {
    for (const { body, dialect, headers, source } of dialectStreams) {
      const { ending, firstTokens, shown } = await read(
        dialect,
        headers['content-type'] ?? '',
        body,
      );
      if (ending.kind !== 'answered') throw new Error(`${source}: ${ending.failure.message}`);
      const { otherParts, refusal, text, toolCalls } = ending.answer;
      expect({ source, shown }).toEqual({ source, shown: text + refusal });
      const isVisible = shown !== '' || toolCalls.length > 0 || otherParts !== undefined;
      expect({ source, firstTokens }).toEqual({ source, firstTokens: isVisible ? 1 : 0 });
    }
  });

  it('is read from every recorded body', async () => {
    for (const { body, dialect, source } of dialectBodies) {
      const { ending } = await read(dialect, 'application/json', body);
      const isQueued = /"status": ?"queued"/.test(body);
      expect({ source, kind: ending.kind }).toEqual({
        source,
        kind: isQueued ? 'failed' : 'answered',
      });
    }
  });

  it('is read from a body that is called a stream, and from a list of pieces', async () => {
    const { body } = dialectExchange('test_google_model_max_tokens.yaml');
    expect(await stream('gemini', body)).toMatchObject({
      ending: { kind: 'answered', answer: { text: 'The capital of France is' } },
    });
    expect(await read('gemini', 'application/json', `[${body}]`)).toMatchObject({
      ending: { kind: 'answered', answer: { text: 'The capital of France is' } },
    });
  });

  it('in another dialect is none', async () => {
    const { body } = dialectExchange('test_google_model_max_tokens.yaml');
    expect(await read('responses', 'application/json', body)).toMatchObject({
      ending: {
        kind: 'failed',
        failure: {
          reason: 'not_an_answer',
          message: expect.stringContaining('not a finished response') as string,
        },
      },
    });
  });

  it('that stops early is truncated, with what came', async () => {
    const { body } = dialectExchange('anthropic_completion_stream.yaml');
    const cut = body.slice(0, body.indexOf('event: message_delta'));
    const { ending } = await stream('messages', cut);
    expect(ending).toMatchObject({ kind: 'failed', failure: { reason: 'truncated' } });
    if (ending.kind === 'failed') expect(ending.partial?.text).not.toBe('');
  });
});

describe('a model that thinks in silence', () => {
  it('is waited for as long as for the first byte, though the Responses API answers at once', async () => {
    const { body } = dialectExchange('v1/response_stream.yaml');
    const at = body.indexOf('event: response.output_item.added');
    const thinking = new ReadableStream({
      start: (controller) => {
        controller.enqueue(Buffer.from(body.slice(0, at)));
        setTimeout(() => {
          controller.enqueue(Buffer.from(body.slice(at)));
          controller.close();
        }, 100);
      },
    });
    const deadlines = { ...defaultDeadlines, idleMs: 20 };
    const watch = new CallWatch(deadlines, new AbortController().signal);
    const { ending } = await readAnswerBody(
      new Response(thinking, { headers: { 'content-type': 'text/event-stream' } }),
      { body: {}, dialect: 'responses', deadlines, maximumBytes: 1e6, thinkTags: 'apart' },
      watch,
      () => {},
    );
    expect(watch.cutOff).toBeNull();
    expect(ending.kind).toBe('answered');
    watch.stop();
  });
});

const anthropicError = (type: string): string =>
  `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type, message: 'M' }, request_id: 'req_1' })}\n\n`;

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const exhausted = {
  code: 429,
  message: 'M',
  status: 'RESOURCE_EXHAUSTED',
  details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' }],
};
const failedResponse = { status: 'failed', error: { code: 'server_error', message: 'M' } };

describe('an error within a stream', () => {
  it.each([
    ['messages', 'server_error', anthropicError('overloaded_error')],
    ['messages', 'rate_limited', anthropicError('rate_limit_error')],
    ['messages', 'unauthorized', anthropicError('authentication_error')],
    ['gemini', 'rate_limited', event({ error: exhausted })],
    [
      'responses',
      'rate_limited',
      event({ type: 'error', code: 'rate_limit_exceeded', message: 'M' }),
    ],
    ['responses', 'server_error', event({ type: 'response.failed', response: failedResponse })],
  ] as const)('of %s before the answer is the response: %s', async (dialect, reason, body) => {
    expect((await stream(dialect, body)).ending).toMatchObject({
      kind: 'failed',
      failure: { reason, message: 'The server answered 200: M' },
    });
  });

  it('after the answer has begun breaks it off', async () => {
    const { body } = dialectExchange('anthropic_completion_stream.yaml');
    const start = body.slice(0, body.indexOf('event: content_block_stop'));
    const { ending, requestId } = await stream('messages', start + anthropicError('api_error'));
    expect(ending).toMatchObject({ kind: 'failed', failure: { reason: 'stream_error' } });
    expect(requestId).toBe('req_1');
  });

  it('asks for a wait where the error does', async () => {
    expect((await stream('gemini', event({ error: exhausted }))).ending).toMatchObject({
      failure: { retryAfterMs: 7000 },
    });
  });
});

describe('a refused request', () => {
  it('has its reason in every recorded error', () => {
    const reasons = dialectExchanges
      .filter(({ status }) => status !== 200)
      .map(({ body, dialect, headers, status }) => {
        const failure = statusFailure(status, new Headers(headers), JSON.parse(body));
        return `${dialect} ${status} ${failure.reason} ${failure.parameter}`;
      });
    expect(reasons.toSorted()).toMatchInlineSnapshot(`
      [
        "gemini 400 rejected null",
        "gemini 400 unauthorized null",
        "gemini 404 not_found null",
        "gemini 404 not_found null",
        "gemini 429 rate_limited null",
        "messages 400 rejected null",
        "messages 400 rejected null",
        "messages 401 unauthorized null",
        "messages 404 not_found null",
        "responses 400 not_found null",
        "responses 400 not_found null",
        "responses 400 rejected input",
        "responses 400 rejected input",
        "responses 400 rejected input[3].output[0].file_data",
        "responses 400 rejected null",
        "responses 400 rejected temperature",
        "responses 401 unauthorized null",
      ]
    `);
  });

  it('for want of money is told from a wrong request', () => {
    const message = 'Your credit balance is too low to access the Anthropic API.';
    const body = { type: 'error', error: { type: 'invalid_request_error', message } };
    expect(statusFailure(400, new Headers(), body).reason).toBe('no_credit');
  });
});
