import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const message = (text: string) => ({
  id: `msg_${text}`,
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-4-1',
  content: [{ type: 'text', text }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 1 },
});

const anthropic = (id: string, question: string) => ({
  id,
  request: {
    model: 'claude-opus-4-1',
    max_tokens: 9,
    system: 'Answer in one word.',
    messages: [{ role: 'user', content: question }],
  },
});

describe('captures in another dialect than chat completions', () => {
  it('are counted by the import, and shown by its dry run', async () => {
    const records = [
      { ...anthropic('a', 'Capital of Norway?'), response: message('Oslo') },
      { id: 'b', request: { messages: [{ role: 'user', content: 'hi' }] } },
      { id: 'c', request: { model: 'm', input: 'hi', previous_response_id: 'resp_1' } },
    ];
    await writeFile(
      scene.path('traffic.jsonl'),
      records.map((one) => JSON.stringify(one)).join('\n'),
    );
    const text = await scene.run(['import', 'traffic.jsonl', '--dry-run']);
    expect(text.stdout).toContain('1  Anthropic Messages (messages)');
    const { stdout } = await scene.run(['import', 'traffic.jsonl', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      replayable: 2,
      dialects: { chat: 1, messages: 1 },
      reasons: [
        { reason: "previous_response_id: a part of it is on the provider's server", count: 1 },
      ],
    });
  });

  it('are compared where their answers are recorded, and sent to a model of chat completions', async () => {
    const { endpoint } = await scene.serve();
    const lines = [
      {
        ...anthropic('same', 'Capital of Norway?'),
        response: message('Oslo'),
        responses: { other: message('Oslo') },
      },
      {
        ...anthropic('different', 'Capital of Sweden?'),
        response: message('Stockholm'),
        responses: { other: message('Uppsala') },
      },
    ];
    await writeFile(
      scene.path('traffic.jsonl'),
      lines.map((one) => JSON.stringify(one)).join('\n'),
    );
    const recorded = ['--baseline', 'recorded', '--candidate', 'recorded:other'];
    expect((await scene.run(['replay', 'traffic.jsonl', ...recorded])).code).toBe(0);
    expect((await scene.summary()).counts).toMatchObject({
      answered: 2,
      identical: 1,
      unjudged: 1,
    });
    const live = ['--baseline', 'recorded', '--candidate', `${endpoint.url}#newcomer`];
    const run = await scene.run(['replay', 'traffic.jsonl', ...live]);
    expect(run.stderr).toContain('of 2 requests: 0 native, 2 bridged, 0 lossy');
    expect(endpoint.calls()).toHaveLength(2);
    expect((await scene.summary()).paths).toEqual({ native: 0, bridged: 2, lossy: 0 });
  });
});
