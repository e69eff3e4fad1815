import { describe, expect, it } from 'vitest';
import type { Capture } from '../../../../source/traffic/capture.ts';
import { bareRequest, requestResponse } from '../../../../source/traffic/formats/plain.ts';
import { answerText, fixture, importedFile, readOne } from '../../imported.ts';

const answers = (captures: ReadonlyMap<string, Capture>): Record<string, string | null> =>
  Object.fromEntries(Array.from(captures, ([words, capture]) => [words, answerText(capture)]));

describe('requests and responses', () => {
  const file = fixture('plain/request-response.jsonl');

  it('are read in every spelling', async () => {
    const { report, captures } = await importedFile(file);
    expect(report).toMatchObject({
      format: 'requests and responses',
      read: 12,
      added: 11,
      problems: [{ line: 12, reason: 'no messages' }],
    });
    expect(answers(captures)).toEqual({
      'snake case': 'one',
      'bodies in objects': 'two',
      'JSON in texts': 'three',
      'the text of the answer': 'four',
      'the text is JSON': '{"category": "billing"}',
      'a message': 'six',
      chunks: 'seven',
      events: 'eight',
      'an error by its status': null,
      'an error in words': null,
      'a duration without a unit': 'eleven',
    });
  });

  it('have times, durations and errors', async () => {
    const { captures } = await importedFile(file);
    const snake = captures.get('snake case');
    expect(snake).toMatchObject({
      id: 'r1',
      timestamp: '2026-09-01T10:00:00.000Z',
      recorded: [{ model: 'gpt-4o-mini-2024-07-18', totalMs: 812, timeToFirstTokenMs: 240 }],
      partial: [],
    });
    expect(captures.get('bodies in objects')).toMatchObject({
      timestamp: '2026-09-21T14:13:20.500Z',
      recorded: [{ totalMs: 1500 }],
    });
    expect(captures.get('a duration without a unit')?.recorded[0]?.totalMs).toBeNull();
    expect(captures.get('an error by its status')?.metadata).toEqual({
      recordedError: { status: 429, message: 'Rate limit reached' },
    });
    expect(captures.get('an error in words')?.metadata).toEqual({
      recordedError: { status: null, message: 'timed out' },
    });
  });

  it('have users and conversations only as hashes', async () => {
    const { captures } = await importedFile(file);
    const { metadata } = captures.get('snake case') ?? {};
    expect(metadata).toEqual({
      user: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      conversation: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
  });

  it('with the same request are two captures if their answers have different ids', () => {
    const idOf = (answer: string): string | null => {
      const request = { messages: [{ role: 'user', content: 'hi' }] };
      const message = { role: 'assistant', content: 'ho' };
      const response = { id: answer, choices: [{ index: 0, message }] };
      const read = readOne(requestResponse, { request, response, ts: 1 });
      return read?.kind === 'capture' ? read.capture.id : null;
    };
    expect(idOf('a')).toBe(idOf('a'));
    expect(idOf('a')).not.toBe(idOf('b'));
  });
});

describe('request bodies', () => {
  it('are kept as sent, without neighbouring fields', async () => {
    const { report, captures } = await importedFile(fixture('plain/bare-requests.jsonl'));
    expect(report).toMatchObject({
      format: 'request bodies',
      read: 5,
      added: 4,
      problems: [{ line: 5, reason: 'no messages' }],
    });
    const sent = captures.get('as it was sent');
    expect(sent).toMatchObject({ endpoint: 'faq', recorded: [], partial: [] });
    expect(sent?.request).toEqual({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'as it was sent' }],
      temperature: 0,
      user: 'u-1',
      metadata: { endpoint: 'faq' },
    });
    const beside = captures.get('with an id and a time beside it');
    expect(Object.keys(beside?.request ?? {})).toEqual(['model', 'messages']);
    expect(beside).toMatchObject({
      id: 'b2',
      timestamp: '2026-09-01T10:00:00.000Z',
      recorded: [{ model: 'gpt-4o-mini', totalMs: 30 }],
    });
  });

  it('for fine-tuning end with the answer and have lost their parameters', async () => {
    const { captures } = await importedFile(fixture('plain/bare-requests.jsonl'));
    const row = captures.get('a row for fine-tuning');
    expect(row?.request['messages']).toHaveLength(2);
    expect(row?.partial).toEqual(['parameters']);
    expect(row?.recorded[0]?.body['choices']).toEqual([
      { index: 0, message: { role: 'assistant', content: 'three' }, finish_reason: null },
    ]);
    const begun = captures.get('a beginning that the model goes on with');
    expect(begun?.request['messages']).toHaveLength(2);
    expect(begun?.recorded).toEqual([]);
  });

  it('may have their messages as JSON text', () => {
    const messages = '[{"role": "user", "content": "hi"}]';
    expect(readOne(bareRequest, { model: 'm', messages })).toMatchObject({
      capture: { request: { model: 'm', messages: [{ role: 'user', content: 'hi' }] } },
    });
  });
});

describe('prompts and completions', () => {
  it('become messages of a user', async () => {
    const { report, captures } = await importedFile(fixture('plain/prompt-completion.jsonl'));
    expect(report).toMatchObject({
      format: 'prompts and completions',
      read: 4,
      added: 3,
      problems: [{ line: 4, reason: 'no prompt' }],
    });
    expect(answers(captures)).toEqual({
      'a prompt': ' one',
      'after a system prompt': 'two',
      'a list': 'three',
    });
    expect(captures.get('after a system prompt')).toMatchObject({
      request: {
        model: 'gpt-3.5-turbo',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'after a system prompt' },
        ],
      },
      recorded: [{ model: 'gpt-3.5-turbo' }],
      partial: ['parameters'],
    });
  });
});

describe('inputs and outputs', () => {
  it('are read from OpenPipe and others', async () => {
    const { report, captures } = await importedFile(fixture('plain/openpipe.jsonl'));
    expect(report).toMatchObject({
      format: 'inputs and outputs',
      read: 5,
      added: 4,
      problems: [{ line: 5, reason: 'no messages in the input' }],
    });
    expect(answers(captures)).toEqual({
      'from OpenPipe': 'one',
      'without a model': 'two',
      'a list of messages': 'three',
      'a text': 'four',
    });
    expect(captures.get('from OpenPipe')).toMatchObject({
      endpoint: 'faq',
      request: { model: 'gpt-4o', temperature: 0 },
      metadata: { prompt_id: 'faq' },
      partial: [],
    });
    expect(captures.get('a text')?.partial).toEqual(['parameters']);
  });
});
