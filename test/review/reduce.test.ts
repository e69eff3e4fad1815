import { describe, expect, it } from 'vitest';
import { currentEntry } from '../../source/review/session/session.ts';
import { entry, play } from './play.ts';

const here = (game: ReturnType<typeof play>): string | undefined =>
  currentEntry(game.session)?.captureId;

describe('verdict keys', () => {
  it.each([
    ['a', 'agree'],
    ['x', 'worse'],
    ['b', 'better'],
    ['w', 'both_bad'],
  ] as const)('%s saves %s and goes to the next pair that is not settled', (key, verdict) => {
    const game = play([entry('r1'), entry('r2', { outcome: 'identical' }), entry('r3')]);
    game.key(key);
    expect(game.log).toMatchObject([
      { kind: 'verdict', verdict, captureId: 'r1', reviewer: 'ada' },
    ]);
    expect(here(game)).toBe('r3');
  });

  it('stay on the pair and say so if the verdict could not be saved', () => {
    const game = play([entry('r1'), entry('r2')]);
    game.diskFails = true;
    game.key('a');
    expect(here(game)).toBe('r1');
    expect(game.session.entries[0]?.verdict).toBeNull();
    expect(game.session.notice).toEqual({ text: 'not saved: the disk is full', tone: 'error' });
    game.diskFails = false;
    game.key('x');
    expect(here(game)).toBe('r2');
  });

  it('judge nothing while an answer is missing', () => {
    const game = play([entry('r1', { candidate: 'failed', outcome: 'failed' })]);
    game.key('a');
    expect(game.log).toEqual([]);
    expect(game.session.notice?.tone).toBe('warning');
    const live = play([entry('r1', { candidate: 'streaming', outcome: null })], {
      replaying: true,
    });
    live.key('a');
    expect(live.log).toEqual([]);
  });

  it('do nothing in overlays and comments', () => {
    const game = play([entry('r1'), entry('r2')]);
    for (const open of ['?', 'p', 'i', 'S']) {
      game.key(open);
      game.key('a');
      game.key('x');
      game.key('escape');
    }
    game.key('c');
    game.key('a');
    expect(game.log).toEqual([]);
  });

  it('judge one pair if the key is held, however the terminal repeats it', () => {
    for (const [delay, repeat] of [
      [250, 33],
      [500, 25],
      [660, 40],
      [1000, 90],
    ] as const) {
      const game = play([entry('r1'), entry('r2'), entry('r3'), entry('r4')]);
      game.key('a');
      game.key('a', delay);
      for (let repeats = 0; repeats < 40; repeats++) game.key('a', repeat);
      game.settle();
      expect(game.log).toHaveLength(1);
      expect(here(game)).toBe('r2');
    }
  });

  it('judge twice if the key is pressed twice', () => {
    const game = play([entry('r1'), entry('r2'), entry('r3')]);
    game.key('a');
    game.key('a', 600);
    game.settle();
    expect(game.log.map((event) => event.captureId)).toEqual(['r1', 'r2']);
  });

  it('judge one pair if one event contains the key many times', () => {
    const game = play([entry('r1'), entry('r2'), entry('r3')]);
    game.key('a');
    for (let repeats = 0; repeats < 10; repeats++) game.key('a', 0);
    game.settle();
    expect(game.log).toHaveLength(1);
  });

  it('judge the pair on the screen if another key follows a second press', () => {
    for (const next of ['J', 'x', 'j']) {
      const game = play([entry('r1'), entry('r2'), entry('r3'), entry('r4')]);
      game.key('a');
      game.key('a', 600);
      game.key(next, 60);
      game.settle();
      expect(game.log).toMatchObject([
        { captureId: 'r1', verdict: 'agree' },
        { captureId: 'r2', verdict: 'agree' },
      ]);
    }
  });

  it('start no second write while one is under way', () => {
    const game = play([entry('r1'), entry('r2')]);
    game.session = {
      ...game.session,
      pending: {
        id: 'e',
        comparisonId: 'c1',
        captureId: 'r1',
        reviewer: 'ada',
        at: '2026-11-24T00:00:00.000Z',
        kind: 'skip',
      },
    };
    game.key('x');
    expect(game.log).toEqual([]);
  });
});

