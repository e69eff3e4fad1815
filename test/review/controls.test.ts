import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reviewTally } from '../../source/review/session/agreement-so-far.ts';
import { controlResults, pairsBetween } from '../../source/review/session/controls.ts';
import { foldMarks, standingEvents } from '../../source/review/session/entry.ts';
import { ofPair } from '../../source/review/session/pair-key.ts';
import { currentEntry, keyOnScreen, pairKey } from '../../source/review/session/session.ts';
import type { VerdictEvent } from '../../source/store/verdicts.ts';
import { minimumShownMs } from '../../source/review/session/verdict-key.ts';
import { entry, play, type Game } from './play.ts';
import { screenOf } from './shown.ts';

const captures = Array.from({ length: 80 }, (_, index) => `r${index}`);
const entries = captures.map((id) => entry(id));
const noise = captures.filter((_, index) => index % 4 === 0);

const review = (share: number, events: readonly VerdictEvent[] = []): Game =>
  play(entries, { blind: true, controls: { share, noise }, events });

/** Judges every place of the review, and returns the events in order. */
const judgeAll = (game: Game, keys: readonly string[] = [',', '.', 'a', 'w']): void => {
  for (let place = 0; game.session.mode.kind === 'review' && place < 300; place++) {
    game.key(keys[place % keys.length] ?? 'a');
    game.settle();
  }
};

const verdictsOf = (game: Game) =>
  game.log.flatMap((event) => (event.kind === 'verdict' ? [event] : []));

