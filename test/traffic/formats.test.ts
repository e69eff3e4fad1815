import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordedStreams } from '../../source/models/stream/recorded-stream.ts';
import type { JsonObject } from '../../source/text/json.ts';
import type { Format, FormatRecord } from '../../source/traffic/formats/format.ts';
import { formats } from '../../source/traffic/formats/formats.ts';
import { native } from '../../source/traffic/formats/native.ts';
import { batchInput, batchOutput } from '../../source/traffic/formats/openai-batch.ts';
import { requestResponse } from '../../source/traffic/formats/plain.ts';

const fixture = (name: string, line: number): JsonObject => {
  const file = new URL(`../fixtures/${name}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8').split('\n')[line - 1] ?? '') as JsonObject;
};

const read = (format: Format, record: JsonObject): FormatRecord | undefined =>
  format.open(recordedStreams).read(record, null)[0];

const user = { role: 'user', content: 'hi' };

describe('the native format', () => {
  it('reads a capture with everything that it can hold', () => {
    const record = fixture('native/traffic.jsonl', 1);
    const { request, response, responses } = record as Record<string, JsonObject>;
    expect(read(native, record)).toEqual({
      kind: 'capture',
      capture: {
        id: 'req_1',
        endpoint: 'classify_ticket',
        timestamp: '2026-11-20T08:15:00.123Z',
        dialect: 'chat',
        model: null,
        request,
        recorded: [
          {
            model: 'gpt-4o-2024-08-06',
            production: true,
            body: response,
            timeToFirstTokenMs: 240,
            totalMs: 812,
          },
          {
            model: 'gpt-3.5-turbo',
            production: false,
            body: responses?.['gpt-3.5-turbo'],
            timeToFirstTokenMs: null,
            totalMs: null,
          },
        ],
        metadata: { customer: '5f2c' },
        partial: [],
      },
    });
  });

  it('needs only the request', () => {
    expect(read(native, { request: { messages: [user] } })).toEqual({
      kind: 'capture',
      capture: {
        id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        endpoint: 'no-system-prompt',
        timestamp: null,
        dialect: 'chat',
        model: null,
        request: { messages: [user] },
        recorded: [],
        metadata: null,
        partial: [],
      },
    });
  });

  it('reads a body that is stored as text', () => {
    const request = { model: 'm', messages: [user] };
    expect(read(native, { request: JSON.stringify(request) })).toMatchObject({
      kind: 'capture',
      capture: { request },
    });
  });

  it('derives the id from the request alone, regardless of key order', () => {
    const idOf = (request: JsonObject): string => {
      const found = read(native, { request });
      return found?.kind === 'capture' ? found.capture.id : '';
    };
    expect(idOf({ model: 'm', messages: [user] })).toBe(idOf({ messages: [user], model: 'm' }));
    expect(idOf({ model: 'm', messages: [user] })).not.toBe(idOf({ messages: [user] }));
  });

  it('derives the id where a number has lost its last digits', () => {
    const idOf = (format: Format, record: string): string => {
      const found = read(format, JSON.parse(record) as JsonObject);
      return found?.kind === 'capture' ? found.capture.id : '';
    };
    const record = (id: string, content: string): string =>
      `{"id": ${id}, "request": {"messages": [{"role": "user", "content": "${content}"}]}}`;
    for (const format of [native, requestResponse]) {
      expect(idOf(format, record('9007199254740991', 'hi'))).toBe('9007199254740991');
      const ids = ['1234567890123456780', '1234567890123456781', '1e400'].map((id, index) =>
        idOf(format, record(id, `row ${index}`)),
      );
      expect(new Set(ids).size).toBe(3);
      for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('gives requests of one system prompt the same label', () => {
    const endpointOf = (content: string, more: JsonObject = {}): string => {
      const messages = [{ role: 'system', content }, user];
      const found = read(native, { request: { messages }, ...more });
      return found?.kind === 'capture' ? found.capture.endpoint : '';
    };
    expect(endpointOf('Classify.')).toMatch(/^system-[0-9a-f]{8}$/);
    expect(endpointOf('Classify.')).toBe(endpointOf('Classify.', { id: 'other' }));
    expect(endpointOf('Classify.')).not.toBe(endpointOf('Translate.'));
    expect(endpointOf('Classify.', { metadata: { endpoint: 'tickets' } })).toBe('tickets');
  });

  it.each<[string, JsonObject]>([
    ['no request', { id: 'a' }],
    ['no messages', { request: {} }],
    ['no messages', { request: { messages: [] } }],
    ['not a prompt to a model (an embedding)', { request: { model: 'e', input: 'embed me' } }],
    [
      'text completion request (an API that is not replayed)',
      { request: { model: 'i', prompt: 'draw me' } },
    ],
    [
      'dialect is not one of chat, responses, messages, gemini',
      { request: { messages: [user] }, dialect: 'ollama' },
    ],
    ['a message without a role', { request: { messages: ['hi'] } }],
    ['response is not an object', { request: { messages: [user] }, response: 'hi' }],
    [
      'latencyMs is not a number of milliseconds',
      { request: { messages: [user] }, latencyMs: '812' },
    ],
    ['latencyMs is not a number of milliseconds', { request: { messages: [user] }, latencyMs: -1 }],
    ['metadata is not an object', { request: { messages: [user] }, metadata: [] }],
    [
      'id is neither a string of 1 to 256 characters nor a number',
      { request: { messages: [user] }, id: { a: 1 } },
    ],
    [
      'responses is not an object of answers by model',
      { request: { messages: [user] }, responses: { m: 'hi' } },
    ],
  ])('says why a record cannot be replayed: %s', (reason, record) => {
    expect(read(native, record)).toMatchObject({ kind: 'rejected', reason });
  });

  it('reads null as an unknown response', () => {
    const found = read(native, {
      request: { messages: [user] },
      response: null,
      responses: { m: null },
      latencyMs: null,
    });
    expect(found).toMatchObject({ kind: 'capture', capture: { recorded: [] } });
  });
});

describe('the OpenAI Batch format', () => {
  it('reads an input record', () => {
    const record = fixture('openai-batch/input.jsonl', 2);
    expect(read(batchInput, record)).toEqual({
      kind: 'capture',
      capture: {
        id: 't-18',
        endpoint: 'ask_why',
        timestamp: null,
        dialect: 'chat',
        model: null,
        request: record['body'],
        recorded: [],
        metadata: { endpoint: 'ask_why' },
        partial: [],
      },
    });
  });

  it('reads an output record, which has no time', () => {
    expect(read(batchOutput, fixture('openai-batch/output.jsonl', 2))).toMatchObject({
      kind: 'answer',
      captureId: 't-17',
      recorded: {
        model: 'gpt-4o-mini-2024-07-18',
        production: true,
        timeToFirstTokenMs: null,
        totalMs: null,
      },
    });
  });

  it('reads an error as no answer, with its reason', () => {
    const answer = { kind: 'answer', captureId: 't-18', recorded: null };
    expect(read(batchOutput, fixture('openai-batch/error.jsonl', 1))).toEqual({
      ...answer,
      error: { status: 429, message: 'Slow down.' },
    });
    expect(
      read(batchOutput, {
        custom_id: 't-18',
        response: null,
        error: { code: 'batch_expired', message: 'This request expired.' },
      }),
    ).toEqual({ ...answer, error: { status: null, message: 'This request expired.' } });
    expect(
      read(batchOutput, { custom_id: 't-18', response: null, error: { code: 'batch_expired' } }),
    ).toEqual({ ...answer, error: { status: null, message: 'batch_expired' } });
    expect(read(batchOutput, { custom_id: 't-18', response: null })).toMatchObject({
      error: { message: 'no reason given' },
    });
  });

  it.each<[string, JsonObject]>([
    ['not a prompt to a model (/v1/embeddings)', fixture('openai-batch/input.jsonl', 3)],
    ['no messages', { custom_id: 'a', body: {} }],
    ['no request', { custom_id: 'a', body: 'text' }],
    ['no custom_id', { custom_id: null, body: { messages: [user] } }],
  ])('says why a record cannot be replayed: %s', (reason, record) => {
    expect(read(batchInput, record)).toMatchObject({ kind: 'rejected', reason });
  });
});

describe('the formats', () => {
  it.each([
    ['native/traffic.jsonl', 'native captures'],
    ['openai-batch/input.jsonl', 'OpenAI Batch input'],
    ['openai-batch/output.jsonl', 'OpenAI Batch output'],
    ['openai-batch/error.jsonl', 'OpenAI Batch output'],
  ])('recognise %s first as what it is', (name, format) => {
    const record = fixture(name, 1);
    expect(formats.find((one) => one.recognises(record, null))?.name).toBe(format);
  });
});