describe('the queue', () => {
  it('offers skipped pairs again after all others, in the order they were skipped', () => {
    const game = play([entry('r1'), entry('r2'), entry('r3')]);
    game.key('space');
    game.key('x');
    game.key('space');
    expect(here(game)).toBe('r1');
    game.key('a');
    expect(here(game)).toBe('r3');
    expect(game.log.filter(({ kind }) => kind === 'skip')).toHaveLength(2);
  });

  it('goes on from a judged pair without a skip, and says so', () => {
    const game = play([entry('r1'), entry('r2')]);
    game.key('x');
    game.key('K');
    expect(here(game)).toBe('r1');
    game.key('space');
    expect(here(game)).toBe('r2');
    expect(game.session.notice?.text).toBe('r1 keeps its verdict, worse: on to the next pair');
    expect(game.log.map(({ kind }) => kind)).toEqual(['verdict']);
  });

  it('ends with the summary when no pair is left', () => {
    const game = play([entry('r1'), entry('r2', { outcome: 'equivalent' })]);
    game.key('b');
    expect(game.session.mode.kind).toBe('summary');
  });

  it('leaves a pair that the machine settles while it is shown, unless a person chose it', () => {
    const entries = [
      entry('r1', { baseline: 'not_sent', candidate: 'not_sent', outcome: null }),
      entry('r2', { baseline: 'not_sent', candidate: 'not_sent', outcome: null }),
    ];
    const answerBoth = (game: ReturnType<typeof play>): void => {
      game.act({ kind: 'side', captureId: 'r1', side: 'baseline', status: 'answered' });
      game.act({ kind: 'side', captureId: 'r1', side: 'candidate', status: 'answered' });
      game.act({ kind: 'outcome', captureId: 'r1', outcome: 'identical' });
    };
    const following = play(entries, { replaying: true });
    answerBoth(following);
    expect(here(following)).toBe('r2');
    const chosen = play(entries, { replaying: true });
    chosen.key('J');
    chosen.key('K');
    answerBoth(chosen);
    expect(here(chosen)).toBe('r1');
  });

  const waiting = { baseline: 'sent', candidate: 'not_sent', outcome: null } as const;

  it('waits for a pair whose answers are late, so that quick ones do not go first', () => {
    const game = play([entry('r1', waiting), entry('r2'), entry('r3')], { replaying: true });
    expect(here(game)).toBe('r1');
    game.key('space');
    game.key('a');
    expect(game.log).toEqual([]);
    for (const side of ['baseline', 'candidate'] as const) {
      game.act({ kind: 'side', captureId: 'r1', side, status: 'answered' });
    }
    game.act({ kind: 'outcome', captureId: 'r1', outcome: 'different' });
    expect(here(game)).toBe('r1');
    game.key('a');
    game.key('x');
    expect(game.log).toMatchObject([
      { captureId: 'r1', ahead: false },
      { captureId: 'r2', ahead: false },
    ]);
  });

  it('goes on to answered pairs on enter, and marks the verdicts there', () => {
    const game = play([entry('r1', waiting), entry('r2'), entry('r3')], { replaying: true });
    game.key('enter');
    expect(here(game)).toBe('r2');
    expect(game.session.notice?.text).toContain('ahead of the random order');
    game.key('a');
    expect(here(game)).toBe('r1');
    game.key('J');
    game.key('J');
    game.key('x');
    expect(game.log).toMatchObject([
      { captureId: 'r2', ahead: true },
      { captureId: 'r3', ahead: true },
    ]);
    // A change of mind changes nothing about how the pair was chosen.
    for (const side of ['baseline', 'candidate'] as const) {
      game.act({ kind: 'side', captureId: 'r1', side, status: 'answered' });
    }
    game.key('b');
    game.key('escape');
    game.key('J');
    game.key('b');
    expect(game.log.slice(2)).toMatchObject([
      { captureId: 'r1', ahead: false },
      { captureId: 'r2', ahead: true },
    ]);
  });

  it('keeps to the order after an undo and for skipped pairs', () => {
    const game = play([entry('r1'), entry('r2'), entry('r3')]);
    game.key('space');
    game.key('a');
    game.key('u');
    game.key('x');
    game.key('a');
    expect(here(game)).toBe('r1');
    game.key('b');
    const verdicts = game.log.filter(({ kind }) => kind === 'verdict');
    expect(verdicts).toMatchObject(verdicts.map(() => ({ ahead: false })));
    expect(verdicts).toHaveLength(4);
  });

  it('does not wait for a pair that is not on its way', () => {
    const given = { baseline: 'not_sent', candidate: 'withheld', outcome: null } as const;
    const game = play([entry('r1', given), entry('r2')], { replaying: true });
    expect(here(game)).toBe('r2');
    game.key('a');
    expect(game.log).toMatchObject([{ captureId: 'r2', ahead: false }]);
  });

  it('stays on a pair that has started to stream', () => {
    const unsent = { baseline: 'not_sent', candidate: 'not_sent', outcome: null } as const;
    const game = play([entry('r1', unsent), entry('r2', unsent)], { replaying: true });
    game.act({ kind: 'side', captureId: 'r1', side: 'baseline', status: 'streaming' });
    for (const side of ['baseline', 'candidate'] as const) {
      game.act({ kind: 'side', captureId: 'r2', side, status: 'answered' });
    }
    game.act({ kind: 'outcome', captureId: 'r2', outcome: 'different' });
    expect(here(game)).toBe('r1');
  });
});

