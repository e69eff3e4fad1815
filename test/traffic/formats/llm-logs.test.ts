import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../source/text/json.ts';
import { temporaryDirectory } from '../../store/temporary-store.ts';
import { answerText, fixture, importedFile } from '../imported.ts';

const idOf = (end: string): string => `01jm8ec74wxsdatyn5pq1fp${end}`;

const row = (end: string, more: JsonObject): JsonObject => ({
  id: idOf(end),
  model: 'gpt-4o-mini',
  resolved_model: null,
  prompt: '',
  system: null,
  prompt_json: null,
  options_json: {},
  response: '',
  reasoning: null,
  response_json: null,
  conversation_id: 'conversation-a',
  duration_ms: 560,
  datetime_utc: '2026-09-01T10:00:00.374882+00:00',
  input_tokens: null,
  output_tokens: null,
  token_details: null,
  conversation_name: null,
  schema_json: null,
  prompt_fragments: [],
  system_fragments: [],
  tools: [],
  tool_calls: [],
  tool_results: [],
  attachments: [],
  ...more,
});

const importRows = async (...rows: readonly JsonObject[]) => {
  const path = join(await temporaryDirectory(), 'llm.json');
  writeFileSync(path, JSON.stringify(rows, null, 2));
  return importedFile(path);
};

