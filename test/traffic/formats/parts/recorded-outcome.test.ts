import { describe, expect, it } from 'vitest';
import { recordedStreams } from '../../../../source/models/stream/recorded-stream.ts';
import type { JsonObject, JsonValue } from '../../../../source/text/json.ts';
import { readOutcome } from '../../../../source/traffic/formats/parts/recorded-outcome.ts';

const outcome = (
  value: JsonValue | undefined,
  plainText: 'answer' | 'no answer',
  status: number | null = null,
) => readOutcome(value, { status, tools: recordedStreams, plainText });

const failed = (message: string, status: number | null = null) => ({
  kind: 'failed',
  status,
  message,
});

const unreadable = (why: string) => ({ kind: 'unreadable', why });

const said = (content: string) => ({
  kind: 'answered',
  body: { choices: [{ message: { role: 'assistant', content } }] },
});

/** An answer in each dialect but chat completions, as it came. */
const answers: readonly JsonObject[] = [
  { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'hi' }] },
  {
    object: 'response',
    status: 'completed',
    error: null,
    output: [{ type: 'message', content: [{ type: 'output_text', text: 'hi' }] }],
  },
  { candidates: [{ content: { role: 'model', parts: [{ text: 'hi' }] }, finishReason: 'STOP' }] },
];

describe('readOutcome', () => {
  it.each([
    'Paris',
    '{"category": "billing"}',
    '{"error": "no such ticket"}',
    '{"role": "admin"}',
    '[1, 2]',
    '[{"a": 1}]',
    '"quoted"',
    '{"broken',
    'data: these are the words',
    ': a colon',
  ])('reads text as the answer where text is an answer: %s', (text) => {
    expect(outcome(text, 'answer')).toMatchObject(said(text));
  });

  it.each<[JsonValue | undefined, object]>([
    [undefined, { kind: 'unknown' }],
    [null, { kind: 'unknown' }],
    ['', { kind: 'unknown' }],
    [{ role: 'assistant', content: 'hi' }, said('hi')],
    [{ error: { message: 'no credit' } }, failed('no credit')],
    [{ error: 'no credit' }, failed('no credit')],
    [[{ error: { message: 'quota', code: 429 } }], failed('quota')],
    [{ object: 'error', message: 'too long', code: 400 }, failed('too long')],
    [
      { choices: [{ finish_reason: 'content_filter' }] },
      failed('the response has no message (content_filter)'),
    ],
    [{ choices: [] }, failed('the response has no message')],
    // A form that this program does not know is not a failure of production.
    [{ output: [] }, unreadable('the response is not an answer of a model')],
    [[{ a: 1 }], unreadable('the response is not an answer of a model')],
    [{ choices: [{ text: 'Paris', index: 0 }] }, unreadable('the response is a text completion')],
    ...answers.map((body): [JsonValue, object] => [body, { kind: 'answered', body }]),
    [
      { object: 'response', status: 'in_progress', output: [] },
      failed('the response is in_progress'),
    ],
    [
      { type: 'response.completed', response: answers[1] ?? null },
      { kind: 'answered', body: answers[1] },
    ],
    [
      [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
      said('hi'),
    ],
    ['<html>', failed('the response is not an answer of a model')],
    ['event: error\ndata: {"error": {"message": "overloaded"}}\n\n', failed('overloaded')],
    [': OPENROUTER PROCESSING\n\n', { kind: 'unknown' }],
  ])('of a body over HTTP: %j', (value, expected) => {
    expect(outcome(value, 'no answer')).toMatchObject(expected);
  });

  it('reads any body as an error if the status says so', () => {
    expect(outcome('<html>bad gateway', 'no answer', 502)).toEqual(
      failed('<html>bad gateway', 502),
    );
    expect(outcome(undefined, 'no answer', 500)).toEqual(failed('status 500', 500));
    expect(outcome({ detail: 'not allowed' }, 'answer', 403)).toEqual(failed('not allowed', 403));
    expect(outcome('x'.repeat(9000), 'answer', 500)).toEqual(failed('x'.repeat(500), 500));
  });
});
