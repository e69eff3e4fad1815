import { writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '../../source/text/json.ts';
import { modelServer, streamCalls } from '../helpers/model-server.ts';
import { mark, reopenReview } from '../helpers/review.ts';
import { openScene } from '../helpers/scene.ts';

const tools = ['search', 'book'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: { step: { type: 'number' } } } },
}));

/** A request of an agent: its task, and a call with its result for each step before it. */
const agentTurn = (task: string, steps: number): JsonObject => ({
  model: 'steady',
  tools,
  messages: [
    { role: 'system', content: 'You book journeys.' },
    { role: 'user', content: task },
    ...Array.from({ length: steps }, (_, step): readonly JsonObject[] => {
      const id = `call_${step}`;
      const called = { name: 'search', arguments: JSON.stringify({ step }) };
      return [
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id, type: 'function', function: called }],
        },
        { role: 'tool', tool_call_id: id, content: `result ${step}` },
      ];
    }).flat(),
  ],
});

/** Walks the queue until a pair of the conversation is shown. */
const toATurn = async (review: Awaited<ReturnType<typeof reopenReview>>): Promise<void> => {
  for (let tries = 0; !/· trip-\d ·/.test(review.text()); tries++) {
    expect(tries).toBeLessThan(6);
    const before = review.text();
    review.type('J');
    await review.until((text) => text !== before && /· (?:trip|single)-\d ·/.test(text));
  }
};

describe('a conversation in the review', () => {
  it('of an agent is walked turn by turn, and verdicts on the way are counted apart', async () => {
    const scene = await openScene();
    onTestFinished(() => scene.close());
    // The candidate does as the baseline in the first turn only.
    const server = await modelServer((model, response, _request, body) => {
      const step = [...body.matchAll(/result \d/g)].length;
      streamCalls(response, [
        ['search', JSON.stringify({ step: model === 'new' ? 2 * step : step })],
      ]);
    });
    onTestFinished(() => server.close());
    const lines = [
      ...[0, 1, 2, 3].map((step) => ({
        id: `trip-${step}`,
        request: agentTurn('To Lisbon', step),
      })),
      { id: 'single-1', request: agentTurn('To Rome', 1) },
      { id: 'single-2', request: agentTurn('To Oslo', 2) },
    ];
    await writeFile(
      scene.path('traffic.jsonl'),
      lines.map((line) => `${JSON.stringify({ endpoint: 'agent', ...line })}\n`).join(''),
    );
    const models = [`--baseline=${server.url}#steady`, `--candidate=${server.url}#new`];
    expect((await scene.run(['replay', 'traffic.jsonl', ...models])).code).toBe(0);
    const { comparison } = await scene.summary();
    const review = await reopenReview(scene.path('understudy.db'), comparison.id, {
      columns: 120,
      rows: 40,
    });
    onTestFinished(() => review.kill());

    // Five pairs differ; the queue begins with any of them.
    const isOn = (id: string) => (text: string) => text.includes(`· ${id} ·`);
    await toATurn(review);
    const start = /· (trip-\d) ·/.exec(review.text())?.[1] ?? '';
    const turn = Number(start.slice(5)) + 1;
    await review.until(`turn ${turn} of 4 of this conversation · first differs at turn 2`);
    for (let at = turn - 1; at >= 1; at--) {
      review.type('(');
      await review.until(isOn(`trip-${at - 1}`));
    }
    await review.until('turn 1 of 4 of this conversation');
    review.type('(');
    await review.until('this is the first turn of the conversation');
    review.type('\u001b');
    // On the first turn nothing else changes, and a key right after an escape belongs to it.
    await review.until((text) => isOn(start)(text) && !text.includes('this is the first turn'));

    const other = turn === 4 ? 3 : turn + 1;
    review.type(turn === 4 ? '(' : ')');
    await review.until(isOn(`trip-${other - 1}`));
    await review.until('esc: back to the queue');
    await mark(review, 'x', `trip-${other - 1}: worse`);
    const [event] = await review.events();
    expect(event).toMatchObject({ captureId: `trip-${other - 1}`, verdict: 'worse' });
    expect(event).toHaveProperty(
      'chosen.text',
      expect.stringMatching(/^conversation:[0-9a-f]{16}$/),
    );

    // The filter for the conversation is completed on any of its turns. The queue may have gone on to a pair
    // that belongs to none.
    await toATurn(review);
    review.type('f');
    await review.until('tab completes');
    review.type('conv\t');
    await review.until('conversation:');
    review.type('\t');
    await review.until(/conversation:[0-9a-f]{16}/);
    review.type('\r');
    await review.until('4 pairs · F: every pair');
    expect(await review.quit()).toBe(0);
    const summary = await scene.run(['summary']);
    expect(summary.stdout.replaceAll(/\s+/g, ' ')).toContain(
      '1 of the judged pairs were chosen by a filter or a pattern',
    );
  });
});
