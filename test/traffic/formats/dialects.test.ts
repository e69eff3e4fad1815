import { describe, expect, it } from 'vitest';
import { answerOfRecording } from '../../../source/models/stream/recorded-answer.ts';
import { loadCapture } from '../../../source/store/captures/captures.ts';
import type { JsonObject } from '../../../source/text/json.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { litellmSpendLog } from '../../../source/traffic/formats/gateways/litellm.ts';
import { batchInput } from '../../../source/traffic/formats/openai-batch.ts';
import { native } from '../../../source/traffic/formats/native.ts';
import {
  inputOutput,
  requestResponse,
  bareRequest,
} from '../../../source/traffic/formats/plain.ts';
import { importInto } from '../../intake/import-into.ts';
import { temporaryStore } from '../../store/temporary-store.ts';
import { fixture, importedFile, readOne } from '../imported.ts';

/** A recorded answer in a few words: its text, or the calls that it makes. */
const said = (capture: Capture): string => {
  const [recorded] = capture.recorded;
  if (recorded === undefined) return 'nothing';
  const answer = answerOfRecording(capture.dialect, recorded.body);
  if (answer === null) return 'not readable';
  const calls = answer.toolCalls.map((call) => `${call.name}(${call.arguments})`);
  return [answer.text.replaceAll(/\s+/g, ' ').trim().slice(0, 30), ...calls].join('');
};

describe('a recorded call in another dialect', () => {
  it.each([
    [
      'pydantic-ai_responses_system_prompt.yaml',
      'responses',
      null,
      ['The capital of France is Paris'],
    ],
    [
      'dd-trace-py_responses_function_call_streamed.yaml',
      'responses',
      null,
      ['get_current_weather({"location":"Boston, MA","unit":"celsius"})'],
    ],
    ['dd-trace-py_responses_error.yaml', 'responses', null, ['nothing']],
    [
      'pydantic-ai_messages_instructions.yaml',
      'messages',
      null,
      ['The capital of France is Paris'],
    ],
    [
      'dd-trace-py_messages_thinking_tool_result.yaml',
      'messages',
      null,
      [expect.stringMatching(/^.{20}/)],
    ],
    [
      'dd-trace-py_messages_tool_result_stream.yaml',
      'messages',
      null,
      [expect.stringMatching(/^.{20}/)],
    ],
    [
      'crewai_messages_tool_call_stream.yaml',
      'messages',
      null,
      ['The current temperature in San', expect.stringMatching(/\(\{.*\}\)$/)],
    ],
    [
      'crewai_gemini_tool_call_stream.yaml',
      'gemini',
      'gemini-2.0-flash',
      [expect.stringMatching(/\(\{.*\}\)$/)],
    ],
    [
      'pydantic-ai_gemini_instructions.yaml',
      'gemini',
      'gemini-2.0-flash',
      [expect.stringMatching(/Paris/)],
    ],
    [
      'pydantic-ai_gemini_vertex_labels.yaml',
      'gemini',
      expect.stringMatching(/^gemini-/),
      [expect.stringMatching(/Paris/)],
    ],
    [
      'pydantic-ai_gemini_iter_stream.yaml',
      'gemini',
      expect.stringMatching(/^gemini-/),
      [
        'get_capital({"country":"France"})',
        'get_temperature({"city":"Paris"})',
        expect.stringMatching(/Paris/),
      ],
    ],
  ])('%s is read with its answer', async (name, dialect, model, answers) => {
    const { byId, report } = await importedFile(fixture(`dialects/in/${name}`));
    const captures = [...byId.values()];
    expect(report).toMatchObject({
      added: captures.length,
      dialects: { [dialect]: captures.length },
      notReplayable: 0,
    });
    expect(captures.map((capture) => capture.model)).toEqual(captures.map(() => model));
    expect(captures.map(said).sort()).toEqual(answers.toSorted());
  });

  it.each([
    [
      'pydantic-ai_responses_previous_response_id.yaml',
      "previous_response_id: a part of it is on the provider's server",
    ],
    ['pydantic-ai_responses_web_search.yaml', 'web_search: a tool that the provider runs'],
    ['crewai_bedrock_converse.yaml', 'Bedrock Converse request (an API that is not replayed)'],
  ])('%s is not replayable, and says why', async (name, reason) => {
    const { report } = await importedFile(fixture(`dialects/in/${name}`));
    expect(report).toMatchObject({ notReplayable: 1, reasons: [{ reason, count: 1 }] });
  });

  it('keeps the body as it came, and takes the id of a user out of its labels', () => {
    const request = {
      model: 'claude-opus-4-1',
      max_tokens: 9,
      metadata: { user_id: 'anna@example.com', tier: 'free' },
      future: { b: 1, a: [2] },
      system: 'Be brief.',
      messages: [{ role: 'user', content: 'hi' }],
    };
    const found = readOne(requestResponse, { request, response: null });
    expect(found).toMatchObject({
      kind: 'capture',
      capture: {
        dialect: 'messages',
        endpoint: expect.stringMatching(/^system-/),
        metadata: { tier: 'free', user: expect.stringMatching(/^[0-9a-f]{16}$/) },
      },
    });
    const kept = found?.kind === 'capture' ? found.capture.request : null;
    expect(JSON.stringify(kept)).toBe(JSON.stringify(request));
  });
});

