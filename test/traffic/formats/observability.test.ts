import { describe, expect, it } from 'vitest';
import { datadog } from '../../../source/traffic/formats/datadog.ts';
import { posthog } from '../../../source/traffic/formats/posthog.ts';
import { answerText, fixture, importedFile, readOne } from '../imported.ts';

const counts = (list: readonly { readonly reason: string; readonly count: number }[]) =>
  Object.fromEntries(list.map(({ count, reason }) => [reason, count]));

describe('traces of MLflow', () => {
  it('keep the body of a call in its dialect, with its answer, time, user and conversation', async () => {
    const { byId, report, text } = await importedFile(fixture('mlflow/traces.jsonl'));
    expect(report).toMatchObject({
      format: 'MLflow',
      added: 5,
      dialects: { chat: 4, messages: 1 },
    });
    const called = byId.get('tr-1/s2');
    expect(called).toMatchObject({
      endpoint: 'answer_ticket',
      timestamp: '2026-09-21T14:13:20.000Z',
      request: { model: 'gpt-4o-mini', temperature: 0, tools: [{ function: { name: 'weather' } }] },
      recorded: [{ model: 'gpt-4o-mini-2024-07-18', totalMs: 900, body: { id: 'chatcmpl-1' } }],
      partial: [],
    });
    expect(called?.request).not.toHaveProperty('timeout');
    expect(text).not.toContain('hidden');
    expect(called?.metadata?.['user']).toMatch(/^[0-9a-f]{16}$/);
    expect(byId.get('tr-2/a3')).toMatchObject({
      dialect: 'messages',
      request: { system: 'Count once.', max_tokens: 64 },
    });
    expect(answerText(byId.get('tr-2/a3'))).toBe('Once.');
  });

  it('count the innermost call, and those without a prompt', async () => {
    const { report } = await importedFile(fixture('mlflow/traces.jsonl'));
    expect(counts(report.ignored)).toEqual({
      'a span around another call': 1,
      'a span of type CHAIN': 1,
      'a span of type TOOL': 1,
    });
    expect(counts(report.reasons)).toEqual({
      'prompt not stored (MLflow: the inputs of the span)': 1,
    });
  });

  it('have messages of LangChain, the error of production, and older dictionaries of spans', async () => {
    const { byId } = await importedFile(fixture('mlflow/traces.jsonl'));
    expect(byId.get('tr-2/a1')).toMatchObject({
      request: {
        model: 'gpt-4o',
        temperature: 0.7,
        messages: [{ role: 'system', content: 'You are a poet.' }, { role: 'user' }],
      },
      recorded: [{ body: { usage: { prompt_tokens: 20 } } }],
    });
    expect(byId.get('tr-2/a4')?.metadata).toMatchObject({
      recordedError: { status: 429, message: 'Error code: 429 - rate limit reached' },
    });
    expect(byId.get('r9/0x1')?.recorded).toMatchObject([{ totalMs: 250 }]);
  });

  it('are read from a page of a search', async () => {
    const { byId } = await importedFile(fixture('mlflow/search.json'));
    expect([...byId.keys()]).toEqual(['tr-1/s2']);
  });
});

