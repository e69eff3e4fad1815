import { describe, expect, it } from 'vitest';
import { answerText, fixture, importedFile } from '../imported.ts';

const file = fixture('langsmith/runs.jsonl');

describe('runs of LangSmith', () => {
  it('are captured if they call a model, and accounted for otherwise', async () => {
    const { report } = await importedFile(file);
    expect(report).toMatchObject({
      format: 'LangSmith',
      read: 7,
      added: 5,
      reasons: [
        { reason: 'not a chat completion (prompts without roles)', count: 1 },
        { reason: 'prompt not stored (LangSmith: LANGSMITH_HIDE_INPUTS)', count: 1 },
      ],
      ignored: [
        { reason: 'a run of type chain', count: 1 },
        { reason: 'a run of type tool', count: 1 },
      ],
    });
  });

  it("have the body as it was sent from OpenAI's wrapper, and times without a zone", async () => {
    const { captures, text } = await importedFile(file);
    expect(captures.get('the wrapper of OpenAI')).toMatchObject({
      id: 'run-openai',
      timestamp: '2026-09-01T10:00:00.000Z',
      request: {
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'the wrapper of OpenAI' }],
        temperature: 0.2,
        response_format: { type: 'json_object' },
        stream: true,
      },
      recorded: [{ model: 'gpt-4o-mini-2024-07-18', timeToFirstTokenMs: 400, totalMs: 1500 }],
      partial: [],
    });
    expect(text).not.toContain('jane@example.com');
  });

  it('have LangChain constructors, with parameters and tools beside them', async () => {
    const { captures } = await importedFile(file);
    const capture = captures.get('constructors');
    expect(capture).toMatchObject({
      endpoint: 'agent',
      request: {
        model: 'gpt-4o',
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'constructors' },
          {
            role: 'assistant',
            content: '',
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
            ],
          },
          { role: 'tool', content: '42', tool_call_id: 'call_1' },
        ],
        temperature: 0,
        tools: [{ type: 'function', function: { name: 'f' } }],
        tool_choice: 'auto',
      },
      recorded: [
        {
          model: 'gpt-4o-2024-08-06',
          body: {
            id: 'chatcmpl-6',
            choices: [{ message: { content: 'It is 42.' }, finish_reason: 'stop' }],
            usage: { prompt_tokens: 30, prompt_tokens_details: { cached_tokens: 10 } },
          },
        },
      ],
      partial: ['response_format'],
    });
  });

  it('have columns of JSON as text in bulk exports', async () => {
    const { captures } = await importedFile(file);
    const capture = captures.get('JSON in texts');
    expect(capture?.request).toMatchObject({ model: 'gpt-4o', temperature: 0.5 });
    expect(answerText(capture)).toBe('yes');
  });

  it("have Anthropic's blocks as OpenAI's content, calls and tools", async () => {
    const { captures } = await importedFile(file);
    const capture = [...captures.values()].find(({ id }) => id === 'run-calls');
    expect(capture).toMatchObject({
      request: {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'blocks of Anthropic' },
              {
                type: 'image_url',
                image_url: { url: 'data:image/png;base64,aGVsbG8gd29ybGQhIQ==' },
              },
            ],
          },
        ],
        tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
        tool_choice: 'required',
      },
      recorded: [
        {
          body: {
            choices: [
              {
                message: {
                  content: 'Let me see.',
                  tool_calls: [{ id: 'toolu_1', function: { arguments: '{"a":1}' } }],
                },
                finish_reason: 'tool_calls',
              },
            ],
          },
        },
      ],
    });
  });

  it('have errors with the status that they name', async () => {
    const { captures } = await importedFile(file);
    expect(captures.get('an error')).toMatchObject({
      request: { model: 'gpt-4o', temperature: 0.1 },
      recorded: [],
      metadata: { recordedError: { status: 429 } },
      partial: ['parameters', 'response_format'],
    });
  });
});
