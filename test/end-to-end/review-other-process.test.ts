import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findComparison } from '../../source/store/comparisons/comparisons.ts';
import { listPairs } from '../../source/store/comparisons/pairs.ts';
import { openStore } from '../../source/store/open.ts';
import { listEvents } from '../../source/store/verdicts.ts';
import { startProgram } from '../commands/program.ts';
import { startManualEndpoint, type ManualCall } from '../helpers/manual-endpoint.ts';
import { node, program } from '../helpers/program.ts';
import { mark, temporaryFolder } from '../helpers/review.ts';
import { startInTerminal } from '../helpers/terminal.ts';

/** A replay of some questions in a process of its own, whose answers the test gives by hand. */
const replay = async (folder: string, questions: readonly string[]) => {
  const file = join(folder, 'traffic.jsonl');
  const lines = questions.map((id) =>
    JSON.stringify({
      id,
      request: { messages: [{ role: 'user', content: `Question ${id}.` }] },
    }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  const endpoint = await startManualEndpoint();
  onTestFinished(() => endpoint.close());
  const db = join(folder, 'shared.db');
  const models = [`--baseline=${endpoint.url}#old`, `--candidate=${endpoint.url}#new`];
  const running = startProgram(folder, ['replay', file, '--db', db, ...models]);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return { db, endpoint, running };
};

const pairOn = (text: string): string => /· (q\d+) ?/.exec(text)?.[1] ?? 'none';

describe('a pair that another process is sending', () => {
  it('keeps its place in the order, and is shown and judged when its answers come', async () => {
    const questions = ['q0', 'q1', 'q2'];
    const folder = temporaryFolder(onTestFinished);
    const { db, endpoint, running } = await replay(folder, questions);
    const calls = new Map<string, readonly ManualCall[]>();
    for (const question of questions) {
      const prompt = `Question ${question}.`;
      const both = ['old', 'new'].map((model) => endpoint.next(model, prompt));
      calls.set(question, await Promise.all(both));
    }
    const answer = (question: string | undefined): void => {
      for (const call of calls.get(question ?? '') ?? []) {
        call.say(`${call.model} says this of ${question}.`);
        call.finish();
      }
    };
    const store = await openStore(db);
    onTestFinished(() => store.close());
    const { id } = await findComparison(store, null);
    const order = (await listPairs(store, id)).map(({ captureId }) => captureId);
    answer(order[1]);
    answer(order[2]);
    await expect
      .poll(async () => (await listPairs(store, id)).map(({ candidate }) => candidate), {
        timeout: 30_000,
      })
      .toEqual(['not_sent', 'answered', 'answered']);
    const review = startInTerminal(node, [program, 'review', '--db', db, '--reviewer', 'ada']);
    onTestFinished(() => review.kill());
    const [held, second, third] = order;
    // It waits at the first pair in the order, although others are answered.
    await review.until('this pair is being sent, waiting for its answers · enter: go on');
    expect(pairOn(review.text())).toBe(held);
    expect(review.text()).toMatch(/^ baseline +no answer yet$/m);
    await mark(review, 'a', 'an answer is still arriving');
    expect(pairOn(review.text())).toBe(held);
    // Whoever does not want to wait goes on ahead of the order, and comes back.
    review.type('\r');
    await review.until((text) => pairOn(text) === second);
    await mark(review, 'x', `${second}: worse, ahead of the order`);
    await review.until((text) => pairOn(text) === held);

    answer(held);
    const both = `old says this of ${held}.`;
    const text = await review.until((shown) => shown.includes(both) && shown.includes('DIFFERS'));
    expect(pairOn(text)).toBe(held);
    expect(text).not.toContain('waiting for its answers');
    expect((await running.ended).code).toBe(0);
    await mark(review, 'a', (shown) => pairOn(shown) === third);
    await mark(review, 'b', 'every pair that can be judged has a verdict');
    review.type('q');
    expect((await review.exit).code).toBe(0);
    expect(await listEvents(store, id, 'ada')).toMatchObject([
      { captureId: second, verdict: 'worse', ahead: true },
      { captureId: held, verdict: 'agree', ahead: false },
      { captureId: third, verdict: 'better', ahead: false },
    ]);
  });
});
