import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../source/text/json.ts';
import { inspectFiles } from '../../../../source/intake/inspect-files.ts';
import { temporaryDirectory } from '../../../store/temporary-store.ts';
import { answerText, fixture, importedFile } from '../../imported.ts';
import { llmDatabase, type LlmDatabase } from './llm-database.ts';

const response = (id: string, more: JsonObject): JsonObject => ({
  id: `01jm8ec74wxsdatyn5pq1fp${id}`,
  model: 'gpt-4o-mini',
  prompt: '',
  system: null,
  prompt_json: null,
  options_json: {},
  response: '',
  response_json: null,
  conversation_id: 'conversation-a',
  duration_ms: 560,
  datetime_utc: '2026-09-01T10:00:00.374882+00:00',
  ...more,
});

const readLegacy = async () => {
  const log = await llmDatabase('both');
  log.add('conversations', { id: 'conversation-a', name: 'hi' });
  log.add('fragments', { id: 7, hash: 'f', content: 'A long document.' });
  log.add('fragments', { id: 8, hash: 'g', content: 'Answer in one word.' });
  log.add('attachments', {
    id: 'i1',
    type: 'image/png',
    path: null,
    url: null,
    content: Buffer.from('not a picture'),
  });
  log.add('tools', {
    id: 1,
    name: 'clock',
    description: 'The time',
    input_schema: { type: 'object' },
  });
  log.add('schemas', { id: 's1', content: { type: 'object', title: 'dog' } });
  log.add(
    'responses',
    response('a1', {
      prompt: 'hi',
      system: 'Be brief.',
      response: 'Hello!',
      options_json: { temperature: 0.5, json_object: true, image_detail: 'low' },
      response_json: {
        id: 'chatcmpl-1',
        content: { $: 'r:01jm8ec74wxsdatyn5pq1fpa1' },
        finish_reason: 'stop',
      },
      resolved_model: 'gpt-4o-mini-2024-07-18',
      input_tokens: 8,
      output_tokens: 2,
      token_details: { prompt_tokens_details: { cached_tokens: 4 } },
    }),
    response('b1', {
      prompt: 'another conversation',
      conversation_id: 'conversation-b',
      response: 'Yes.',
      schema_id: 's1',
    }),
    response('a2', { prompt: 'what time is it', system: 'Be brief.' }),
    response('a3', { response: 'Ten.' }),
    response('c1', {
      prompt: 'with fragments',
      system: 'Now.',
      conversation_id: 'conversation-c',
      response: 'Done.',
    }),
    response('d1', {
      prompt: 'with a picture',
      conversation_id: 'conversation-d',
      response: 'A cat.',
      prompt_json: {
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:...' } }] },
        ],
      },
    }),
    response('e1', {
      prompt: 'as it was sent',
      conversation_id: 'conversation-e',
      response: 'Sent.',
      prompt_json: {
        messages: [
          { role: 'system', content: { $: 'f8' } },
          { role: 'user', content: { $r: ['Read: ', { $: 'f7' }, ' Then: as it was sent'] } },
        ],
      },
    }),
    response('f1', {
      prompt: 'copied to the new tables',
      conversation_id: 'conversation-f',
      response: 'Once.',
    }),
  );
  log.add('prompt_fragments', {
    response_id: '01jm8ec74wxsdatyn5pq1fpc1',
    fragment_id: 7,
    order: 0,
  });
  log.add('prompt_fragments', {
    response_id: '01jm8ec74wxsdatyn5pq1fpe1',
    fragment_id: 7,
    order: 0,
  });
  log.add('system_fragments', {
    response_id: '01jm8ec74wxsdatyn5pq1fpc1',
    fragment_id: 8,
    order: 0,
  });
  log.add('system_fragments', {
    response_id: '01jm8ec74wxsdatyn5pq1fpe1',
    fragment_id: 8,
    order: 0,
  });
  log.add('prompt_attachments', {
    response_id: '01jm8ec74wxsdatyn5pq1fpd1',
    attachment_id: 'i1',
    order: 0,
  });
  log.add('tool_responses', { tool_id: 1, response_id: '01jm8ec74wxsdatyn5pq1fpa2' });
  log.add('tool_calls', {
    response_id: '01jm8ec74wxsdatyn5pq1fpa2',
    tool_id: 1,
    name: 'clock',
    arguments: { zone: 'UTC' },
    tool_call_id: 'call_1',
  });
  log.add('tool_results', {
    response_id: '01jm8ec74wxsdatyn5pq1fpa3',
    tool_id: 1,
    name: 'clock',
    output: '10:00',
    tool_call_id: 'call_1',
  });
  addTurn(log, 'f1', {
    thread: 'conversation-f',
    prompt: 'copied to the new tables',
    answer: 'Once.',
  });
  log.close();
  return importedFile(log.path);
};

