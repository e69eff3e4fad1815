import { describe, expect, it } from 'vitest';
import { answerOfCompletion } from '../../../source/models/stream/accumulator.ts';
import {
  readRecordedStream,
  recordedStreams,
} from '../../../source/models/stream/recorded-stream.ts';
import type { JsonObject } from '../../../source/text/json.ts';

const { assembleStream, assembleChunks } = recordedStreams;

const sse = (...chunks: readonly JsonObject[]): string =>
  chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('');

const chunk = (delta: JsonObject, more: JsonObject = {}, index = 0): JsonObject => ({
  id: 'chatcmpl-1',
  model: 'm-1',
  choices: [{ index, delta, ...more }],
});

const stop = { finish_reason: 'stop' };

/** Every part that an answer can have. */
const everything: readonly JsonObject[] = [
  chunk({ role: 'assistant', content: 'He', reasoning_content: 'so ' }),
  chunk({ content: 'llo', reasoning_content: 'it is', refusal: 'but no' }),
  chunk({}, { logprobs: { content: [{ token: 'He', logprob: -0.1 }] } }),
  chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
  chunk({ tool_calls: [{ index: 1, function: { name: 'f', arguments: '{}' } }] }),
  chunk({}, { finish_reason: 'tool_calls' }),
  chunk({ content: 'another' }, stop, 1),
  {
    choices: [],
    usage: {
      prompt_tokens: 5,
      completion_tokens: 3,
      prompt_tokens_details: { cached_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 1 },
      cost: 0.25,
    },
  },
];

describe('a recorded stream', () => {
  it('becomes a completion that reads as the live answer', () => {
    const body = `${sse(...everything)}data: [DONE]\n\n`;
    const assembled = assembleStream(body);
    expect(assembled?.problem).toBeNull();
    const { answer } = readRecordedStream(body);
    expect(answer).toMatchObject({
      text: 'Hello',
      refusal: 'but no',
      reasoning: 'so it is',
      toolCalls: [
        { id: 'a', name: 'f', arguments: '{"x":1}' },
        { id: null, name: 'f', arguments: '{}' },
      ],
      finishReason: 'tool_calls',
      usage: { input: 5, output: 3, cachedInput: 2, reasoning: 1 },
      otherChoices: [{ index: 1, text: 'another' }],
      logprobs: [{ token: 'He', logprob: -0.1 }],
      cost: 0.25,
    });
    expect(answerOfCompletion(assembled?.body ?? {})).toEqual(answer);
  });

  it('gives the same from its chunks', () => {
    expect(assembleChunks(everything)).toEqual(assembleStream(sse(...everything)));
  });

  it('is not a complete answer if it breaks off, and keeps the part that arrived', () => {
    const cut = assembleStream(sse(chunk({ content: 'half' })));
    expect(cut?.problem).toBe('the stream ended before the answer was complete');
    expect(answerOfCompletion(cut?.body ?? {})?.text).toBe('half');
  });

  it("reports the server's error message", () => {
    const failed = sse(chunk({ content: 'half' }), { error: { message: 'overloaded', code: 502 } });
    expect(assembleStream(failed)?.problem).toContain('overloaded');
    expect(assembleChunks([{ error: { message: 'no credit' } }])).toMatchObject({
      body: { choices: [] },
      problem: expect.stringContaining('no credit') as string,
    });
  });

  it('is null when nothing arrived', () => {
    expect(assembleStream('')).toBeNull();
    expect(assembleStream(': OPENROUTER PROCESSING\n\n')).toBeNull();
    expect(assembleChunks([])).toBeNull();
  });
});
