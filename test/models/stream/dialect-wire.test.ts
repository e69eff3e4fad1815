import { describe, expect, it } from 'vitest';
import { readRecordedAnswer } from '../../../source/models/stream/answer-dialects.ts';
import {
  readRecordedStream,
  recordedStreams,
} from '../../../source/models/stream/recorded-stream.ts';
import { StreamReader } from '../../../source/models/stream/stream-reader.ts';
import type { JsonObject } from '../../../source/text/json.ts';
import type { Dialect } from '../../../source/traffic/dialects/dialect.ts';

// What the recorded exchanges do not hold: several candidates, refusals, errors, quirks of gateways.

const sse = (events: readonly JsonObject[]): string =>
  events
    .map((event) => {
      const name = typeof event['type'] === 'string' ? `event: ${event['type']}\n` : '';
      return `${name}data: ${JSON.stringify(event)}\n\n`;
    })
    .join('');

const read = (dialect: Dialect, events: readonly JsonObject[]) =>
  readRecordedStream(sse(events), dialect);

/** How often output has begun, and whether the model is alive, after each of the events. */
const progress = (dialect: Dialect, events: readonly JsonObject[]) => {
  const reader = new StreamReader(1, 'apart', dialect);
  return events.map((event) => {
    reader.push(new TextEncoder().encode(sse([event])));
    return [reader.beginnings, reader.alive];
  });
};

const messageStart: JsonObject = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-1',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 5 },
  },
};
const blockStart = (index: number, block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block: block,
});
const blockDelta = (index: number, delta: JsonObject): JsonObject => ({
  type: 'content_block_delta',
  index,
  delta,
});
const messageEnd = (reason: string, details: JsonObject = {}): readonly JsonObject[] => [
  {
    type: 'message_delta',
    delta: { stop_reason: reason, ...details },
    usage: { input_tokens: null, output_tokens: 20 },
  },
  { type: 'message_stop' },
];
const toolUse = (id: string, name: string): JsonObject => ({
  type: 'tool_use',
  id,
  name,
  input: {},
});

