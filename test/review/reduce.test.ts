import { parseFilter } from '../../source/filter/parse-filter.ts';
import { knownMatches } from '../../source/review/session/known-matches.ts';
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
    expect(game.session.entries.at(0)?.verdict).toBeNull();
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

  it('judge only a pair that has been on the screen for 150 ms, and say so otherwise', () => {
    const game = play([entry('r1'), entry('r2'), entry('r3')], { drawMs: 30 });
    game.key('a', 20);
    expect(game.session.notice?.text).toBe(
      'agree was not taken: this pair was not on the screen yet',
    );
    game.key('x', 100);
    expect(game.session.notice).toEqual({
      text: 'worse was not taken: this pair had been on the screen for only 90 of 150 ms (2 keys were not)',
      tone: 'warning',
    });
    game.key('b', 60);
    expect(game.log).toMatchObject([{ captureId: 'r1', verdict: 'better' }]);
    expect(game.session.refused).toBeNull();
    expect(game.session.refusedKeys).toBe(2);
  });

  it('count the time on the screen again when the answers become complete', () => {
    const game = play([entry('r1', { candidate: 'streaming', outcome: null })], {
      replaying: true,
    });
    game.key('a');
    expect(game.session.notice?.text).toBe('agree was not taken: an answer is still arriving');
    game.act({ kind: 'side', captureId: 'r1', side: 'candidate', status: 'answered' });
    game.key('w', 100);
    expect(game.log).toEqual([]);
    game.key('x', 50);
    expect(game.log).toMatchObject([{ captureId: 'r1', verdict: 'worse' }]);
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
      expect(game.session.refusedKeys).toBe(next === 'j' ? 0 : 1);
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
    expect(game.session.notice?.text).toBe(
      'worse was not taken: the last change is still being saved',
    );
    // The end of the save says what was saved and what was not taken.
    if (game.session.pending !== null) game.act({ kind: 'committed', event: game.session.pending });
    expect(game.session.notice?.text).toBe(
      'r1: skipped (u: undo) · worse was not taken: the last change is still being saved',
    );
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

  it('knows a pair as failed as soon as a side fails, until it is tried again', () => {
    const game = play([entry('r1', { candidate: 'streaming', outcome: null })], {
      replaying: true,
    });
    const matching = (): number => {
      const parsed = parseFilter('outcome:failed');
      if (parsed.kind !== 'filter') throw new Error('no filter');
      return knownMatches(game.session.entries, parsed.filter).matching.length;
    };
    const pair = { kind: 'side', captureId: 'r1', side: 'candidate' } as const;
    game.act({ ...pair, status: 'failed' });
    expect(matching()).toBe(1);
    game.act({ ...pair, status: 'sent' });
    expect(matching()).toBe(0);
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
  it('says what it undid', () => {
    const game = play([entry('r1'), entry('r2')]);
    const undone = (): string | undefined => {
      game.key('u');
      return game.session.notice?.text;
    };
    game.key('x');
    expect(undone()).toBe('undone: worse on r1');
    game.key('a');
    game.key('h');
    game.key('b');
    expect(undone()).toBe('undone: better on r1, which is agree again');
    game.key('4');
    game.key('4');
    expect(undone()).toBe('undone: the removal of the tag format on r1');
    expect(undone()).toBe('undone: the tag format on r1');
    game.key('c');
    game.act({ kind: 'text', text: 'no' });
    game.key('enter');
    expect(undone()).toBe('undone: the comment on r1');
    game.key('l');
    game.key('space');
    expect(undone()).toBe('undone: the skip of r2');
  });

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
    expect([...second.session.entries].every(({ verdict }) => verdict === null)).toBe(true);
    expect(second.log).toHaveLength(4);
  });
});