describe('spans of Datadog', () => {
  it('have messages, parameters, tokens, and times in nanoseconds or as the documentation shows', async () => {
    const { byId, report } = await importedFile(fixture('datadog/spans.json'));
    expect(report).toMatchObject({ format: 'Datadog LLM Observability', added: 3 });
    expect(byId.get('1')).toMatchObject({
      endpoint: 'support-bot',
      timestamp: '2026-09-21T14:13:20.000Z',
      request: { model: 'gpt-4o-mini', temperature: 0.2, max_tokens: 50 },
      recorded: [
        {
          totalMs: 812,
          timeToFirstTokenMs: 250,
          body: { usage: { prompt_tokens: 12, prompt_tokens_details: { cached_tokens: 4 } } },
        },
      ],
      partial: ['response_format'],
    });
    expect(answerText(byId.get('1'))).toBe('Lima');
    expect(byId.get('2')?.timestamp).toBe('2026-09-21T14:13:21.000Z');
  });

  it('have calls of tools and their results beside the content', async () => {
    const { byId } = await importedFile(fixture('datadog/spans.json'));
    expect(byId.get('2')?.request).toMatchObject({
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      ],
      tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }],
    });
    expect(byId.get('2')?.recorded[0]?.body).toMatchObject({
      choices: [{ message: { content: null, tool_calls: [{ id: 'call_2' }] } }],
    });
  });

  it('say what was not kept, and what production got instead of an answer', async () => {
    const { byId, report } = await importedFile(fixture('datadog/spans.json'));
    expect(counts(report.reasons)).toEqual({
      'image not stored': 1,
      'prompt not stored (Datadog: the input of the span)': 1,
      'prompt not stored (Datadog: the span was larger than it takes)': 1,
    });
    expect(counts(report.ignored)).toEqual({ 'a span of kind workflow': 1 });
    expect(byId.get('3')).toMatchObject({
      request: { messages: [{ role: 'user', content: 'Still there?' }] },
      metadata: { recordedError: { status: 503, message: 'Error code: 503 - overloaded' } },
    });
  });

  it('are read as the tracer sends them; a name of their own is the endpoint', async () => {
    const { byId } = await importedFile(fixture('datadog/sent.jsonl'));
    expect(byId.get('8')).toMatchObject({
      endpoint: 'generate_response',
      request: { model: 'gpt-4o', temperature: 0 },
      recorded: [{ totalMs: 2000 }],
    });
  });

  it('without messages have a text', () => {
    const span = {
      span_kind: 'llm',
      span_id: 's',
      ml_app: 'a',
      input: { value: 'hi' },
      output: { value: 'ho' },
    };
    expect(readOne(datadog, span)).toMatchObject({
      capture: {
        request: { messages: [{ role: 'user', content: 'hi' }] },
        recorded: [{ body: { choices: [{ message: { content: 'ho' } }] } }],
        partial: ['parameters', 'response_format', 'messages'],
      },
    });
  });
});

describe('events of PostHog', () => {
  it('have messages, parameters, tokens, and times in seconds', async () => {
    const { byId, report } = await importedFile(fixture('posthog/events.jsonl'));
    expect(report).toMatchObject({ format: 'PostHog', added: 3 });
    expect(byId.get('01900000-0000-7000-8000-000000000001')).toMatchObject({
      timestamp: '2026-09-21T14:13:20.000Z',
      request: {
        model: 'gpt-5-mini',
        messages: [{ role: 'system' }, { role: 'user', content: 'A fact about hedgehogs?' }],
        temperature: 0.5,
        max_tokens: 100,
      },
      recorded: [
        {
          totalMs: 1500,
          timeToFirstTokenMs: 250,
          body: {
            choices: [{ message: { content: 'They have 5,000 spines.' }, finish_reason: 'stop' }],
            usage: { prompt_tokens: 18, completion_tokens: 9 },
          },
        },
      ],
      partial: ['response_format'],
    });
  });

  it('have calls of tools among the content, and counts of Anthropic that leave the cache out', async () => {
    const { byId } = await importedFile(fixture('posthog/events.jsonl'));
    expect(byId.get('01900000-0000-7000-8000-000000000002')).toMatchObject({
      request: { tools: [{ function: { name: 'weather' } }] },
      recorded: [
        {
          body: {
            choices: [
              {
                message: {
                  content: null,
                  tool_calls: [{ id: 'call_1', function: { name: 'weather' } }],
                },
              },
            ],
            usage: { prompt_tokens: 40, prompt_tokens_details: { cached_tokens: 30 } },
          },
        },
      ],
    });
  });

  it('say what was not kept, and what production got instead of an answer', async () => {
    const { byId, report } = await importedFile(fixture('posthog/events.jsonl'));
    expect(counts(report.reasons)).toEqual({
      'image not stored': 1,
      'prompt not stored (PostHog: privacy_mode)': 1,
    });
    expect(counts(report.ignored)).toEqual({ 'an event $ai_span': 1 });
    expect(byId.get('01900000-0000-7000-8000-000000000003')?.metadata).toMatchObject({
      recordedError: { status: 529, message: 'Overloaded' },
    });
    const cut = [{ role: 'user', content: 'Long… and so on... [truncated]' }];
    const event = { event: '$ai_generation', uuid: 'u', properties: { $ai_input: cut } };
    expect(readOne(posthog, event)).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('prompt cut off') as string,
    });
  });

  it('are read from a page of the API', async () => {
    const { report } = await importedFile(fixture('posthog/api.json'));
    expect(report).toMatchObject({ format: 'PostHog', added: 1 });
  });
});