describe('control pairs', () => {
  it('come back once, after enough other pairs, with their sides swapped, never two in a row', () => {
    for (const share of [0.05, 0.3, 1]) {
      const game = review(share);
      judgeAll(game);
      const verdicts = verdictsOf(game);
      expect(new Set(verdicts.map(pairKey)).size).toBe(verdicts.length);
      const controls = verdicts.filter(({ control }) => control !== undefined);
      const repeats = controls.filter(({ control }) => control?.kind === 'repeat');
      expect(repeats.length).toBeGreaterThan(share === 0.05 ? 0 : 5);
      expect(controls.length - repeats.length).toBeGreaterThan(share === 0.05 ? 0 : 2);
      for (const [at, event] of verdicts.entries()) {
        if (event.control === undefined) continue;
        expect(verdicts[at - 1]?.control).toBeUndefined();
        const before = verdicts
          .slice(0, at)
          .findLastIndex(({ captureId }) => captureId === event.captureId);
        if (before >= 0) {
          const others = verdicts.slice(before + 1, at).filter(({ control }) => !control);
          expect(others.length).toBeGreaterThanOrEqual(pairsBetween);
        }
        const first = verdicts.findIndex(
          ({ captureId, control }) => captureId === event.captureId && control === undefined,
        );
        const own = verdicts[first];
        if (event.control.kind === 'noise') {
          expect(noise).toContain(event.captureId);
          const [from, to] = [Math.min(at, first), Math.max(at, first)];
          const between = verdicts.slice(from + 1, to).filter(({ control }) => !control);
          expect(between.length).toBeGreaterThanOrEqual(pairsBetween);
          continue;
        }
        expect(event.control.repeats).toBe(own?.id);
        expect(event.left).toBe(own?.left === 'baseline' ? 'candidate' : 'baseline');
        const between = verdicts.slice(first + 1, at).filter(({ control }) => !control);
        expect(between.length).toBeGreaterThanOrEqual(pairsBetween);
      }
      expect(game.session.notice?.text).toContain('every pair that can be judged has a verdict');
    }
  });

  it('are few and not always the same for all reviewers, and none without a share', () => {
    const none = play(entries, { blind: true });
    judgeAll(none);
    expect(none.log).toHaveLength(captures.length);
    const game = review(0.05);
    judgeAll(game);
    expect(game.log.length).toBeGreaterThan(captures.length);
    expect(game.log.length).toBeLessThan(captures.length * 1.25);
  });

  it('change no verdict, no mark and no rate of the candidate', () => {
    const game = review(0.5);
    judgeAll(game);
    const plain = play(entries, {
      blind: true,
      events: game.log.filter(({ control }) => !control),
    });
    expect(foldMarks(game.session.standing)).toEqual(foldMarks(plain.session.standing));
    expect(reviewTally(game.session)).toEqual(reviewTally(plain.session));
    expect(game.session.entries).toEqual(plain.session.entries);
  });

  it('go on in the same way when a review is killed at any moment', () => {
    const whole = review(0.3);
    judgeAll(whole);
    for (let events = 0; events < whole.log.length; events++) {
      const again = review(0.3, whole.log.slice(0, events));
      const next = whole.log[events];
      expect(keyOnScreen(again.session)).toBe(next === undefined ? null : pairKey(next));
    }
  });

  it('look like every other pair, before and after their verdict', () => {
    const game = review(0.5);
    const keys = [',', '.', 'a', 'w'];
    let controls = 0;
    for (let judged = 0; game.session.mode.kind === 'review'; judged++) {
      const shown = currentEntry(game.session);
      if (shown?.control !== undefined) controls++;
      const left = [...game.session.entries].filter(({ verdict }) => verdict === null).length;
      const tens = Math.round(left / 10) * 10;
      const [head = '', pair = '', ...rows] = screenOf(game).split('\n');
      expect(head).toMatch(
        new RegExp(
          `left → right +${tens === 0 ? 'few' : `about ${tens}`} left · ${judged} judged *$`,
        ),
      );
      expect(pair).toMatch(
        /^chat · r\d+ · not judged .*blind *$|^classify_ticket · r\d+ · not judged/,
      );
      expect(rows.join('\n')).not.toMatch(/baseline|candidate|model-/);
      game.key(keys[judged % 4] ?? 'a');
      game.settle();
      if (game.session.mode.kind !== 'review') break;
      expect(game.session.notice?.text).toMatch(
        /^r\d+: (?:agree|left better|right better|both bad) \(u: undo\)$/,
      );
    }
    expect(controls).toBeGreaterThan(10);
    expect(screenOf(game, { summary: 'The whole summary' })).toContain('The whole summary');
  });

  it('keep models, the summary and what others say hidden until every pair is judged', () => {
    const game = review(0.5);
    game.key(',');
    game.settle();
    expect(screenOf(game).split('\n')[1]).toMatch(/ < · blind *$/);
    game.key('h');
    expect(screenOf(game)).not.toMatch(/model-|\$0\.0|worse/);
    expect(screenOf(game).split('\n')[1]).toContain(' · < left better ');
    game.key('space');
    expect(game.session.notice?.text).toContain('keeps its verdict, left better');
    game.key('u');
    expect(game.session.notice?.text).toContain('undone: left better on');
    game.key('.');
    game.settle();
    game.key('h');
    game.key('S');
    expect(screenOf(game, { summary: 'agreement 50 %' })).toContain(
      'The summary waits until every pair is judged',
    );
  });

  it('are gone back to and corrected like every other pair', () => {
    const game = toFirstControl();
    const key = keyOnScreen(game.session);
    game.key('1');
    game.key('a');
    game.settle();
    expect(keyOnScreen(game.session)).not.toBe(key);
    game.key('h');
    expect(keyOnScreen(game.session)).toBe(key);
    expect(screenOf(game)).toMatch(/✓ agree · wrong value/);
    expect(screenOf(game).split('\n')[1]).toContain('[✓]');
    game.key('w');
    game.settle();
    const [first, second] = verdictsOf(game).slice(-2);
    expect(second).toMatchObject({ verdict: 'both_bad', control: first?.control });
    const [captureId = '', comparisonId = ''] = key?.split('\0') ?? [];
    expect(game.session.entries.find({ comparisonId, captureId })?.tags).toEqual([]);
  });

  it('come back after an undo, and the verdict is a new one on the same pair', () => {
    const game = toFirstControl();
    const shown = currentEntry(game.session);
    game.key('a');
    game.settle();
    const given = game.log.at(-1);
    game.key('u');
    expect(game.session.notice?.text).toBe(`undone: agree on ${shown?.captureId}`);
    expect(game.log.at(-1)).toMatchObject({
      kind: 'undo',
      undoes: given?.id,
      control: shown?.control,
    });
    expect(keyOnScreen(game.session)).toBe(shown === null ? null : pairKey(shown));
    game.key('w');
    game.settle();
    expect(game.log.at(-1)).toMatchObject({ verdict: 'both_bad', control: shown?.control });
    // A review without control pairs takes such verdicts back, too.
    const open = play(entries, { events: game.log });
    open.key('u');
    expect(open.log.at(-1)).toMatchObject({ kind: 'undo', control: shown?.control });
  });

  it('come back at the end if they are skipped, as every other pair does', () => {
    const game = toFirstControl();
    const key = keyOnScreen(game.session);
    game.key('space');
    game.settle();
    expect(keyOnScreen(game.session)).not.toBe(key);
    judgeAll(game);
    const last = verdictsOf(game).at(-1);
    expect(last === undefined ? null : pairKey(last)).toBe(key);
  });

  it('are left and passed by J, K and the list, and wait until the queue is followed again', () => {
    const game = toFirstControl();
    const key = keyOnScreen(game.session);
    const after = [...game.session.entries].findIndex(({ verdict }) => verdict === null);
    game.key('L');
    expect(game.session.mode).toMatchObject({ kind: 'pairs', cursor: after });
    game.key('escape');
    game.key('J');
    expect(currentEntry(game.session)?.captureId).toBe(captures[after]);
    game.key('K');
    expect(currentEntry(game.session)?.captureId).toBe(captures[after - 1]);
    game.key('U');
    expect(keyOnScreen(game.session)).toBe(key);
    game.key('K');
    expect(currentEntry(game.session)?.captureId).toBe(captures[after - 1]);
  });

  it('are counted at the end of a sitting', () => {
    const game = review(0.5);
    judgeAll(game, ['a']);
    const verdicts = verdictsOf(game);
    const kinds = (kind: string) => verdicts.filter(({ control }) => control?.kind === kind).length;
    expect(controlResults(game.session)).toEqual({
      repeats: kinds('repeat'),
      same: kinds('repeat'),
      noise: kinds('noise'),
      noiseAgreed: kinds('noise'),
    });
  });
});