describe('Messages', () => {
  it('keeps the counts that the last event does not repeat', () => {
    const { answer } = read('messages', [messageStart, ...messageEnd('end_turn')]);
    expect(answer).toMatchObject({
      id: 'msg_1',
      model: 'claude-1',
      text: '',
      finishReason: 'stop',
      usage: { input: 15, output: 20, cachedInput: null, cacheWrite: 5, reasoning: null },
    });
    expect(answer?.usage).not.toHaveProperty('hourCacheWrite');
  });

  it('does not know the output of a stream that broke off before it was counted', () => {
    const text = [
      messageStart,
      blockStart(0, { type: 'text', text: '' }),
      blockDelta(0, { type: 'text_delta', text: 'Many words that are charged' }),
    ];
    const { answer } = read('messages', text);
    expect(answer?.usage).toMatchObject({ input: 15, output: null, cacheWrite: 5 });
    const [counted] = messageEnd('end_turn');
    const whole = read('messages', counted === undefined ? [] : [...text, counted]).answer;
    expect(whole?.usage).toMatchObject({ input: 15, output: 20 });
  });

  it('has what was written to the cache for an hour, also where the server summarised first', () => {
    const written = (fiveMinutes: number, hour: number): JsonObject => ({
      cache_creation_input_tokens: fiveMinutes + hour,
      cache_creation: { ephemeral_5m_input_tokens: fiveMinutes, ephemeral_1h_input_tokens: hour },
    });
    const usageOf = (usage: JsonObject): unknown => {
      const message = { id: 'msg_1', role: 'assistant', content: [], usage };
      const start: JsonObject = { type: 'message_start', message };
      return read('messages', [start, ...messageEnd('end_turn')]).answer?.usage;
    };
    const counted = { input_tokens: 10, output_tokens: 1 };
    expect(usageOf({ ...counted, ...written(2, 3) })).toMatchObject({
      input: 15,
      cacheWrite: 5,
      hourCacheWrite: 3,
    });
    const iterations = [
      { type: 'compaction', ...counted, ...written(1, 4) },
      { type: 'message', ...counted, ...written(2, 3) },
    ];
    expect(usageOf({ ...counted, ...written(2, 3), iterations })).toMatchObject({
      input: 30,
      cacheWrite: 10,
      hourCacheWrite: 7,
    });
  });

  it('joins the input of several calls, which may be interleaved or missing', () => {
    const { answer } = read('messages', [
      messageStart,
      blockStart(0, toolUse('a', 'f')),
      blockStart(1, toolUse('b', 'g')),
      blockDelta(0, { type: 'input_json_delta', partial_json: '{"x": ' }),
      blockDelta(1, { type: 'input_json_delta', partial_json: '' }),
      blockDelta(0, { type: 'input_json_delta', partial_json: '[1, 2]}' }),
      ...messageEnd('tool_use'),
    ]);
    expect(answer).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [
        { id: 'a', name: 'f', arguments: '{"x":[1,2]}' },
        { id: 'b', name: 'g', arguments: '{}' },
      ],
    });
  });

  it('keeps numbers of the input that would be rounded, in a stream and in an event', () => {
    const { answer, assembled } = read('messages', [
      messageStart,
      blockStart(0, toolUse('a', 'f')),
      blockDelta(0, { type: 'input_json_delta', partial_json: '{"id": 900719925' }),
      blockDelta(0, { type: 'input_json_delta', partial_json: '4740993}' }),
      ...messageEnd('tool_use'),
    ]);
    expect(answer?.toolCalls).toEqual([
      { id: 'a', name: 'f', arguments: '{"id": 9007199254740993}' },
    ]);
    expect(answer).not.toHaveProperty('otherParts');
    expect(readRecordedAnswer('messages', assembled ?? {})).toEqual(answer);
    const body = { role: 'assistant', content: [{ ...toolUse('a', 'f'), input: { id: 2 ** 53 } }] };
    expect(readRecordedAnswer('messages', body)).toMatchObject({
      otherParts: ['number beyond 2^53'],
    });
  });

  it('says that it names sources, and what its blocks are that are not known', () => {
    const cited = { type: 'text', text: 'Paris', citations: [{ type: 'char_location' }] };
    const content = [
      cited,
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      cited,
      { type: 'hologram' },
    ];
    expect(readRecordedAnswer('messages', { role: 'assistant', content })).toMatchObject({
      text: 'ParisParis',
      otherParts: ['citations', 'hologram'],
    });
  });

  it('keeps the input of a call that was cut off as it came', () => {
    const { answer, assembled } = read('messages', [
      messageStart,
      blockStart(0, toolUse('a', 'f')),
      blockDelta(0, { type: 'input_json_delta', partial_json: '{"x": "half' }),
      ...messageEnd('max_tokens'),
    ]);
    expect(answer).toMatchObject({
      finishReason: 'length',
      toolCalls: [{ id: 'a', name: 'f', arguments: '{"x": "half' }],
    });
    expect(readRecordedAnswer('messages', assembled ?? {})).toEqual(answer);
  });

  it('tells a refusal from an answer that was filtered', () => {
    const { answer, standing } = read('messages', [
      messageStart,
      blockStart(0, { type: 'text', text: '' }),
      blockDelta(0, { type: 'text_delta', text: 'First' }),
      ...messageEnd('refusal', { stop_details: { type: 'refusal', explanation: 'Not that.' } }),
    ]);
    expect(standing).toEqual({ kind: 'complete' });
    expect(answer).toMatchObject({ text: 'First', refusal: 'Not that.', finishReason: 'refusal' });
  });

  it.each([
    ['pause_turn', 'pause_turn'],
    ['stop_sequence', 'stop'],
    ['model_context_window_exceeded', 'length'],
  ])('ends with %s as %s', (reason, finishReason) => {
    const { answer } = read('messages', [messageStart, ...messageEnd(reason)]);
    expect(answer).toMatchObject({ finishReason });
  });

  it('is open without its last event, and an error within it is an error', () => {
    const events = [
      messageStart,
      { type: 'ping' },
      blockStart(0, { type: 'text', text: '' }),
      blockDelta(0, { type: 'text_delta', text: 'Hel' }),
    ];
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(read('messages', events)).toMatchObject({
      answer: { text: 'Hel', finishReason: null },
      standing: { kind: 'open' },
    });
    expect(read('messages', [...events, error])).toMatchObject({
      answer: { text: 'Hel' },
      standing: { kind: 'error', message: 'Overloaded' },
    });
  });

  it('has no count of its output before the end, where the first event counts one token', () => {
    const events = [messageStart, blockDelta(0, { type: 'text_delta', text: 'Hello' })];
    expect(read('messages', events).answer?.usage).toMatchObject({ input: 15, output: null });
    const ended = read('messages', [...events, ...messageEnd('end_turn')]);
    expect(ended.answer?.usage).toMatchObject({ input: 15, output: 20 });
    // Some gateways send a whole message at the beginning, and nothing after it.
    const whole = read('messages', [messageStart, { type: 'message_stop' }]);
    expect(whole.answer?.usage).toMatchObject({ input: 15, output: 1 });
  });

  it('is visible with its text or call, and alive with its reasoning', () => {
    expect(
      progress('messages', [
        messageStart,
        { type: 'ping' },
        blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
        blockDelta(0, { type: 'thinking_delta', thinking: 'Hm' }),
        blockStart(1, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
        blockStart(2, { type: 'text', text: '' }),
        blockDelta(2, { type: 'text_delta', text: 'Hi' }),
        blockStart(3, toolUse('a', 'f')),
      ]),
    ).toEqual([
      [0, false],
      [0, false],
      [0, false],
      [0, true],
      [0, true],
      [0, true],
      [1, true],
      [1, true],
    ]);
  });

  it('is visible with a call alone', () => {
    const events = [messageStart, blockStart(0, toolUse('a', 'f'))];
    expect(progress('messages', events)).toEqual([
      [0, false],
      [1, true],
    ]);
  });
});

