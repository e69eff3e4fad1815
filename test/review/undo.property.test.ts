import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldMarks, standingEvents } from '../../source/review/session/entry.ts';
import { ofPair } from '../../source/review/session/pair-key.ts';
import { keyCommands } from '../../source/review/session/keymap.ts';
import { entry, play } from './play.ts';

const keys = keyCommands.flatMap((command) => [...command.keys]);
const one = [
  entry('r1'),
  entry('r2', { outcome: 'identical' }),
  entry('r3'),
  entry('r4', { candidate: 'failed', outcome: 'failed' }),
  entry('r5'),
];
const several = one.flatMap((pair) => [pair, { ...pair, comparisonId: 'c2' }]);
const reviews = fc.constantFrom(
  { entries: one, comparisonIds: ['c1'] },
  { entries: several, comparisonIds: ['c1', 'c2'] },
);
const strokes = fc.array(
  fc.record({
    key: fc.constantFrom(...keys),
    afterMs: fc.constantFrom(10, 90, 400, 3000),
    fails: fc.boolean(),
  }),
  { maxLength: 80 },
);

describe('undo', () => {
  it('restores the verdicts after any keys, and keeps the whole history', () => {
    fc.assert(
      fc.property(reviews, strokes, strokes, ({ comparisonIds, entries }, before, after) => {
        const first = play(entries, { comparisonIds });
        for (const { key, afterMs } of before) first.key(key, afterMs);
        first.settle();
        const start = first.log.length;
        const marksBefore = foldMarks(standingEvents(first.log));

        const game = play(entries, { comparisonIds, events: first.log });
        const standingBefore = game.session.standing.map(({ id }) => id);
        let lowest = standingBefore.length;
        for (const { key, afterMs, fails } of after) {
          game.diskFails = fails;
          game.key(key, afterMs);
          lowest = Math.min(lowest, game.session.standing.length);
        }
        game.diskFails = false;
        game.settle();
        lowest = Math.min(lowest, game.session.standing.length);
        game.key('escape');
        // Earlier events that these keys undid stay undone.
        const undos = game.session.standing.length - lowest;
        for (let count = 0; count < undos; count++) game.key('u');

        expect(game.session.standing.map(({ id }) => id)).toEqual(standingBefore.slice(0, lowest));
        if (lowest === standingBefore.length) {
          expect(foldMarks(standingEvents(game.log))).toEqual(marksBefore);
        }
        // The earlier events are all still there.
        expect(game.log.slice(0, start)).toEqual(first.log);
        // The screen agrees with the log.
        const marks = foldMarks(standingEvents(game.log));
        for (const shown of game.session.entries) {
          expect(shown.verdict).toBe(ofPair(marks, shown)?.verdict ?? null);
        }
      }),
      { numRuns: 300 },
    );
  });
});
