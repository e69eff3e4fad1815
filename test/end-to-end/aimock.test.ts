import { writeFile } from 'node:fs/promises';
import { LLMock } from '@copilotkit/aimock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallResult } from '../../source/models/answer.ts';
import { openScene } from '../helpers/scene.ts';
import { callUrl } from '../models/call.ts';

// A third-party mock server, as an independent check of provider behaviour.
let mock: LLMock;

beforeEach(async () => {
  mock = new LLMock({ port: 0, chunkSize: 3 });
  await mock.start();
});

afterEach(() => mock.stop());

const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

const ask = (base = '/v1', model = 'gpt-4o'): Promise<CallResult> =>
  callUrl(`${mock.url}${base}`, {
    body: {
      model,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
    },
  });

const answer = async (base?: string, model?: string) => {
  const result = await ask(base, model);
  if (result.kind === 'failed') throw new Error(result.failure.message);
  return result.answer;
};

const failure = async () => {
  const result = await ask();
  if (result.kind === 'answered') throw new Error(`answered: ${result.answer.text}`);
  return result;
};

describe('one call to aimock', () => {
  it('brings the text in any script, the usage, the model and the id', async () => {
    const content = 'Grüße, 退款将在三天内到账 🙂👩‍👩‍👧\nand an end';
    mock.onMessage('Hi', { content, usage, id: 'chatcmpl-7', model: 'gpt-4o-2024-08-06' });
    expect(await answer()).toMatchObject({
      id: 'chatcmpl-7',
      text: content,
      model: 'gpt-4o-2024-08-06',
      finishReason: 'stop',
      toolCalls: [],
      usage: { input: 11, output: 7 },
    });
  });

  it('brings tool calls, several, with their arguments in pieces, and text before them', async () => {
    const toolCalls = [
      { id: 'call_1', name: 'refund', arguments: '{"order":"A-17","amount":12.50}' },
      { id: 'call_2', name: 'notify', arguments: '{"text":"退款"}' },
    ];
    mock.onMessage('Hi', { content: 'One moment.', toolCalls });
    expect(await answer()).toMatchObject({
      text: 'One moment.',
      finishReason: 'tool_calls',
      toolCalls,
    });
  });

  it('keeps reasoning apart from the answer', async () => {
    mock.onMessage('Hi', { content: 'Yes.', reasoning: 'The card was charged twice.' });
    expect(await answer('/v1', 'o3-mini')).toMatchObject({
      text: 'Yes.',
      reasoning: 'The card was charged twice.',
    });
  });

  it('brings the cost that OpenRouter says', async () => {
    mock.onMessage('Hi', { content: 'Yes.', usage: { ...usage, cost: 0.0125 } });
    expect(await answer('/api/v1', 'openai/gpt-4o')).toMatchObject({ text: 'Yes.', cost: 0.0125 });
  });

  it('waits for a slow stream, and counts the first token from the sending', async () => {
    const streamingProfile = { ttft: 60, tps: 200 };
    mock.onMessage('Hi', { content: 'Slowly, word by word.' }, { streamingProfile });
    const { kind, timings } = await ask();
    const { timeToFirstTokenMs, totalMs } = timings;
    expect(kind).toBe('answered');
    expect(timeToFirstTokenMs).toBeGreaterThan(30);
    expect(totalMs).toBeGreaterThan(timeToFirstTokenMs ?? Number.POSITIVE_INFINITY);
  });

  it.each([
    [400, 'rejected'],
    [401, 'unauthorized'],
    [402, 'no_credit'],
    [404, 'not_found'],
    [503, 'server_error'],
  ] as const)('knows its errors: %i is %s', async (status, reason) => {
    mock.onMessage('Hi', { status, error: { message: 'It says why.', type: 'test' } });
    expect((await failure()).failure).toMatchObject({
      reason,
      status,
      message: `The server answered ${status}: It says why.`,
    });
  });

  it('reads how long a 429 asks to wait', async () => {
    mock.onMessage('Hi', { status: 429, error: { message: 'Slow down.' }, retryAfter: 7 });
    expect((await failure()).failure).toMatchObject({ reason: 'rate_limited', retryAfterMs: 7000 });
  });

  it('does not count a broken stream as an answer, and keeps its text', async () => {
    // A pause between the pieces, or they would not have left the server when it breaks off.
    const broken = { truncateAfterChunks: 4, streamingProfile: { tps: 100 } };
    mock.onMessage('Hi', { content: 'This will never end.' }, broken);
    const { failure: why, partial } = await failure();
    expect(why.reason).toBe('truncated');
    expect('This will never end.').toContain(partial?.text);
    expect(partial).toMatchObject({ finishReason: null, text: expect.stringMatching(/^Thi/) });
  });

  it.each([
    [{ dropRate: 1 }, 'server_error'],
    [{ malformedRate: 1 }, 'not_an_answer'],
    [{ disconnectRate: 1 }, 'connection'],
    [{ rateLimitRate: 1 }, 'rate_limited'],
  ] as const)('knows its chaos: %j is %s', async (chaos, reason) => {
    mock.onMessage('Hi', { content: 'Yes.' }).setChaos(chaos);
    expect((await failure()).failure.reason).toBe(reason);
  });
});

