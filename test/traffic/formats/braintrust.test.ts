import { describe, expect, it } from 'vitest';
import { recordedStreams } from '../../../source/models/stream/recorded-stream.ts';
import type { JsonObject } from '../../../source/text/json.ts';
import { braintrust } from '../../../source/traffic/formats/braintrust.ts';
import { readOne } from '../imported.ts';

const user = { role: 'user', content: 'hi' };

const span = (more: JsonObject): JsonObject => ({
  id: 's',
  span_id: 's',
  root_span_id: 'r',
  created: '2026-10-01T08:00:00.000Z',
  span_attributes: { name: 'Chat Completion', type: 'llm' },
  input: [user],
  metadata: { model: 'm', temperature: 0 },
  metrics: {},
  ...more,
});

describe('a span of Braintrust', () => {
  it('has a message or JSON text, usage and times in seconds', () => {
    const found = readOne(
      braintrust,
      span({
        input: JSON.stringify({ messages: [user], temperature: 1 }),
        output: JSON.stringify({ role: 'assistant', content: 'ho' }),
        metrics: {
          start: 100,
          end: 101.25,
          prompt_tokens: 8,
          completion_tokens: 5,
          prompt_cached_tokens: 4,
          prompt_cache_creation_tokens: 2,
          completion_reasoning_tokens: 3,
        },
      }),
    );
    expect(found).toMatchObject({
      capture: {
        request: { model: 'm', messages: [user], temperature: 0 },
        partial: ['response_format'],
        recorded: [
          {
            totalMs: 1250,
            timeToFirstTokenMs: null,
            body: {
              choices: [{ message: { content: 'ho' } }],
              usage: {
                prompt_tokens: 8,
                completion_tokens: 5,
                prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
                completion_tokens_details: { reasoning_tokens: 3 },
              },
            },
          },
        ],
      },
    });
  });

  it('may stand in a page of the API', () => {
    const page = {
      events: [span({}), span({ id: 't', span_attributes: { type: 'task' } })],
      cursor: 'c',
    };
    expect(braintrust.recognises(page, null)).toBe(true);
    const reader = braintrust.open(recordedStreams);
    expect(reader.read(page, null)).toMatchObject([
      { kind: 'capture', capture: { id: 's' } },
      { kind: 'ignored', what: 'a span of type task' },
    ]);
  });

  it('has the error of production', () => {
    expect(
      readOne(braintrust, span({ output: null, error: 'Error code: 429 - slow down' })),
    ).toMatchObject({
      capture: {
        recorded: [],
        metadata: { recordedError: { status: 429, message: 'Error code: 429 - slow down' } },
      },
    });
  });

  it.each<[JsonObject, JsonObject]>([
    [{ span_attributes: { type: 'tool' } }, { kind: 'ignored', what: 'a span of type tool' }],
    [{ input: null }, { kind: 'rejected', reason: 'prompt not stored (Braintrust: input)' }],
    [{ input: { x: 1 } }, { kind: 'rejected', reason: 'no messages in the input' }],
    [
      { input: { input: [user], previous_response_id: 'resp_1' } },
      { kind: 'rejected', reason: 'continues a stored response (previous_response_id)' },
    ],
  ])('is accounted for if it is no call that can be replayed: %j', (more, expected) => {
    expect(readOne(braintrust, span(more))).toMatchObject(expected);
  });
});