describe('llm logs --json', () => {
  it('has what a call needs, except where llm cuts it or leaves it out', async () => {
    const { report, captures } = await importedFile(fixture('llm/logs.json'));
    expect(report).toMatchObject({
      format: 'llm logs',
      read: 6,
      added: 3,
      reasons: [
        { reason: 'cut short (llm logs --json: use --expand, and not --truncate)', count: 1 },
        { reason: 'earlier messages of the conversation not in the file', count: 1 },
        { reason: 'image not stored', count: 1 },
      ],
    });
    expect(captures.get('and again')?.request['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'Hello!' },
      { role: 'user', content: 'and again' },
    ]);
    expect(captures.get('hi')?.partial).toEqual([]);
  });

  it('has parameters, usage and a duration in milliseconds', async () => {
    const { captures } = await importRows(
      row('a1', {
        prompt: 'hi',
        system: 'Be brief.',
        response: 'Hello!',
        options_json: { temperature: 0.5, json_object: true, image_detail: 'low' },
        response_json: {
          id: 'chatcmpl-1',
          content: { $: `r:${idOf('a1')}` },
          finish_reason: 'stop',
        },
        resolved_model: 'gpt-4o-mini-2024-07-18',
        input_tokens: 8,
        output_tokens: 2,
        token_details: { prompt_tokens_details: { cached_tokens: 4 } },
      }),
      row('b1', {
        prompt: 'another conversation',
        conversation_id: 'conversation-b',
        response: 'Yes.',
        schema_json: { type: 'object', title: 'dog' },
      }),
    );
    expect(captures.get('hi')).toMatchObject({
      id: idOf('a1'),
      timestamp: '2026-09-01T10:00:00.374Z',
      request: {
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'hi' },
        ],
        temperature: 0.5,
        response_format: { type: 'json_object' },
      },
      recorded: [
        {
          model: 'gpt-4o-mini-2024-07-18',
          totalMs: 560,
          timeToFirstTokenMs: null,
          body: {
            id: 'chatcmpl-1',
            choices: [{ message: { content: 'Hello!' }, finish_reason: 'stop' }],
            usage: {
              prompt_tokens: 8,
              completion_tokens: 2,
              prompt_tokens_details: { cached_tokens: 4 },
            },
          },
        },
      ],
      partial: [],
    });
    expect(captures.get('hi')?.request).not.toHaveProperty('image_detail');
    expect(captures.get('another conversation')?.request['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'output', schema: { type: 'object', title: 'dog' } },
    });
  });

  it('is put together by conversation, with tool calls and their results', async () => {
    const clock = { name: 'clock', description: 'The time', input_schema: { type: 'object' } };
    const call = { name: 'clock', arguments: { zone: 'UTC' }, tool_call_id: 'call_1' };
    const { byId } = await importRows(
      row('a1', { prompt: 'hi', system: 'Be brief.', response: 'Hello!' }),
      row('b1', { prompt: 'in between', conversation_id: 'conversation-b', response: 'Yes.' }),
      row('a2', {
        prompt: 'what time is it',
        system: 'Be brief.',
        tools: [clock],
        tool_calls: [call],
      }),
      row('a3', {
        response: 'Ten.',
        tool_results: [{ name: 'clock', output: '10:00', tool_call_id: 'call_1' }],
      }),
    );
    expect(byId.get(idOf('a3'))?.request['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'Hello!' },
      { role: 'user', content: 'what time is it' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'call_1',
            type: 'function',
            function: { name: 'clock', arguments: '{"zone":"UTC"}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '10:00' },
    ]);
    expect(byId.get(idOf('a2'))?.request['tools']).toEqual([
      {
        type: 'function',
        function: { name: 'clock', description: 'The time', parameters: { type: 'object' } },
      },
    ]);
  });

  it('puts fragments before the prompt and keeps the addresses of images', async () => {
    const { captures, byId } = await importRows(
      row('c1', {
        prompt: 'with fragments',
        system: 'Now.',
        conversation_id: 'conversation-c',
        response: 'Done.',
        prompt_fragments: [{ hash: 'f', content: 'A long document.', aliases: [] }],
        system_fragments: [{ hash: 'g', content: 'Answer in one word.', aliases: [] }],
      }),
      row('d1', {
        prompt: 'with a picture',
        conversation_id: 'conversation-d',
        response: 'A cat.',
        attachments: [
          { id: 'i', type: 'image/png', path: null, url: 'https://example.com/cat.png' },
        ],
      }),
    );
    expect(captures.get('A long document.\nwith fragments')?.request['messages']).toEqual([
      { role: 'system', content: 'Answer in one word.\n\nNow.' },
      { role: 'user', content: 'A long document.\nwith fragments' },
    ]);
    expect(byId.get(idOf('d1'))?.request['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'with a picture' },
          { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
        ],
      },
    ]);
  });

  it('uses the messages as they were sent unless llm replaced a part of them', async () => {
    const { byId } = await importRows(
      row('e1', {
        prompt: 'hi',
        conversation_id: 'conversation-e',
        response: 'Sent.',
        prompt_json: { messages: [{ role: 'developer', content: 'as it was sent' }] },
      }),
      row('f1', {
        prompt: 'Then.',
        conversation_id: 'conversation-f',
        response: 'Rebuilt.',
        prompt_fragments: [{ hash: 'f', content: 'Read this.', aliases: [] }],
        prompt_json: { messages: [{ role: 'user', content: { $r: [{ $: 'f7' }, '\nThen.'] } }] },
      }),
    );
    expect(byId.get(idOf('e1'))?.request['messages']).toEqual([
      { role: 'developer', content: 'as it was sent' },
    ]);
    expect(byId.get(idOf('f1'))?.request['messages']).toEqual([
      { role: 'user', content: 'Read this.\nThen.' },
    ]);
  });

  it('keeps the reasoning of an answer', async () => {
    const { byId } = await importRows(
      row('g1', { prompt: 'think', response: 'Ten.', reasoning: 'I look.' }),
    );
    expect(answerText(byId.get(idOf('g1')))).toBe('Ten.');
    expect(byId.get(idOf('g1'))?.recorded[0]).toMatchObject({
      body: { choices: [{ message: { reasoning_content: 'I look.' } }] },
    });
  });

  it('keeps each conversation to itself', async () => {
    const conversation = (index: number): string | null =>
      index % 7 === 6 ? null : `conversation-${index % 7}`;
    const { captures } = await importRows(
      ...Array.from({ length: 60 }, (_, index) =>
        row(String(index).padStart(3, '0'), {
          prompt: `turn ${index}`,
          response: `answer ${index}`,
          conversation_id: conversation(index),
        }),
      ),
    );
    expect(captures.size).toBe(60);
    for (let index = 0; index < 60; index++) {
      const before =
        conversation(index) === null
          ? []
          : Array.from({ length: Math.floor(index / 7) }, (_, turn) => turn * 7 + (index % 7));
      expect(captures.get(`turn ${index}`)?.request['messages']).toEqual([
        ...before.flatMap((turn) => [
          { role: 'user', content: `turn ${turn}` },
          { role: 'assistant', content: `answer ${turn}` },
        ]),
        { role: 'user', content: `turn ${index}` },
      ]);
    }
  });
});