const part = (text: string, more: JsonObject = {}): JsonObject => ({ text, ...more });
const candidate = (index: number, parts: readonly JsonObject[], reason?: string): JsonObject => ({
  index,
  content: { role: 'model', parts },
  ...(reason === undefined ? {} : { finishReason: reason }),
});
const piece = (...candidates: readonly JsonObject[]): JsonObject => ({
  candidates,
  modelVersion: 'gemini-1',
  responseId: 'r1',
});

describe('Gemini', () => {
  it('has its candidates apart, and is complete when each has ended', () => {
    const events = [
      piece(candidate(0, [part('A')]), candidate(1, [part('X')])),
      piece(candidate(1, [part('Y')], 'MAX_TOKENS')),
      piece(candidate(0, [part('B')])),
    ];
    expect(read('gemini', events).standing).toEqual({ kind: 'open' });
    const { answer, standing } = read('gemini', [...events, piece(candidate(0, [], 'STOP'))]);
    expect(standing).toEqual({ kind: 'complete' });
    expect(answer).toMatchObject({
      id: 'r1',
      model: 'gemini-1',
      text: 'AB',
      finishReason: 'stop',
      otherChoices: [{ index: 1, text: 'XY', finishReason: 'length' }],
    });
  });

  it('keeps thoughts, signatures and calls in the parts in which they came', () => {
    const { answer, assembled } = read('gemini', [
      piece(candidate(0, [part('Let', { thought: true })])),
      piece(candidate(0, [part(' me', { thought: true }), part('Hel')])),
      piece(candidate(0, [part('lo'), part('', { thoughtSignature: 's1' })])),
      piece(
        candidate(0, [
          { functionCall: { name: 'f', args: { x: 1 } }, thoughtSignature: 's2' },
          { functionCall: { id: 'c2', name: 'g' } },
          { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        ]),
      ),
      piece(candidate(0, [part('')], 'STOP')),
    ]);
    expect(answer).toMatchObject({
      text: 'Hello',
      reasoning: 'Let me',
      toolCalls: [
        { id: null, name: 'f', arguments: '{"x":1}' },
        { id: 'c2', name: 'g', arguments: '{}' },
      ],
      otherParts: ['image'],
      finishReason: 'tool_calls',
    });
    expect(assembled).toEqual(
      piece({
        ...candidate(
          0,
          [
            part('Let me', { thought: true }),
            part('Hello'),
            part('', { thoughtSignature: 's1' }),
            { functionCall: { name: 'f', args: { x: 1 } }, thoughtSignature: 's2' },
            { functionCall: { id: 'c2', name: 'g' } },
            { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
          ],
          'STOP',
        ),
      }),
    );
  });

  it('says that it names sources, what its parts are that are not known, and keeps long numbers', () => {
    const parts = [{ text: 'Paris' }, { executableCode: { code: '1' } }, { hologram: {} }];
    const groundingMetadata = { groundingChunks: [{ web: { uri: 'https://example.org' } }] };
    const grounded = { content: { parts }, finishReason: 'STOP', groundingMetadata };
    expect(readRecordedAnswer('gemini', { candidates: [grounded] })).toMatchObject({
      text: 'Paris',
      otherParts: ['hologram', 'citations'],
    });
    const calling = sse([
      { candidates: [{ content: { parts: [{ functionCall: { name: 'f', args: { id: 0 } } }] } }] },
      { candidates: [{ content: { parts: [] }, finishReason: 'STOP' }] },
    ]).replace('"id":0', '"id":9007199254740993');
    const { answer, assembled } = readRecordedStream(calling, 'gemini');
    expect(answer?.toolCalls).toEqual([
      { id: null, name: 'f', arguments: '{"id":9007199254740993}' },
    ]);
    expect(readRecordedAnswer('gemini', assembled ?? {})).toEqual(answer);
  });

  it('counts what tools put into the prompt as input and thoughts as output', () => {
    const usageMetadata = {
      promptTokenCount: 10,
      toolUsePromptTokenCount: 4,
      cachedContentTokenCount: 3,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 7,
      totalTokenCount: 26,
    };
    const body = { ...piece(candidate(0, [part('A')], 'STOP')), usageMetadata };
    expect(readRecordedAnswer('gemini', body)?.usage).toEqual({
      input: 14,
      output: 12,
      cachedInput: 3,
      reasoning: 7,
    });
  });

  it.each([
    ['MALFORMED_FUNCTION_CALL', 'malformed_function_call'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['CONTINUATION', 'length'],
  ])('ends with %s as %s', (reason, finishReason) => {
    const { answer, standing } = read('gemini', [piece({ index: 0, finishReason: reason })]);
    expect(standing).toEqual({ kind: 'complete' });
    expect(answer).toMatchObject({ text: '', finishReason });
  });

  it('reads a list of pieces as one answer, and an error among them as an error', () => {
    const pieces = [piece(candidate(0, [part('A')])), piece(candidate(0, [part('B')], 'STOP'))];
    const whole = JSON.stringify(pieces);
    expect(readRecordedStream(whole, 'gemini').answer).toMatchObject({ text: 'AB' });
    const error = { error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } };
    expect(readRecordedStream(JSON.stringify([pieces[0], error]), 'gemini')).toMatchObject({
      answer: { text: 'A' },
      standing: { kind: 'error', message: 'Overloaded' },
    });
    expect(readRecordedStream(whole.slice(0, -30), 'gemini').standing).toEqual({ kind: 'open' });
  });

  it('is visible with its text or call, and alive with its thoughts', () => {
    expect(
      progress('gemini', [
        piece(candidate(0, [part('')])),
        piece(candidate(0, [part('Hm', { thought: true })])),
        piece(candidate(0, [{ executableCode: { code: '1' } }])),
        piece(candidate(0, [{ functionCall: { name: 'f' } }])),
      ]),
    ).toEqual([
      [0, false],
      [0, true],
      [0, true],
      [1, true],
    ]);
  });
});

const response = (more: JsonObject = {}): JsonObject => ({
  id: 'resp_1',
  object: 'response',
  model: 'gpt-1',
  status: 'in_progress',
  output: [],
  ...more,
});
const created: JsonObject = { type: 'response.created', response: response() };
const textMessage = (content: readonly JsonObject[]): JsonObject => ({
  type: 'message',
  role: 'assistant',
  content,
});
const outputText = (text: string): JsonObject => ({ type: 'output_text', text, annotations: [] });

describe('Responses', () => {
  it('reads a refusal, in pieces and as a whole', () => {
    const output = [textMessage([{ type: 'refusal', refusal: 'I will not.' }])];
    const events = [
      created,
      { type: 'response.output_item.added', output_index: 0, item: textMessage([]) },
      { type: 'response.refusal.delta', output_index: 0, content_index: 0, delta: 'I will' },
    ];
    expect(read('responses', events)).toMatchObject({
      answer: { refusal: 'I will', finishReason: null },
      standing: { kind: 'open' },
    });
    const completed = {
      type: 'response.completed',
      response: response({ status: 'completed', output }),
    };
    const reader = new StreamReader(1, 'apart', 'responses');
    const shown = reader.push(Buffer.from(sse([...events, completed])));
    expect(shown).toBe('I will not.');
    expect(reader.answer()).toMatchObject({ refusal: 'I will not.', finishReason: 'stop' });
  });

  it.each([
    [{ reason: 'max_output_tokens' }, 'length'],
    [{ reason: 'content_filter' }, 'content_filter'],
    [{ reason: 'steered' }, 'steered'],
    [null, 'incomplete'],
  ])('that is incomplete (%j) ends as %s', (details, finishReason) => {
    const body = response({ status: 'incomplete', incomplete_details: details });
    expect(readRecordedAnswer('responses', body)).toMatchObject({ finishReason });
    const { standing } = read('responses', [{ type: 'response.incomplete', response: body }]);
    expect(standing).toEqual({ kind: 'complete' });
  });

  it('that failed is an error, with what came of it', () => {
    const error = { code: 'server_error', message: 'The model broke.' };
    const failed = response({ status: 'failed', error });
    expect(
      read('responses', [
        created,
        { type: 'response.output_item.added', output_index: 0, item: textMessage([]) },
        { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hel' },
        { type: 'response.failed', response: failed },
      ]),
    ).toMatchObject({
      answer: { text: 'Hel', finishReason: null },
      standing: { kind: 'error', message: 'The model broke.' },
    });
    expect(readRecordedAnswer('responses', failed)).toBeNull();
    expect(readRecordedAnswer('responses', response({ status: 'cancelled' }))).toBeNull();
  });

  it('reads errors in both forms of the event', () => {
    const flat = { type: 'error', code: 'rate_limit_exceeded', message: 'Too fast', param: null };
    const nested = { type: 'error', error: { type: 'rate_limit_error', message: 'Too fast' } };
    for (const event of [flat, nested]) {
      const { standing } = read('responses', [created, event]);
      expect(standing).toEqual({ kind: 'error', message: 'Too fast' });
    }
  });

  it('shows what a server sends without deltas, and fills in what it leaves out at the end', () => {
    const item = textMessage([outputText('Hello')]);
    const done = { type: 'response.output_item.done', output_index: 0, item };
    const bare = { type: 'response.completed', response: response({ status: 'completed' }) };
    const reader = new StreamReader(1, 'apart', 'responses');
    expect(reader.push(Buffer.from(sse([created, done, bare])))).toBe('Hello');
    expect([reader.beginnings, reader.standing.kind]).toEqual([1, 'complete']);
    expect(reader.body()).toEqual(response({ status: 'completed', output: [item] }));
  });

  it('says that it names sources, and what its items are that are not known', () => {
    const annotations = [{ type: 'url_citation', url: 'https://example.org' }];
    const output = [
      textMessage([{ type: 'output_text', text: 'Paris', annotations }]),
      { type: 'mcp_approval_request', id: 'm', name: 'drop', arguments: '{}' },
      { type: 'code_interpreter_call', id: 'c', code: '1' },
    ];
    expect(
      readRecordedAnswer('responses', response({ status: 'completed', output })),
    ).toMatchObject({ text: 'Paris', otherParts: ['citations', 'mcp_approval_request'] });
  });

  it('takes tools that the user runs for calls, and those of the server for none', () => {
    const output = [
      { type: 'shell_call', call_id: 'a', action: { commands: ['ls'] }, environment: null },
      { type: 'web_search_call', id: 'w', action: { query: 'q' } },
      { type: 'function_call', id: 'fc', call_id: 'b', name: 'f', arguments: '{"x": 1}' },
      { type: 'image_generation_call', result: 'AAAA' },
    ];
    expect(
      readRecordedAnswer('responses', response({ status: 'completed', output })),
    ).toMatchObject({
      toolCalls: [
        { id: 'a', name: 'shell', arguments: '{"commands":["ls"]}' },
        { id: 'b', name: 'f', arguments: '{"x": 1}' },
      ],
      otherParts: ['image'],
      finishReason: 'tool_calls',
    });
  });

  it('keeps reasoning in tags apart', () => {
    const output = [textMessage([outputText('<think>Hm</think>\n\nHi')])];
    const body = response({ status: 'completed', output });
    expect(readRecordedAnswer('responses', body, 'apart')).toMatchObject({
      text: 'Hi',
      reasoning: '<think>Hm</think>\n\n',
    });
  });
});

describe('a stream without an answer', () => {
  it.each(['responses', 'messages', 'gemini'] as const)('of %s holds none', (dialect) => {
    expect(read(dialect, [])).toEqual({
      answer: null,
      assembled: null,
      standing: { kind: 'open' },
    });
    expect(recordedStreams.assembleStream(': ping\n\n', dialect)).toBeNull();
    expect(readRecordedAnswer(dialect, {})).toBeNull();
    const error = { type: 'error', error: { message: 'No' } };
    expect(recordedStreams.assembleChunks([error], dialect)).toMatchObject({ problem: 'No' });
  });
});