describe('tags and comments', () => {
  it('belong to the pair on the screen, before its verdict and after', () => {
    const game = play([entry('r1'), entry('r2')]);
    const tags = (): unknown => [...game.session.entries].map((one) => one.tags);
    game.key('3');
    expect(tags()).toEqual([['invented'], []]);
    game.key('x');
    game.key('1');
    expect(tags()).toEqual([['invented'], ['wrong value']]);
    game.key('h');
    game.key('3');
    game.key('9');
    expect(tags()).toEqual([['other'], ['wrong value']]);
    expect(game.session.entries.at(0)?.verdict).toBe('worse');
  });

  it('do not go to a pair that has only just appeared, and say so', () => {
    const game = play([entry('r1'), entry('r2')]);
    game.key('x');
    game.key('1', 149);
    expect(game.log.map(({ kind }) => kind)).toEqual(['verdict']);
    expect(game.session.notice?.text).toBe(
      'the tag wrong value was not taken: this pair had been on the screen for only 149 of 150 ms',
    );
    game.key('1', 1);
    expect(game.session.entries.at(1)?.tags).toEqual(['wrong value']);
  });

  it('save typed and pasted text as one comment on the pair', () => {
    const game = play([entry('r1'), entry('r2')]);
    game.key('c');
    game.act({ kind: 'text', text: '价格' });
    game.act({ kind: 'text', text: 'a\nb👩‍👩‍👧' });
    game.key('backspace');
    game.key('enter');
    expect(game.session.entries.at(0)?.comment).toBe('价格a b');
    expect(game.session.mode.kind).toBe('review');
  });
});

describe('the comment line edits like a shell', () => {
  // The cursor is the bar: before the keys and after them.
  it.each([
    ['ab|', 'left', 'a|b'],
    ['a|b', 'right right', 'ab|'],
    ['x👩‍👩‍👧|y', 'ctrl-b', 'x|👩‍👩‍👧y'],
    ['x|👩‍👩‍👧y', 'ctrl-f', 'x👩‍👩‍👧|y'],
    ['one two|', 'ctrl-a', '|one two'],
    ['on|e two', 'ctrl-e', 'one two|'],
    ['on|e two', 'end home', '|one two'],
    ['one two, |three', 'alt-b', 'one |two, three'],
    ['one| two, three', 'alt-f', 'one two|, three'],
    ['one| two, three', 'alt-right alt-left', 'one |two, three'],
    ['one a/b |c', 'ctrl-w', 'one |c'],
    ['  |c', 'ctrl-w', '|c'],
    ['one| two c', 'alt-d', 'one| c'],
    ['one| two', 'ctrl-k', 'one|'],
    ['one| two', 'ctrl-u', '| two'],
    ['one| two', 'backspace', 'on| two'],
    ['one|👩‍👩‍👧 two', 'delete ctrl-d', 'one|two'],
    ['|one', 'left backspace ctrl-w alt-b', '|one'],
    ['one|', 'right delete alt-f ctrl-k', 'one|'],
    ['on|e', 'a b up', 'onab|e'],
  ])('%s, %s: %s', (before, keys, after) => {
    const game = play([entry('r1')]);
    game.key('c');
    const [left = '', right = ''] = before.split('|');
    for (const text of [right, left]) {
      game.act({ kind: 'edit', edit: 'start' });
      game.act({ kind: 'text', text });
    }
    for (const key of keys.split(' ')) game.key(key);
    const { mode } = game.session;
    if (mode.kind !== 'comment') throw new Error('no comment is open');
    const { cursor, text } = mode.line;
    expect(`${text.slice(0, cursor)}|${text.slice(cursor)}`).toBe(after);
  });
});

describe('the judged pairs', () => {
  it('open again from the last to the first, and forward to the next one to judge', () => {
    const game = play(['r1', 'r2', 'r3', 'r4'].map((id) => entry(id)));
    game.key('h');
    expect(game.session.notice?.text).toBe('no pair is judged yet');
    game.key('a');
    game.key('x');
    game.key('b');
    const visited = (keys: string): readonly (string | undefined)[] =>
      [...keys].map((key) => {
        game.key(key);
        return here(game);
      });
    expect(visited('hhhh')).toEqual(['r3', 'r2', 'r1', 'r1']);
    expect(game.session.notice?.text).toBe('this is the pair that you judged first');
    expect(visited('lll')).toEqual(['r2', 'r3', 'r4']);
    // A pair that is judged again is the last one.
    expect(visited('hhhwh')).toEqual(['r3', 'r2', 'r1', 'r4', 'r1']);
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
