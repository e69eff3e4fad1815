import { describe, expect, it } from 'vitest';
import type { Usage } from '../../source/models/answer.ts';
import { detailsDocument } from '../../source/review/view/details-document.ts';
import type { PairView } from '../../source/review/pair-view.ts';
import { answerOf } from '../helpers/filled-store.ts';
import { entry, play } from './play.ts';
import { answeredView, screenOf } from './shown.ts';

const details = (usage: Usage): string => {
  const baseline = { ...answerOf('yes'), usage };
  const view = answeredView('c1', { baseline, candidate: answerOf('no') });
  return detailsDocument(view)
    .lines.map(({ baseline: runs }) => (runs ?? []).map(({ text }) => text).join(''))
    .join('\n');
};

/** The screen of the details of a pair. */
const screenWith = (view: PairView, columns: number): string => {
  const game = play([entry('r1')]);
  game.key('i');
  return screenOf(game, { view, columns });
};

describe('the details of an answer', () => {
  const usage = { input: 9000, output: 3, cachedInput: 4000, reasoning: null };

  it('say what was written to a cache, if the provider counts it', () => {
    expect(details({ ...usage, cacheWrite: 3000 })).toMatch(
      /input tokens +9,000\n +of which cached +4,000\n +written to the cache +3,000\n/,
    );
    expect(details(usage)).not.toContain('written to the cache');
    expect(details({ ...usage, cacheWrite: 3000, hourCacheWrite: 2000 })).toMatch(
      /written to the cache +3,000\n +for an hour +2,000\n/,
    );
    expect(details({ ...usage, cacheWrite: 3000, hourCacheWrite: 0 })).not.toContain('an hour');
  });
});

describe('the details of a pair', () => {
  const baseline = { ...answerOf('yes'), model: 'model-one', reasoning: 'It asks for yes.' };
  const candidate = {
    ...answerOf('no'),
    model: 'model-two',
    usage: { input: 7, output: 9, cachedInput: null, cacheWrite: 5, reasoning: null },
  };
  const view = answeredView('r1', { baseline, candidate });

  it('are a table of both sides where there is room, then the texts of each side', () => {
    for (const columns of [100, 160]) {
      const screen = screenWith(view, columns);
      expect(screen).toMatch(/^ +baseline +candidate *$/m);
      expect(screen).toMatch(/^ +model +model-one +model-two *$/m);
      expect(screen).toMatch(/^ +first token +144 ms +61 ms *$/m);
      // What one side alone has stands where it has it.
      expect(screen).toMatch(
        /^ +input tokens .*\n.* cached .*\n +written to the cache +5 *\n +output/m,
      );
      expect(screen).toMatch(/baseline *\n +reasoning *\n +It asks for yes\. *\n +the request/);
      expect(screen).toMatch(/candidate *\n +the request *\n +removed +seed 7/);
    }
  });

  it('end with what the reviewer said of it', () => {
    const game = play([entry('r1'), entry('r2')]);
    game.key('x');
    game.settle();
    game.key('K');
    game.key('1');
    game.settle();
    game.key('3');
    game.settle();
    game.key('i');
    expect(screenOf(game, { view, columns: 120 })).toMatch(
      /\n +yours *\n +verdict +worse *\n +tags +wrong value, invented *\n/,
    );
    const blank = play([entry('r1')]);
    blank.key('i');
    expect(screenOf(blank, { view, columns: 120 })).not.toContain('yours');
  });

  it('are one below the other on a narrow screen', () => {
    const screen = screenWith(view, 99);
    expect(screen).toMatch(/^ +model +model-one *$/m);
    expect(screen).toMatch(/^ +model +model-two *$/m);
  });

  it('leave the cells of a side empty that has no answer', () => {
    const failure = {
      reason: 'timeout',
      message: 'no answer within 60 s',
      status: null,
      retryAfterMs: null,
      parameter: null,
    } as const;
    const timings = { queueMs: 1, connectMs: null, timeToFirstTokenMs: null, totalMs: 60_000 };
    const at = '2026-11-24T00:00:00.000Z';
    const failed: PairView = {
      ...view,
      sides: {
        ...view.sides,
        candidate: {
          kind: 'failed',
          failure,
          partial: null,
          attempts: [{ number: 1, failure, final: true, timings, providerRequestId: null, at }],
        },
      },
    };
    const screen = screenWith(failed, 120);
    expect(screen).toMatch(/^ +failed {2,}timeout: no answer within 60 s *$/m);
    expect(screen).toMatch(/^ +model +model-one *$/m);
    expect(screen).toMatch(/^ +attempt 1 {2,}timeout: no answer/m);
  });
});