describe('a replay on aimock', () => {
  it('answers what it can, counts the rest, and can be resumed', async () => {
    const tool = { id: 'call_1', name: 'refund', arguments: '{"order":"A-17"}' };
    mock
      .onMessage('[text]', { content: 'The same on both sides.', usage })
      .onMessage('[tool]', { toolCalls: [tool] })
      .on({ userMessage: '[json]', model: 'gpt-4o' }, { content: '{"a":1,"b":[2]}' })
      .on({ userMessage: '[json]', model: 'o3-mini' }, { content: '{ "b": [2], "a": 1.0 }' })
      .on({ userMessage: '[words]', model: 'gpt-4o' }, { content: 'Yes, of course.' })
      .on({ userMessage: '[words]', model: 'o3-mini' }, { content: 'No.', reasoning: 'Hm.' })
      .on(
        { userMessage: '[busy]', model: 'o3-mini', sequenceIndex: 0 },
        { status: 503, error: { message: 'Overloaded.' } },
      )
      .onMessage('[busy]', { content: 'There it is.' })
      .on(
        { userMessage: '[refused]', model: 'o3-mini', sequenceIndex: 0 },
        { status: 400, error: { message: 'Too many words.' } },
      )
      .onMessage('[refused]', { content: 'There it is.' });
    const scene = await openScene();
    try {
      const ids = ['text', 'tool', 'json', 'words', 'busy', 'refused'];
      const lines = ids.map((id) =>
        JSON.stringify({
          id,
          request: { messages: [{ role: 'user', content: `Answer [${id}]` }] },
        }),
      );
      await writeFile(scene.path('traffic.jsonl'), lines.join('\n'));
      const argv = [
        'replay',
        'traffic.jsonl',
        `--baseline=${mock.url}/v1#gpt-4o`,
        `--candidate=${mock.url}/v1#o3-mini`,
      ];
      const first = await scene.run(argv);
      expect([first.code, first.stdout]).toEqual([
        0,
        expect.stringContaining('6 pairs = 5 answered + 1 failed + 0 not sent'),
      ]);
      expect(first.stderr).toMatch(/^retrying busy candidate in .*: server_error, .*Overloaded/m);
      expect(first.stderr).toMatch(/^failed refused candidate: rejected, .*Too many words/m);
      const asked = mock.getRequests().filter(({ path }) => path.endsWith('/chat/completions'));
      expect(asked).toHaveLength(13);

      const again = await scene.run(argv);
      expect([again.code, again.stdout]).toEqual([
        0,
        expect.stringContaining('6 pairs = 6 answered + 0 failed + 0 not sent'),
      ]);
      const now = mock.getRequests().filter(({ path }) => path.endsWith('/chat/completions'));
      expect(now).toHaveLength(14);
      expect(
        scene.rows('select capture_id as id, outcome from outcome order by capture_id'),
      ).toEqual([
        { id: 'busy', outcome: 'identical' },
        { id: 'json', outcome: 'equivalent' },
        { id: 'refused', outcome: 'identical' },
        { id: 'text', outcome: 'identical' },
        { id: 'tool', outcome: 'identical' },
        { id: 'words', outcome: 'different' },
      ]);
    } finally {
      await scene.close();
    }
  });
});
