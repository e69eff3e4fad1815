import { describe, expect, it } from 'vitest';
import type { CallResult } from '../../../source/models/answer.ts';
import { callModel, type CallOptions } from '../../../source/models/call/client.ts';
import { compatibleServer } from '../../../source/models/resolve-model.ts';
import { StreamReader } from '../../../source/models/stream/stream-reader.ts';
import type { JsonObject } from '../../../source/text/json.ts';
import type { Dialect } from '../../../source/traffic/dialects/dialect.ts';
import { seeded } from '../../benchmark/texts.ts';
import {
  dialectServer,
  recordedStreams,
  type DialectCall,
  type DialectReply,
} from '../../helpers/dialect-server.ts';
import { recordedServer } from '../recorded-server.ts';
import { dialectExchanges, dialectStreams } from '../stream/dialect-exchanges.ts';

const key = 'sk-test-0123456789';

const call = (
  baseUrl: string,
  dialect: Dialect,
  options: Partial<CallOptions> = {},
): Promise<CallResult> => {
  const provider = { ...compatibleServer(baseUrl), dialects: { [dialect]: {} } };
  return callModel({
    model: { kind: 'live', label: 'test/m-1', name: 'm-1', provider },
    body: {},
    dialect,
    apiKey: key,
    deadlines: { firstByteMs: 20_000, firstTokenMs: 60_000, idleMs: 20_000, totalMs: 20_000 },
    maximumBytes: 10_000_000,
    signal: new AbortController().signal,
    now: () => performance.now(),
    ...options,
  });
};

/** One call to a server that gives this reply, and what arrived there. */
const answered = async (
  dialect: Dialect,
  reply: DialectReply,
  options: Partial<CallOptions> = {},
): Promise<{ readonly result: CallResult; readonly sent: DialectCall | undefined }> => {
  const server = await dialectServer(() => reply);
  try {
    const result = await call(`${server.origin}/v1`, dialect, options);
    return { result, sent: server.calls[0] };
  } finally {
    server.close();
  }
};

describe('a call in a dialect', () => {
  it.each([
    ['chat', '/v1/chat/completions', { authorization: `Bearer ${key}` }],
    ['responses', '/v1/responses', { authorization: `Bearer ${key}` }],
    ['messages', '/v1/messages', { 'x-api-key': key, 'anthropic-version': '2023-06-01' }],
    ['gemini', '/v1/models/m-1:streamGenerateContent?alt=sse', { 'x-goog-api-key': key }],
  ] as const)('%s has its path, its headers and the body as it is', async (dialect, path, own) => {
    const body: JsonObject = { z: 1, a: ['é', null, 1e-7], stream: true };
    const { result, sent } = await answered(dialect, recordedStreams[dialect].text, { body });
    expect(result.kind).toBe('answered');
    expect(sent?.path).toBe(path);
    expect(JSON.stringify(sent?.body)).toBe(JSON.stringify(body));
    const {
      'content-length': _length,
      host: _host,
      connection: _,
      ...headers
    } = sent?.headers ?? {};
    expect(headers).toEqual({
      accept: 'text/event-stream, application/json',
      'content-type': 'application/json',
      'user-agent': 'understudy',
      ...own,
    });
  });

  it('has the answer of every recorded stream, cut anywhere, and its first token', async () => {
    const exchanges = dialectStreams.map(({ body, dialect, headers, source, status, url }) => ({
      source,
      dialect,
      url,
      request: {},
      status,
      response_headers: headers,
      response_text: body,
    }));
    const cutting = { random: seeded(7), pieces: 6, pauses: true };
    const server = await recordedServer(exchanges, cutting);
    try {
      for (const [number, { dialect, response_text: body, source }] of exchanges.entries()) {
        const result = await call(server.urlOf(number), dialect, { thinkTags: 'text' });
        const reader = new StreamReader(1, 'text', dialect);
        reader.push(Buffer.from(body));
        reader.end();
        expect({ source, result }).toMatchObject({
          source,
          result: { kind: 'answered', answer: reader.answer() ?? {} },
        });
        const { timeToFirstTokenMs, totalMs } = result.timings;
        if (reader.beginnings > 0) expect(timeToFirstTokenMs).not.toBeNull();
        expect(totalMs).toBeGreaterThanOrEqual(timeToFirstTokenMs ?? 0);
      }
    } finally {
      await server.close();
    }
  });

  it('has the failure of every recorded error', async () => {
    for (const { body, dialect, source, status } of dialectExchanges) {
      if (status === 200) continue;
      const { result } = await answered(dialect, { status, body: JSON.parse(body) });
      expect({ source, result }).toMatchObject({
        source,
        result: { kind: 'failed', failure: { status } },
      });
    }
  });

  it.each([
    [
      'messages',
      529,
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      { reason: 'server_error', parameter: null, retryAfterMs: 3000 },
    ],
    [
      'messages',
      429,
      { type: 'error', error: { type: 'rate_limit_error', message: 'Too many' } },
      { reason: 'rate_limited', retryAfterMs: 3000 },
    ],
    [
      'messages',
      400,
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'temperature: Extra inputs are not permitted',
        },
      },
      { reason: 'rejected', parameter: 'temperature' },
    ],
    [
      'gemini',
      429,
      { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded' } },
      { reason: 'rate_limited', retryAfterMs: 3000 },
    ],
    [
      'responses',
      400,
      { error: { message: "Unsupported parameter: 'temperature'", param: 'temperature' } },
      { reason: 'rejected', parameter: 'temperature' },
    ],
  ] as const)('in %s fails with %i', async (dialect, status, body, failure) => {
    const headers = { 'retry-after': '3', 'request-id': 'req_1' };
    const { result } = await answered(dialect, { status, body, headers });
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { status, ...failure },
      providerRequestId: 'req_1',
    });
  });

  it('reads the limits in the headers, and is held to bytes and deadlines', async () => {
    const headers = { 'anthropic-ratelimit-requests-remaining': '7' };
    const refused = await answered('messages', { status: 429, body: {}, headers });
    expect(refused.result.rateLimits?.requests?.remaining).toBe(7);
    const { text } = recordedStreams.gemini;
    const large = await answered('gemini', text, { maximumBytes: 300 });
    expect(large.result).toMatchObject({ kind: 'failed', failure: { reason: 'too_large' } });
  });

  it('that cannot connect says where', async () => {
    const result = await call('http://127.0.0.1:9/anthropic', 'messages');
    expect(result).toMatchObject({
      kind: 'failed',
      failure: {
        reason: 'connection',
        message: expect.stringContaining('http://127.0.0.1:9/anthropic/v1') as string,
      },
    });
  });

  it('removes a key that the server echoes', async () => {
    const body = { type: 'error', error: { type: 'authentication_error', message: `bad ${key}` } };
    const { result } = await answered('messages', { status: 401, body });
    expect(JSON.stringify(result)).not.toContain(key);
    expect(result).toMatchObject({ failure: { reason: 'unauthorized' } });
  });
});
