import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { recordedStreams } from '../../source/models/stream/recorded-stream.ts';
import { captureOfExchange } from '../../source/recording/writing/capture-of-exchange.ts';
import { nativeLine } from '../../source/recording/writing/sinks.ts';
import { native } from '../../source/traffic/formats/native.ts';
import type { Capture } from '../../source/traffic/capture.ts';
import { eventsOf } from '../helpers/recording-proxy.ts';
import { exchanges } from '../models/recorded-exchanges.ts';
import { exchange, request, tapped } from './exchange.ts';

const captureOf = async (...more: Parameters<typeof exchange>): Promise<Capture> => {
  const record = await captureOfExchange(exchange(...more));
  if (record.kind !== 'capture') throw new Error(JSON.stringify(record));
  return record.capture;
};

const compressions = [
  ['gzip', zlib.createGzip({ flush: zlib.constants.Z_SYNC_FLUSH })],
  ['deflate', zlib.createDeflate({ flush: zlib.constants.Z_SYNC_FLUSH })],
  ['br', zlib.createBrotliCompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH })],
] as const;

/** Each chunk as the compressed bytes that a server would flush for it. */
const flushed = async (
  stream: (typeof compressions)[number][1],
  chunks: readonly string[],
): Promise<readonly Buffer[]> => {
  const parts: Buffer[] = [];
  for (const chunk of chunks) {
    await new Promise((resolve) => {
      stream.write(chunk, resolve);
    });
    const read: unknown = stream.read();
    if (Buffer.isBuffer(read)) parts.push(read);
  }
  return parts;
};