describe('undo', () => {
  it('works across a restart and shows the pair again', () => {
    const first = play([entry('r1'), entry('r2'), entry('r3')]);
    first.key('a');
    first.key('x');
    const second = play([entry('r1'), entry('r2'), entry('r3')], { events: first.log });
    expect(here(second)).toBe('r3');
    second.key('u');
    expect(here(second)).toBe('r2');
    second.key('backspace');
    expect(here(second)).toBe('r1');
    second.key('u');
    expect(second.session.notice?.text).toBe('nothing to undo');
    expect(second.session.entries.every(({ verdict }) => verdict === null)).toBe(true);
    expect(second.log).toHaveLength(4);
  });
});

describe('tags and comments', () => {
  it('tag the judged pair on the screen, else the last verdict', () => {
    const game = play([entry('r1'), entry('r2')]);
    game.key('3');
    expect(game.log).toEqual([]);
    game.key('x');
    game.key('3');
    expect(game.session.entries[0]?.tags).toEqual(['invented']);
    game.key('3');
    expect(game.session.entries[0]?.tags).toEqual([]);
    game.key('K');
    game.key('1');
    expect(game.session.entries[0]?.tags).toEqual(['wrong value']);
  });

  it('save typed and pasted text as one comment on the pair', () => {
    const game = play([entry('r1'), entry('r2')]);
    game.key('c');
    game.act({ kind: 'text', text: '价格' });
    game.act({ kind: 'text', text: 'a\nb👩‍👩‍👧' });
    game.act({ kind: 'erase' });
    game.key('enter');
    expect(game.session.entries[0]?.comment).toBe('价格a b');
    expect(game.session.mode.kind).toBe('review');
  });
});

describe('quitting', () => {
  it('asks once while a replay runs', () => {
    const game = play([entry('r1')], { replaying: true });
    game.key('q');
    expect(game.effects).toEqual([]);
    game.key('escape');
    game.key('q');
    game.key('q');
    expect(game.effects).toEqual([{ kind: 'quit', interrupted: false }]);
  });
});
