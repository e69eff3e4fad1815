import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimumShownMs } from '../../source/review/session/verdict-key.ts';
import { entry, play } from './play.ts';

const keys = ['a', 'x', 'b', 'w', 'space'] as const;
const verdictOf: Readonly<Record<string, string>> = {
  a: 'agree',
  x: 'worse',
  b: 'better',
  w: 'both_bad',
};
const strokes = fc.array(
  fc.record({
    key: fc.constantFrom(...keys),
    afterMs: fc.oneof(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 100, max: 200 }),
      fc.integer({ min: 0, max: 2000 }),
    ),
  }),
  { minLength: 1, maxLength: 120 },
);

describe('verdict keys at any pace', () => {
  it('judge a pair that was seen, or are refused aloud; none is lost, doubled or misplaced', () => {
    fc.assert(
      fc.property(strokes, fc.integer({ min: 0, max: 60 }), (typed, drawMs) => {
        const game = play(
          Array.from({ length: 200 }, (_, index) => entry(`r${index}`)),
          { drawMs },
        );
        const pressed: { key: string; atMs: number }[] = [];
        for (const { key, afterMs } of typed) {
          const before = game.log.length + game.session.refusedKeys;
          game.key(key, afterMs);
          pressed.push({ key, atMs: game.nowMs });
          // A key has an effect on the store, waits to know whether it is held, or is refused aloud.
          const after = game.log.length + game.session.refusedKeys;
          if (after === before) expect(game.session.deferred?.id).toBeDefined();
          if (game.session.refused !== null) {
            expect(game.session.notice?.text).toContain(game.session.refused.why);
          }
        }
        game.settle();
        expect(game.session.deferred).toBeNull();
        expect(game.log.length + game.session.refusedKeys).toBe(pressed.length);

        // Match each event with the key that caused it, in order.
        let next = 0;
        for (const event of game.log) {
          const isCause = ({ key }: { key: string }): boolean =>
            event.kind === 'skip'
              ? key === 'space'
              : event.kind === 'verdict' && verdictOf[key] === event.verdict;
          const shownMs = game.frames.find(({ captureId }) => captureId === event.captureId)?.atMs;
          const index = pressed.findIndex(
            (press, at) =>
              at >= next && isCause(press) && press.atMs - (shownMs ?? Infinity) >= minimumShownMs,
          );
          expect(index).toBeGreaterThanOrEqual(0);
          next = index + 1;
        }
        const judged = game.log.flatMap((event) =>
          event.kind === 'verdict' ? [event.captureId] : [],
        );
        expect(new Set(judged).size).toBe(judged.length);
      }),
      { numRuns: 500 },
    );
  });

  it('judge one pair if the key is held, whenever it begins to repeat', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...keys),
        fc.integer({ min: 200, max: 1150 }),
        fc.integer({ min: 20, max: 90 }),
        fc.integer({ min: 2, max: 80 }),
        (key, delayMs, everyMs, times) => {
          const game = play(Array.from({ length: 9 }, (_, index) => entry(`r${index}`)));
          game.key(key);
          game.key(key, delayMs);
          for (let time = 1; time < times; time++) game.key(key, everyMs);
          game.settle();
          expect(game.log).toHaveLength(1);
          expect(game.session.refusedKeys).toBe(times);
        },
      ),
    );
  });

  it('judge again with the same key and with another one after a held key', () => {
    for (const [key, afterMs] of [
      ['x', 200],
      ['a', 200],
      ['a', 2000],
    ] as const) {
      const game = play([entry('r1'), entry('r2'), entry('r3')]);
      game.key('a');
      for (let time = 0; time < 10; time++) game.key('a', 30);
      game.key(key, afterMs);
      game.settle();
      expect(game.log).toMatchObject([
        { captureId: 'r1', verdict: 'agree' },
        { captureId: 'r2', verdict: verdictOf[key] },
      ]);
    }
  });
});