describe('an exchange as a capture', () => {
  it('takes the time to the first token from the first visible text, not from the role before it', async () => {
    const capture = await captureOf({ response: tapped(eventsOf(['Hel', 'lo'])) });
    expect(capture).toMatchObject({
      id: 'capture_1',
      timestamp: '2026-11-20T00:00:00.000Z',
      request,
      recorded: [{ production: true, timeToFirstTokenMs: 20, totalMs: 100 }],
      metadata: { upstream: 'openai', requestMs: 0.5, headersMs: 9 },
    });
  });

  it('takes the time from a call or a text in each dialect, also if Gemini streams an array', async () => {
    const geminiPiece = (text: string, more: object = {}): object => ({
      candidates: [{ content: { role: 'model', parts: [{ text, ...more }] } }],
    });
    const last = { candidates: [{ finishReason: 'STOP' }], modelVersion: 'g' };
    const contents = [{ role: 'user', parts: [{ text: 'Hello?' }] }];
    const gemini = await captureOf({
      path: '/v1beta/models/g:streamGenerateContent',
      request: tapped([JSON.stringify({ contents })]),
      response: tapped([
        `[${JSON.stringify(geminiPiece('Hm', { thought: true }))}\n`,
        `,\r\n${JSON.stringify(geminiPiece('Hel'))}`,
        `,${JSON.stringify(geminiPiece('lo'))},${JSON.stringify(last)}`,
        ']',
      ]),
    });
    expect(gemini).toMatchObject({
      dialect: 'gemini',
      model: 'g',
      recorded: [
        {
          timeToFirstTokenMs: 20,
          body: {
            candidates: [
              {
                content: {
                  role: 'model',
                  parts: [{ text: 'Hm', thought: true }, { text: 'Hello' }],
                },
                finishReason: 'STOP',
              },
            ],
          },
        },
      ],
    });
    const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
    const call = { type: 'tool_use', id: 't', name: 'f', input: {} };
    const messages = await captureOf({
      path: '/v1/messages',
      request: tapped([JSON.stringify({ ...request, max_tokens: 9 })]),
      response: tapped([
        event({ type: 'message_start', message: { type: 'message', content: [], model: 'm' } }),
        event({ type: 'ping' }),
        event({ type: 'content_block_start', index: 0, content_block: call }),
        event({ type: 'message_delta', delta: { stop_reason: 'tool_use' } }),
        event({ type: 'message_stop' }),
      ]),
    });
    expect(messages).toMatchObject({
      dialect: 'messages',
      recorded: [
        {
          timeToFirstTokenMs: 30,
          body: { type: 'message', content: [call], stop_reason: 'tool_use' },
        },
      ],
    });
  });

  it.each(compressions)('knows that time under %s as well', async (encoding, stream) => {
    const chunks = await flushed(stream, eventsOf(['Hel', 'lo']));
    expect(chunks).toHaveLength(5);
    const capture = await captureOf({ response: tapped(chunks), responseEncoding: encoding });
    expect(capture.recorded).toMatchObject([
      { timeToFirstTokenMs: 20, body: { choices: [{ message: { content: 'Hello' } }] } },
    ]);
  });

  it('reads the readable part of a truncated compressed stream', async () => {
    const whole = zlib.gzipSync(eventsOf(Array.from({ length: 500 }, (_, i) => `w${i} `)).join(''));
    const capture = await captureOf({
      response: tapped([whole.subarray(0, whole.length / 2)]),
      responseEncoding: 'gzip',
      ending: 'client left',
    });
    expect(capture.recorded).toEqual([]);
    expect(JSON.stringify(capture.metadata?.['recordedPartial'])).toContain('w0 w1 w2');
    expect(capture.metadata).toMatchObject({ abortedBy: 'client', abortedAfterMs: 100 });
  });

  it.each([
    ['an unknown compression', { responseEncoding: 'lzma' }],
    ['bytes of another compression than their header says', { responseEncoding: 'gzip' }],
  ])('says that it cannot decode %s', async (_, more) => {
    const capture = await captureOf({ ...more, response: tapped(['{"a":1}']) });
    expect(capture.recorded).toEqual([]);
    expect(capture.metadata).toMatchObject({
      recordedError: { status: 200, message: 'the response cannot be decoded' },
    });
  });

  it('takes the model from the deployment in an Azure path where nothing else names it', async () => {
    const capture = await captureOf({
      path: '/openai/deployments/ours/chat/completions',
      request: tapped([JSON.stringify({ messages: request.messages })]),
      response: tapped([JSON.stringify({ choices: [{ message: { content: 'x' } }] })]),
    });
    expect(capture.recorded).toMatchObject([{ model: 'ours' }]);
  });

  it('hashes users, and keeps the endpoint that the header names', async () => {
    const body = { ...request, user: 'person@example.com', metadata: { endpoint: 'other' } };
    const capture = await captureOf({
      endpoint: 'greet',
      request: tapped([zlib.gzipSync(JSON.stringify(body))]),
      requestEncoding: 'gzip',
      response: tapped(eventsOf(['x'])),
    });
    expect(capture.endpoint).toBe('greet');
    expect(capture.metadata?.['user']).toMatch(/^[0-9a-f]{16}$/);
  });

  it('is written as a line that reads as the same capture', async () => {
    const capture = await captureOf({
      response: tapped(eventsOf(['Hel', 'lo'])),
      endpoint: 'greet',
    });
    const [read] = native
      .open(recordedStreams)
      .read(JSON.parse(nativeLine(capture)) as Parameters<typeof native.recognises>[0], null);
    expect(read).toEqual({ kind: 'capture', capture });
  });
});

describe('every stream that was recorded from a provider', () => {
  it('gives the same answer as an import, in chunks of any size', async () => {
    const streams = exchanges.filter(
      ({ status, response_text: text }) => status === 200 && text.trimStart().startsWith('data:'),
    );
    expect(streams.length).toBeGreaterThan(90);
    for (const [index, { response_text: text }] of streams.entries()) {
      const bytes = Buffer.from(text);
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += 50 + index) {
        chunks.push(bytes.subarray(at, at + 50 + index));
      }
      const { recorded, metadata } = await captureOf({ response: tapped(chunks) });
      const imported = recordedStreams.assembleStream(text);
      if (imported !== null && imported.problem === null) {
        expect(recorded[0]?.body).toEqual(imported.body);
      } else {
        expect(recorded).toEqual([]);
        expect(metadata).toHaveProperty('recordedError');
      }
    }
  });
});
