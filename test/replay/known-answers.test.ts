import { describe, expect, it } from 'vitest';
import type { Side } from '../../source/comparison/outcome.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';
import { sameAnswer, splitTasks } from '../../source/replay/known-answers.ts';
import type { RecordedResponse } from '../../source/traffic/capture.ts';
import { sampleCapture } from '../store/samples.ts';

const completion = (text: string): RecordedResponse => ({
  model: 'gpt-4o',
  production: true,
  body: {
    object: 'chat.completion',
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  },
  timeToFirstTokenMs: 5,
  totalMs: 10,
});

const recordedModel = resolveModel('recorded');
const liveModel = resolveModel('openai/gpt-4o');

/** A task for one side of a capture, with the capture's recording. */
const task = (
  side: Side,
  model: typeof liveModel,
  comparisonIds: readonly string[],
  recorded: readonly RecordedResponse[] = [],
) => ({
  capture: sampleCapture('c1', { recorded }),
  target: { side, model },
  sample: 0,
  comparisonIds,
});

const options = { thinkTags: 'apart', problem: () => null } as const;

describe('the recorded answer for a task', () => {
  it('comes with its timings, and the live side is sent', () => {
    const recorded = [completion('hello')];
    const tasks = [
      task('baseline', recordedModel, ['a'], recorded),
      task('candidate', liveModel, ['a'], recorded),
    ];
    const split = splitTasks(tasks, options);
    expect(split.recorded.map(({ answer, timings }) => [answer.text, timings.totalMs])).toEqual([
      ['hello', 10],
    ]);
    expect(split.live).toEqual([tasks[1]]);
    expect(split.notSent).toEqual([]);
  });

  it('is never that of both sides', () => {
    const recorded = [
      completion('hello'),
      { ...completion('bye'), model: 'm2', production: false },
    ];
    const baseline = task('baseline', recordedModel, ['a', 'b'], recorded);
    const same = task('candidate', resolveModel('recorded:gpt-4o'), ['a'], recorded);
    const other = task('candidate', resolveModel('recorded:m2'), ['b'], recorded);
    const split = splitTasks([same, baseline, other], options);
    expect(split.recorded.map(({ answer, task: one }) => [one.comparisonIds, answer.text])).toEqual(
      [
        [['a', 'b'], 'hello'],
        [['b'], 'bye'],
      ],
    );
    expect(split.notSent).toEqual([{ task: same, reason: sameAnswer }]);
  });

  it('leaves the live side unsent if it is missing', () => {
    const split = splitTasks(
      [task('baseline', recordedModel, ['a']), task('candidate', liveModel, ['a'])],
      options,
    );
    expect(split.notSent.map(({ reason, task: { target } }) => [target.side, reason])).toEqual([
      ['baseline', 'no recorded answer of production'],
      ['candidate', 'the other side has no recorded answer'],
    ]);
    expect([split.live, split.recorded]).toEqual([[], []]);
  });

  it('does not keep a baseline from comparisons that can use it', () => {
    const split = splitTasks(
      [
        task('baseline', liveModel, ['a', 'b']),
        task('candidate', recordedModel, ['a']),
        task('candidate', liveModel, ['b']),
      ],
      options,
    );
    expect(split.live.map(({ comparisonIds, target }) => [target.side, comparisonIds])).toEqual([
      ['baseline', ['b']],
      ['candidate', ['b']],
    ]);
    expect(split.notSent.map(({ task: { comparisonIds } }) => comparisonIds)).toEqual([
      ['a'],
      ['a'],
    ]);
  });

  it('is ignored if it is not a completion', () => {
    const broken = [{ ...completion(''), body: { error: { message: 'overloaded' } } }];
    const { notSent } = splitTasks([task('baseline', recordedModel, ['a'], broken)], options);
    expect(notSent.map(({ reason }) => reason)).toEqual([
      'the recorded answer of production cannot be read',
    ]);
  });
});
