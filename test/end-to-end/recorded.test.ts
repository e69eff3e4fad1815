import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const completion = (content: string) => ({
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
});

const capture = (id: string, responses: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    id,
    request: { model: 'old', messages: [{ role: 'user', content: `Question ${id}` }] },
    responses: Object.fromEntries(
      Object.entries(responses).map(([model, text]) => [model, completion(text)]),
    ),
  });

const recorded = ['--baseline', 'recorded:A', '--candidate', 'recorded:B'];

describe('recorded sides', () => {
  it('are never settled where the machine cannot compare them', async () => {
    await scene.serve();
    const spoken = (transcript: string) => ({
      choices: [
        {
          message: { role: 'assistant', content: null, audio: { data: 'UklGRg==', transcript } },
          finish_reason: 'stop',
        },
      ],
    });
    const capturesOf = [
      { id: 'sound', responses: { A: spoken('Paris'), B: spoken('Paris') } },
      { id: 'number', responses: { A: completion('3.10'), B: completion('3.1') } },
      { id: 'space', responses: { A: completion('10\u00a0EUR'), B: completion('10 EUR') } },
      {
        id: 'form',
        responses: { A: completion('{"a":"\u00eb"}'), B: completion('{"a":"e\u0308"}') },
      },
    ];
    const request = { model: 'old', messages: [{ role: 'user', content: 'Say it.' }] };
    const lines = capturesOf.map((one) => JSON.stringify({ ...one, request }));
    await writeFile(scene.path('traffic.jsonl'), lines.join('\n'));
    expect((await scene.run(['replay', 'traffic.jsonl', ...recorded])).code).toBe(0);
    const { counts } = await scene.summary();
    expect(counts).toMatchObject({ answered: 4, identical: 0, equivalent: 1, unjudged: 3 });
  });

  it.each(['replay', 'compare'])(
    'are compared without any call, bad lines counted: %s',
    async (command) => {
      const { endpoint } = await scene.serve();
      const lines = [
        capture('same', { A: 'yes', B: 'yes' }),
        capture('json', { A: '{"a":1,"b":2}', B: '{"b":2,"a":1}' }),
        '{"request": {"messages"',
        capture('other', { A: 'yes', B: 'no' }),
        '[1, 2]',
        capture('half', { A: 'yes' }),
        '{"request":{"messages":[]}}',
        capture('same', { A: 'yes', B: 'yes' }),
        '',
      ];
      await writeFile(scene.path('traffic.jsonl'), lines.join('\n'));
      const { code, stdout, stderr } = await scene.run([command, 'traffic.jsonl', ...recorded]);
      expect(code).toBe(0);
      expect(stderr).toContain(
        'traffic.jsonl: native captures; 8 read, 4 added, 1 already there, 3 not replayable',
      );
      for (const line of [3, 5, 7]) expect(stderr).toContain(`  traffic.jsonl:${line}: `);
      expect(stdout).toContain('4 pairs = 3 answered + 0 failed + 1 not sent; this run cost $0');
      const { counts, notReplayableReasons, notSentReasons, comparison } = await scene.summary();
      expect(counts).toMatchObject({
        imported: 7,
        replayable: 4,
        notReplayable: 3,
        answered: 3,
        failed: 0,
        notSent: 1,
        identical: 1,
        equivalent: 1,
        different: 1,
        judged: 0,
        unjudged: 1,
      });
      expect(notReplayableReasons.map(({ records }) => records)).toEqual([1, 1, 1]);
      expect(notSentReasons).toMatchObject([{ pairs: 1 }]);
      expect(comparison).toMatchObject({ baseline: 'recorded:A', candidate: 'recorded:B' });
      expect(endpoint.calls()).toEqual([]);
    },
  );

  it('ask a live model only for the pairs that can be compared', async () => {
    const { endpoint } = await scene.serve(() => ({ kind: 'text', text: 'yes' }));
    const lines = [capture('one', { A: 'yes' }), capture('two', { A: 'yes' }), capture('none', {})];
    await writeFile(scene.path('traffic.jsonl'), `${lines.join('\n')}\n`);
    const live = ['--baseline', 'recorded:A', '--candidate', `${endpoint.url}#newcomer`];
    const { code, stdout } = await scene.run(['replay', 'traffic.jsonl', ...live]);
    expect([code, stdout.split(';')[0]]).toEqual([
      0,
      '3 pairs = 2 answered + 0 failed + 1 not sent',
    ]);
    expect(endpoint.calls()).toHaveLength(2);
    const { counts } = await scene.summary();
    expect(counts).toMatchObject({ identical: 2, notSent: 1 });
  });

  it('come from records that the user maps', async () => {
    const request = { messages: [{ role: 'user', content: 'hi' }] };
    const grown = {
      messages: [
        ...request.messages,
        { role: 'assistant', content: 'ho' },
        { role: 'user', content: 'hm' },
      ],
    };
    const lines = [
      { payload: { req: grown }, said: 'so' },
      { payload: { req: request }, said: 'ho' },
    ].map((line) => `${JSON.stringify(line)}\n`);
    await writeFile(scene.path('odd.jsonl'), lines.join(''));
    const map = ['--map', 'request=$.payload.req', '--map', 'response=said'];
    const models = ['--baseline', 'recorded', '--candidate', 'recorded:unknown'];
    const { code, stdout, stderr } = await scene.run([
      'replay',
      'odd.jsonl',
      ...map,
      '--last-turn',
      ...models,
    ]);
    expect(stderr).toContain(
      'odd.jsonl: mapped records; 2 read, 1 added, 1 an earlier turn of a conversation (--last-turn)',
    );
    // Production's only answer is also that of its model.
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('1 pair = 0 answered + 0 failed + 1 not sent'),
    ]);
  });
});
