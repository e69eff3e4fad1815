import { describe, expect, it } from 'vitest';
import { langfuse } from '../../../../source/traffic/formats/langfuse/langfuse.ts';
import { answerText, fixture, importedFile, readOne } from '../../imported.ts';

describe('a page of the public API of Langfuse', () => {
  it('has each generation with its input, and accounts for every other record', async () => {
    const { report } = await importedFile(fixture('langfuse/api-v2.json'));
    expect(report).toMatchObject({
      format: 'Langfuse',
      read: 7,
      added: 3,
      notReplayable: 4,
      reasons: [
        { reason: 'continues a stored response (previous_response_id)', count: 1 },
        { reason: 'image not stored', count: 1 },
        { reason: 'prompt not stored (Langfuse: ask the API for fields=core,io)', count: 1 },
        { reason: 'prompt not stored (Langfuse: the application sends no input)', count: 1 },
      ],
      ignored: [
        { reason: 'an observation of type EMBEDDING', count: 1 },
        { reason: 'an observation of type EVENT', count: 1 },
      ],
    });
  });

  it('has numbers and lists as text, and times from timestamps, not from seconds', async () => {
    const { captures, text } = await importedFile(fixture('langfuse/api-v2.json'));
    const capture = captures.get('numbers in texts');
    expect(capture).toMatchObject({
      id: 'obs-text-parameters',
      endpoint: 'faq',
      timestamp: '2026-09-01T10:00:00.000Z',
      request: {
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'numbers in texts' }],
        temperature: 0.1,
        max_tokens: 64,
        stop: ['END'],
      },
      recorded: [
        {
          totalMs: 1200,
          timeToFirstTokenMs: 310,
          body: {
            // 8 were not cached: the total says so.
            usage: {
              prompt_tokens: 12,
              completion_tokens: 2,
              total_tokens: 14,
              prompt_tokens_details: { cached_tokens: 4 },
            },
          },
        },
      ],
      metadata: {
        user: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        conversation: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      },
      partial: ['response_format'],
    });
    expect(capture?.request['stream']).toBeUndefined();
    expect(text).not.toContain('jane@example.com');
  });

  it('has an answer in JSON as text, and the format and tools of the request', async () => {
    const { captures } = await importedFile(fixture('langfuse/api-v2.json'));
    const capture = captures.get('an answer in JSON');
    expect(answerText(capture)).toBe('{"category": "billing"}');
    expect(capture?.request).toMatchObject({
      tools: [{ type: 'function', function: { name: 'f' } }],
      tool_choice: 'required',
      response_format: { type: 'json_schema', json_schema: { name: 'c' } },
    });
    expect(capture?.partial).toEqual([]);
    // A name that an SDK gives to all is no endpoint.
    expect(capture?.endpoint).toBe('no-system-prompt');
  });

  it('has errors and the parts that were not stored', async () => {
    const { captures } = await importedFile(fixture('langfuse/api-v2.json'));
    expect(captures.get('an error')).toMatchObject({
      recorded: [],
      metadata: { recordedError: { status: 429 } },
      partial: ['parameters', 'response_format'],
    });
    expect([...captures.values()].some(({ id }) => id === 'obs-image')).toBe(false);
  });
});

describe('exports of Langfuse', () => {
  it('to blob storage have other names and times', async () => {
    const { report, captures } = await importedFile(fixture('langfuse/blob-export.jsonl'));
    expect(report).toMatchObject({
      read: 2,
      added: 1,
      reasons: [{ reason: 'prompt not stored (Langfuse: the application sends no input)' }],
      ignored: [{ reason: 'an observation of type SPAN', count: 1 }],
    });
    expect(captures.get('from the blob')).toMatchObject({
      endpoint: 'answer',
      timestamp: '2026-09-01T10:00:00.000Z',
      request: { model: 'gpt-4o', temperature: 0.5 },
      recorded: [{ totalMs: 1500, timeToFirstTokenMs: 400, model: 'gpt-4o' }],
    });
  });

  it('of the UI have prompts, plain text, LangChain constructors, and traces that are not calls', async () => {
    const { report, captures } = await importedFile(fixture('langfuse/ui-export.jsonl'));
    expect(report).toMatchObject({
      read: 4,
      added: 3,
      reasons: [{ reason: 'a trace without its calls (Langfuse: export observations)', count: 1 }],
    });
    expect(captures.get('words of a prompt')).toMatchObject({
      endpoint: 'support',
      request: { temperature: 0.2, max_tokens: 100 },
      recorded: [{ totalMs: 2000 }],
      partial: ['response_format', 'customThing'],
    });
    const words = captures.get('only words');
    expect(words?.partial).toEqual(['parameters', 'response_format', 'messages']);
    expect(answerText(words)).toBe('"quoted"');
    expect(captures.get('a constructor')?.recorded[0]?.body['choices']).toMatchObject([
      { finish_reason: 'stop' },
    ]);
  });

  it('of a trace are read with the trace around them', async () => {
    const { report, captures } = await importedFile(
      fixture('langfuse/pydantic-ai-tools-2025-06-06.trace.json'),
    );
    expect(report).toMatchObject({ format: 'Langfuse', read: 1, added: 1 });
    expect(captures.get('What is Langfuse?')).toMatchObject({
      endpoint: 'pydantic-ai-qa-trace',
      recorded: [{ model: 'gpt-4o-2024-08-06', totalMs: 4794 }],
    });
  });
});

describe('an observation', () => {
  const row = {
    id: 'o',
    traceId: 't',
    type: 'GENERATION',
    startTime: '2026-09-01T10:00:00.000Z',
    model: 'm',
  };

  it.each([
    ['an object of no known shape', { x: 1 }, 'no messages in the input'],
    ['a transcript', 'user: hi\nassistant: hello', 'messages stored as one text'],
    ['numbers', [1, 2], 'no messages in the input'],
    ['an empty list', [], 'no messages in the input'],
    ['a list with a gap', [{ role: 'user', content: 'a' }, null], 'no messages in the input'],
  ])('whose input is %s is rejected', (_, input, reason) => {
    expect(readOne(langfuse, { ...row, input })).toMatchObject({
      kind: 'rejected',
      reason,
      recordId: 'o',
    });
  });

  it('of another system is not recognised', () => {
    expect(langfuse.recognises({ id: 'x', type: 'GENERATION', input: [] }, null)).toBe(false);
    expect(langfuse.recognises({ traceId: 'x', type: 'other', input: [] }, null)).toBe(false);
  });

  it('of version 4 are read without a record of their trace', async () => {
    const { byId, report, text } = await importedFile(fixture('langfuse/observations-v2.jsonl'));
    expect(report).toMatchObject({
      format: 'Langfuse',
      added: 2,
      ignored: [{ reason: 'an observation of type SPAN', count: 1 }],
    });
    expect(byId.get('v4-1')).toMatchObject({
      endpoint: 'support',
      recorded: [{ totalMs: 1200, timeToFirstTokenMs: 300 }],
      metadata: {
        user: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        conversation: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      },
    });
    expect(byId.get('v4-2')?.endpoint).toBe('classify');
    expect(text).not.toContain('anna');
  });
});