/** A turn of a text and its answer, as messages of the tree. */
const addTurn = (
  log: LlmDatabase,
  id: string,
  turn: { readonly thread: string; readonly prompt: string; readonly answer: string },
): void => {
  log.add('messages', { hash: `${id}-in`, role: 'user' });
  log.add('messages', { hash: `${id}-out`, parent_hash: `${id}-in`, role: 'assistant' });
  log.add('parts', { message_hash: `${id}-in`, position: 0, type: 'text', text: turn.prompt });
  log.add('parts', { message_hash: `${id}-out`, position: 0, type: 'text', text: turn.answer });
  log.add('turns', {
    id: `01jm8ec74wxsdatyn5pq1fp${id}`,
    thread_id: turn.thread,
    parent_message_hash: `${id}-in`,
    tip_message_hash: `${id}-out`,
    model: 'gpt-5',
    duration_ms: 900,
    datetime_utc: '2026-09-02T10:00:00+00:00',
  });
};

describe('the log of llm before 0.32', () => {
  it('gives every call once, whichever tables have it', async () => {
    const { report, captures } = await readLegacy();
    expect(report).toMatchObject({ format: 'llm logs', read: 8, added: 8, notReplayable: 0 });
    expect([...captures.keys()].filter((words) => words.startsWith('copied'))).toHaveLength(1);
  });

  it('has parameters, usage and a duration in milliseconds', async () => {
    const { captures } = await readLegacy();
    expect(captures.get('hi')).toMatchObject({
      id: '01jm8ec74wxsdatyn5pq1fpa1',
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

  it('puts conversations together, calls of tools and their results included', async () => {
    const { byId } = await readLegacy();
    const last = byId.get('01jm8ec74wxsdatyn5pq1fpa3');
    expect(last?.request['messages']).toEqual([
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
    const asked = byId.get('01jm8ec74wxsdatyn5pq1fpa2');
    expect(asked?.request['tools']).toEqual([
      {
        type: 'function',
        function: { name: 'clock', description: 'The time', parameters: { type: 'object' } },
      },
    ]);
  });

  it('puts fragments, attachments and condensed texts back', async () => {
    const { captures, byId } = await readLegacy();
    expect(captures.get('A long document.\nwith fragments')?.request['messages']).toEqual([
      { role: 'system', content: 'Answer in one word.\n\nNow.' },
      { role: 'user', content: 'A long document.\nwith fragments' },
    ]);
    expect(
      captures.get('Read: A long document. Then: as it was sent')?.request['messages'],
    ).toEqual([
      { role: 'system', content: 'Answer in one word.' },
      { role: 'user', content: 'Read: A long document. Then: as it was sent' },
    ]);
    const picture = byId.get('01jm8ec74wxsdatyn5pq1fpd1');
    expect(picture?.request['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'with a picture' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,bm90IGEgcGljdHVyZQ==' } },
        ],
      },
    ]);
  });

  it('is read from the first schema, too', async () => {
    const log = await llmDatabase('first');
    log.add('responses', response('a1', { prompt: 'an old log', response: 'Yes.' }));
    log.close();
    const { report, captures } = await importedFile(log.path);
    expect(report).toMatchObject({ format: 'llm logs', read: 1, added: 1 });
    expect(answerText(captures.get('an old log'))).toBe('Yes.');
  });

  it('keeps each conversation to itself, whatever the order of its rows', async () => {
    const log = await llmDatabase('first');
    const rows = Array.from({ length: 60 }, (_, index) =>
      response(String(index).padStart(3, '0'), {
        prompt: `turn ${index}`,
        response: `answer ${index}`,
        conversation_id: index % 7 === 6 ? null : `conversation-${index % 7}`,
      }),
    );
    log.add('responses', ...rows.toReversed());
    log.close();
    const { captures } = await importedFile(log.path);
    expect(captures.size).toBe(60);
    for (const [index] of rows.entries()) {
      const before =
        index % 7 === 6
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

describe('the log of llm from 0.32 on', () => {
  const readTurns = async () => {
    const log = await llmDatabase('both');
    log.add('fragments', { id: 7, hash: 'f', content: 'A long document.' });
    log.add('tools', {
      id: 1,
      name: 'clock',
      description: 'The time',
      input_schema: { type: 'object' },
    });
    const message = (
      hash: string,
      parent: string | null,
      role: string,
      ...parts: readonly JsonObject[]
    ): void => {
      log.add('messages', { hash, parent_hash: parent, role });
      for (const [position, part] of parts.entries()) {
        log.add('parts', { message_hash: hash, position, ...part });
      }
    };
    message('m1', null, 'system', { type: 'text', text: 'Be brief.' });
    message('m2', 'm1', 'user', {
      type: 'text',
      payload: { text_ref: [{ fragment: 7 }, { literal: '\nWhat time is it?' }] },
    });
    message(
      'm3',
      'm2',
      'assistant',
      { type: 'reasoning', text: 'I look.' },
      {
        type: 'tool_call',
        tool_name: 'clock',
        payload: { name: 'clock', arguments: { zone: 'UTC' }, tool_call_id: 'call_1' },
      },
    );
    message('m4', 'm3', 'tool', {
      type: 'tool_result',
      tool_name: 'clock',
      payload: { name: 'clock', output: '10:00', tool_call_id: 'call_1' },
    });
    message('m5', 'm4', 'assistant', { type: 'text', text: 'Ten.' });
    message('m6', 'm4', 'assistant', { type: 'text', text: 'Ten, in a fork.' });
    message('m7', 'gone', 'user', { type: 'text', text: 'a broken chain' });
    message('m8', 'm7', 'assistant', { type: 'text', text: 'Broken.' });
    message('m9', null, 'user', { type: 'text', payload: { text_ref: [{ fragment: 99 }] } });
    message('m10', 'm9', 'assistant', { type: 'text', text: 'Gone.' });
    const turn = (id: string, parent: string, tip: string, more: JsonObject = {}): void =>
      log.add('turns', {
        id,
        thread_id: 'thread-1',
        parent_message_hash: parent,
        tip_message_hash: tip,
        model: 'gpt-5',
        options_json: { reasoning_effort: 'low' },
        duration_ms: 900,
        datetime_utc: '2026-09-02T10:00:00+00:00',
        input_tokens: 20,
        output_tokens: 5,
        ...more,
      });
    turn('t1', 'm2', 'm3', { response_json: { id: 'resp_1', status: 'completed' } });
    turn('t2', 'm4', 'm5');
    turn('t3', 'm4', 'm6', { thread_id: 'thread-2' });
    turn('t4', 'm7', 'm8');
    turn('t5', 'm9', 'm10');
    log.add('turn_tools', { turn_id: 't1', tool_id: 1 });
    log.close();
    return importedFile(log.path);
  };

  it('is walked from the end of each turn to its beginning, forks included', async () => {
    const { report, byId } = await readTurns();
    expect(report).toMatchObject({
      format: 'llm logs',
      read: 5,
      added: 3,
      reasons: [{ reason: 'a message of the conversation is missing (llm)', count: 2 }],
    });
    const history = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'A long document.\nWhat time is it?' },
    ];
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: 'clock', arguments: '{"zone":"UTC"}' },
    };
    expect(byId.get('t1')?.request).toEqual({
      model: 'gpt-5',
      messages: history,
      tools: [
        {
          type: 'function',
          function: { name: 'clock', description: 'The time', parameters: { type: 'object' } },
        },
      ],
      reasoning_effort: 'low',
    });
    expect(byId.get('t1')?.recorded[0]).toMatchObject({
      totalMs: 900,
      body: {
        id: 'resp_1',
        choices: [{ message: { content: null, reasoning_content: 'I look.', tool_calls: [call] } }],
        usage: { prompt_tokens: 20, completion_tokens: 5 },
      },
    });
    expect(byId.get('t2')?.request['messages']).toEqual([
      ...history,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: '10:00' },
    ]);
    expect(byId.get('t3')?.request).toEqual(byId.get('t2')?.request);
    expect(byId.get('t3')?.recorded[0]).toMatchObject({
      body: { choices: [{ message: { content: 'Ten, in a fork.' } }] },
    });
  });
});

describe('a SQLite file', () => {
  const messageOf = (path: string): Promise<string> =>
    inspectFiles([path]).then(
      () => 'taken',
      (error: unknown) => String(error),
    );

  it('that is no log of llm is named as such', async () => {
    const path = join(await temporaryDirectory(), 'other.db');
    const database = new Database(path);
    database.exec('CREATE TABLE other (id INTEGER)');
    database.close();
    expect(await messageOf(path)).toContain('a SQLite file that is no log of llm');
  });

  it('without a call is named as such', async () => {
    const log = await llmDatabase('both');
    log.close();
    expect(await messageOf(log.path)).toContain('a log of llm without a call');
  });

  it('in gzip, or damaged, is an error of the file and not of the program', async () => {
    const log = await llmDatabase('both');
    log.add('responses', response('a1', { prompt: 'x'.repeat(50_000), response: 'Yes.' }));
    log.close();
    const bytes = readFileSync(log.path);
    writeFileSync(`${log.path}.gz`, gzipSync(bytes));
    expect(await messageOf(`${log.path}.gz`)).toContain('decompress it first');
    writeFileSync(
      log.path,
      Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 0xff)]),
    );
    expect(await messageOf(log.path)).toContain('damaged');
  });

  it('is not changed, and stays readable while llm writes to it', async () => {
    const log = await llmDatabase('first');
    log.add('responses', response('a1', { prompt: 'hi', response: 'Hello!' }));
    const before = readFileSync(log.path);
    const { report } = await importedFile(log.path);
    expect(report.added).toBe(1);
    expect(readFileSync(log.path).equals(before)).toBe(true);
    log.close();
  });
});

describe('llm logs --json', () => {
  it('gives the same, except where it cuts or leaves out', async () => {
    const { report, captures } = await importedFile(fixture('llm/logs.json'));
    expect(report).toMatchObject({
      format: 'llm logs',
      read: 6,
      added: 4,
      reasons: [
        { reason: 'cut short (llm logs --json: with --expand and without --truncate)', count: 1 },
        { reason: 'image not stored', count: 1 },
      ],
    });
    expect(captures.get('and again')?.request['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'Hello!' },
      { role: 'user', content: 'and again' },
    ]);
    expect(captures.get('in the middle')?.partial).toEqual(['earlier messages']);
    expect(captures.get('hi')?.partial).toEqual([]);
  });
});
