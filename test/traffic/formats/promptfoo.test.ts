import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../source/text/json.ts';
import { promptfoo } from '../../../source/traffic/formats/promptfoo.ts';
import { fixture, importedFile, readOne } from '../imported.ts';

/** The texts of the recorded answers by the model's name. */
const answersOf = (captures: Awaited<ReturnType<typeof importedFile>>['captures'], words: string) =>
  Object.fromEntries(
    (captures.get(words)?.recorded ?? []).map(({ model, body }) => {
      const [choice] = body['choices'] as readonly { readonly message: JsonObject }[];
      return [model, choice?.message['content'] ?? choice?.message['tool_calls']];
    }),
  );

describe('results of promptfoo', () => {
  it.each(['results.json', 'results.jsonl'])(
    'become a capture for each prompt of each test, with the answers of all providers: %s',
    async (name) => {
      const { report, captures } = await importedFile(fixture(`promptfoo/${name}`));
      expect(report).toMatchObject({
        format: 'promptfoo results',
        read: 9,
        added: 5,
        merged: 3,
        withoutAnswer: 1,
        notReplayable: 0,
        duplicates: 0,
      });
      expect(captures.get('in YAML')?.request).toEqual({
        messages: [{ role: 'user', content: 'in YAML' }],
      });
      expect(answersOf(captures, 'a text prompt')).toEqual({
        'openai:gpt-4o-mini': 'Bonjour',
        'openai:gpt-4.1': 'Salut',
      });
      expect(answersOf(captures, 'a chat prompt')).toEqual({
        'openai:gpt-4o-mini': [
          { id: 'call_1', type: 'function', function: { name: 'greet', arguments: '{}' } },
        ],
        'openai:gpt-4.1': '{"greeting":"hi"}',
      });
      expect(answersOf(captures, 'an error on one side')).toEqual({ 'openai:gpt-4o-mini': 'fine' });
      expect(answersOf(captures, 'an error first')).toEqual({ 'the new one': 'late' });
    },
  );

  it('have chat prompts in YAML with several messages and lines, and reject other YAML', async () => {
    const ready = (await promptfoo.ready?.()) ?? promptfoo;
    const row = (raw: string): JsonObject => ({
      prompt: { raw, label: 'l' },
      provider: { id: 'p' },
      success: true,
      response: { output: 'o' },
    });
    const raw = [
      '- role: system',
      '  content: |-',
      '    Be brief.',
      '    Be kind.',
      '- {role: user, content: "Hello: you"}',
    ].join('\n');
    expect(readOne(ready, row(raw))).toMatchObject({
      kind: 'capture',
      capture: {
        request: {
          messages: [
            { role: 'system', content: 'Be brief.\nBe kind.' },
            { role: 'user', content: 'Hello: you' },
          ],
        },
      },
    });
    for (const broken of ['- role: [', '- role: user\n- 5', '- role: *nobody']) {
      expect(readOne(ready, row(broken))).toMatchObject({
        kind: 'rejected',
        reason: 'chat prompt in YAML without messages',
      });
    }
  });

  it('are answers of models by name, none of them of production', async () => {
    const { captures } = await importedFile(fixture('promptfoo/results.json'));
    const capture = captures.get('a text prompt');
    expect(capture).toMatchObject({
      endpoint: 'greeting',
      timestamp: '2026-09-01T10:00:00.000Z',
      request: { messages: [{ role: 'user', content: 'a text prompt' }] },
      metadata: { test: 'in French' },
      partial: ['parameters'],
    });
    const [newer, older] = capture?.recorded ?? [];
    expect(older).toMatchObject({
      model: 'openai:gpt-4o-mini',
      production: false,
      totalMs: 500,
      body: {
        choices: [{ finish_reason: 'stop' }],
        usage: { prompt_tokens: 8, completion_tokens: 2 },
      },
    });
    expect(newer).toMatchObject({ model: 'openai:gpt-4.1', production: false, totalMs: 700 });
    expect(captures.get('a chat prompt')?.recorded[0]).toMatchObject({ totalMs: null });
  });

  it('have failed if the model failed, not if an assertion did', () => {
    const row = (failureReason: number): JsonObject => ({
      prompt: { raw: 'hi', label: 'hi' },
      provider: { id: 'openai:gpt-4.1', label: '' },
      response: { output: 'Hello' },
      error: 'Expected output to contain "Bonjour"',
      failureReason,
      success: false,
      testIdx: 0,
    });
    expect(readOne(promptfoo, row(1))).toMatchObject({
      capture: { recorded: [{ model: 'openai:gpt-4.1' }], metadata: null },
    });
    expect(readOne(promptfoo, row(2))).toMatchObject({
      capture: {
        recorded: [],
        metadata: {
          recordedError: {
            status: null,
            message: 'openai:gpt-4.1: Expected output to contain "Bonjour"',
          },
        },
      },
    });
  });

  it('of two runs are kept apart, and of one run are the same again', async () => {
    const of = (evalId: string, testIdx: number) => {
      const row = {
        evalId,
        testIdx,
        prompt: { raw: 'hi' },
        provider: 'a',
        response: { output: 'x' },
        success: true,
      };
      const read = readOne(promptfoo, row);
      return read?.kind === 'capture' ? read.capture.id : null;
    };
    expect(of('eval-1', 0)).toBe(of('eval-1', 0));
    expect(new Set([of('eval-1', 0), of('eval-2', 0), of('eval-1', 1)]).size).toBe(3);
  });
});