describe('plain JSON', () => {
  const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
  const input = [{ role: 'user', content: 'hi' }];
  const response = {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'gpt-5',
    output: [{ type: 'message', content: [{ type: 'output_text', text: 'ho' }] }],
  };

  it('takes dialect and model of a URL that was logged with the body', () => {
    const url = 'https://x.test/v1beta/models/gemini-3-pro:generateContent?key=secret';
    const found = readOne(requestResponse, {
      request: { url, body: { contents } },
      response: 'ho',
    });
    expect(found).toMatchObject({
      kind: 'capture',
      capture: { dialect: 'gemini', model: 'gemini-3-pro', request: { contents } },
    });
    expect(JSON.stringify(found)).not.toContain('secret');
  });

  it.each([
    ['a bare body', bareRequest, { id: 'a', model: 'gpt-5', input, instructions: 'Be brief.' }],
    ['a body with its answer', bareRequest, { model: 'gpt-5', input, text: {}, output: response }],
    ['an input', inputOutput, { input: { model: 'gpt-5', input, text: {} }, output: response }],
    ['a request', requestResponse, { request: { model: 'gpt-5', input }, response }],
    ['a native capture', native, { request: { model: 'gpt-5', input }, response }],
  ])('has a request to the Responses API as %s', (_, format, record: JsonObject) => {
    expect(format.recognises(record, null)).toBe(true);
    expect(readOne(format, record)).toMatchObject({
      kind: 'capture',
      capture: { dialect: 'responses', request: { model: 'gpt-5', input } },
    });
  });

  it('is assembled from a stream of any dialect', () => {
    const events = [
      {
        type: 'message_start',
        message: {
          id: 'm',
          type: 'message',
          role: 'assistant',
          model: 'c',
          content: [],
          usage: { input_tokens: 3, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ho' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ];
    const request = { model: 'c', max_tokens: 9, messages: input };
    const sse = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    for (const answer of [events, sse.join('')]) {
      expect(readOne(requestResponse, { request, response: answer })).toMatchObject({
        kind: 'capture',
        capture: {
          dialect: 'messages',
          recorded: [{ body: { type: 'message', content: [{ type: 'text', text: 'ho' }] } }],
        },
      });
    }
  });

  it('has no chat completion with a system prompt outside of it', () => {
    const record = {
      request: { model: 'm', system: 'Be brief.', messages: input },
      response: null,
    };
    expect(readOne(requestResponse, record)).toMatchObject({
      kind: 'rejected',
      reason: 'a system prompt outside the messages (not a chat completion)',
    });
  });
});

describe('a spend log of LiteLLM', () => {
  it.each([
    ['aresponses', 'responses', { model: 'm', input: 'hi', instructions: 'Be brief.' }],
    [
      'anthropic_messages',
      'messages',
      { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] },
    ],
    ['agenerate_content', 'gemini', { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }],
  ])('of type %s has a request in the dialect %s', (type, dialect, body) => {
    const row = {
      request_id: 'a',
      call_type: type,
      spend: 0.1,
      model: 'm',
      startTime: '2026-09-01T10:00:00Z',
      proxy_server_request: JSON.stringify(body),
      response: {},
    };
    expect(readOne(litellmSpendLog, row)).toMatchObject({
      kind: 'capture',
      capture: { dialect, model: dialect === 'gemini' ? 'm' : null, request: body },
    });
  });
});

describe('batch files', () => {
  it('of Anthropic are joined by custom_id', async () => {
    const store = await temporaryStore();
    const [requests, results] = await importInto(
      store,
      fixture('anthropic-batch/requests.json'),
      fixture('anthropic-batch/results.jsonl'),
    );
    expect(requests).toMatchObject({
      format: 'Anthropic batch input',
      added: 3,
      dialects: { messages: 3 },
      reasons: [{ reason: 'no messages', count: 1 }],
    });
    expect(results).toMatchObject({
      format: 'Anthropic batch results',
      merged: 2,
      withoutAnswer: 1,
      duplicates: 1,
    });
    const first = await loadCapture(store, 'summary-1');
    expect(first === null ? null : said(first)).toBe('The ferry to Moss was late.');
    expect(await loadCapture(store, 'summary-3')).toMatchObject({
      metadata: { recordedError: { status: null, message: 'Overloaded' } },
    });
  });

  it('of Gemini are joined by key', async () => {
    const store = await temporaryStore();
    const [requests, results] = await importInto(
      store,
      fixture('gemini-batch/requests.jsonl'),
      fixture('gemini-batch/results.jsonl'),
    );
    expect(requests).toMatchObject({ format: 'Gemini batch input', dialects: { gemini: 2 } });
    expect(results).toMatchObject({ format: 'Gemini batch results', merged: 1, withoutAnswer: 1 });
    const second = await loadCapture(store, 'city-2');
    expect(second === null ? null : said(second)).toBe('Stockholm');
    expect(second?.recorded[0]?.model).toBe('gemini-2.5-flash');
  });

  it('of OpenAI have requests to the Responses API', () => {
    const record = {
      custom_id: 'r-1',
      method: 'POST',
      url: '/v1/responses',
      body: { model: 'gpt-5', input: 'hi' },
    };
    expect(readOne(batchInput, record)).toMatchObject({
      kind: 'capture',
      capture: { id: 'r-1', dialect: 'responses', request: record.body },
    });
  });
});

describe('logs of a cloud', () => {
  it('of Bedrock have the bodies of Anthropic’s models, and the times of a stream', async () => {
    const { byId, report } = await importedFile(fixture('bedrock-logs/logs.jsonl'));
    expect(report).toMatchObject({
      added: 3,
      dialects: { messages: 3 },
      reasons: [
        { reason: 'Bedrock Converse request (an API that is not replayed)', count: 1 },
        { reason: 'Bedrock InvokeModel request (an API that is not replayed)', count: 1 },
        { reason: expect.stringContaining('inputBodyS3Path'), count: 1 },
      ],
      recorded: { answers: 2, errors: 1, timings: 1 },
    });
    expect([...byId.values()].map(said).sort()).toEqual(['Oslo', 'Stockholm', 'nothing']);
    expect(byId.get('bedrock-2')).toMatchObject({
      model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      timestamp: '2026-10-02T09:00:00.000Z',
      recorded: [{ totalMs: 812, timeToFirstTokenMs: 340 }],
    });
    const cloudWatch = await importedFile(fixture('bedrock-logs/cloudwatch.jsonl'));
    expect([...cloudWatch.byId.keys()]).toEqual(['bedrock-1']);
  });

  it('of Vertex AI have Gemini’s and Anthropic’s bodies, as JSON or as its text', async () => {
    const { byId, report } = await importedFile(fixture('vertex-logs/bigquery.jsonl'));
    expect(report).toMatchObject({
      dialects: { messages: 1, gemini: 2 },
      reasons: [{ reason: 'request not stored', count: 1 }],
    });
    expect([...byId.values()].map(said).sort()).toEqual(['Copenhagen', 'Oslo', 'Stockholm']);
    expect(byId.get('101')).toMatchObject({
      model: 'gemini-2.5-flash',
      timestamp: '2026-10-01T09:00:00.000Z',
    });
    expect(byId.get('103')?.model).toBe('claude-sonnet-4-5');
  });
});