/** A review at its first control pair. */
const toFirstControl = (): Game => {
  const game = review(0.3);
  for (let place = 0; game.session.control === null && place < 80; place++) {
    game.key(place % 2 === 0 ? ',' : 'a');
    game.settle();
  }
  expect(game.session.control).not.toBeNull();
  return game;
};

const strokes = fc.array(
  fc.record({
    key: fc.constantFrom(
      ',',
      '.',
      'a',
      'a',
      'w',
      'space',
      'u',
      'backspace',
      '1',
      'J',
      'K',
      'h',
      'l',
      'U',
    ),
    afterMs: fc.oneof(
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: 100, max: 2000 }),
      fc.constant(3000),
    ),
    fails: fc.constantFrom(false, false, false, true),
  }),
  { maxLength: 60 },
);

describe('any keys at any pace among control pairs', () => {
  // So many verdicts that control pairs come from the start.
  const start = review(0.5);
  for (let place = 0; place < 40 || start.session.control === null; place++) {
    start.key(place % 3 === 0 ? 'a' : ',');
    start.settle();
  }
  const before = start.log;

  it('mark what was on the screen, and every undo restores what was before', () => {
    let controls = 0;
    fc.assert(
      fc.property(strokes, fc.integer({ min: 0, max: 60 }), (typed, drawMs) => {
        const game = play(entries, {
          blind: true,
          controls: { share: 0.5, noise },
          events: before,
          drawMs,
        });
        const standingBefore = game.session.standing.map(({ id }) => id);
        let lowest = standingBefore.length;
        for (const { key, afterMs, fails } of typed) {
          game.diskFails = fails;
          game.key(key, afterMs);
          lowest = Math.min(lowest, game.session.standing.length);
        }
        game.diskFails = false;
        game.settle();
        lowest = Math.min(lowest, game.session.standing.length);
        for (const event of game.log.slice(before.length)) {
          if (event.kind === 'undo') continue;
          if (event.control !== undefined) controls++;
          const atMs = Date.parse(event.at);
          const frame = game.frames.findLast((one) => one.atMs < atMs);
          expect(frame?.key).toBe(pairKey(event));
          expect(atMs - (frame?.atMs ?? atMs)).toBeGreaterThanOrEqual(minimumShownMs);
        }
        const marks = foldMarks(standingEvents(game.log));
        for (const shown of game.session.entries) {
          expect(shown.verdict).toBe(ofPair(marks, shown)?.verdict ?? null);
        }
        game.key('escape');
        const undos = game.session.standing.length - lowest;
        for (let count = 0; count < undos; count++) game.key('u');
        expect(game.session.standing.map(({ id }) => id)).toEqual(standingBefore.slice(0, lowest));
        expect(game.log.slice(0, before.length)).toEqual(before);
      }),
      { numRuns: 300 },
    );
    expect(controls).toBeGreaterThan(10);
  });
});
